import { describe, expect, it } from 'vitest';
import demo from '../../demos/token-ring/demo.js';
import { pins } from './pins.js';
import { tell } from './tell.js';

describe('token-ring', () => {
  pins(demo, {
    'snapshots with exactly one token': 10,
    'snapshots that are consistent': 10,
    'the token was recorded in p': true,
    'the token was recorded in p->q': true,
    'the token was recorded in q': true,
    'the token was recorded in q->p': true,
  });

  it('counts two tokens and none by looking around, and one in each of eight snapshots', async () => {
    expect(await tell(demo, 'en')).toContain('8 of 8 snapshots have exactly one token; looking around found 2, and 0.');
  });
});
