import { describe, expect, it } from 'vitest';
import demo from '../../demos/philosophers/demo.js';
import { pins } from './pins.js';
import { tell } from './tell.js';

describe('philosophers', () => {
  pins(demo, {
    'a deadlock is found': true,
    'nobody eats after it was found': true,
    'all snapshots are consistent': true,
    'the states alone cry deadlock for nothing': false,
  });

  it('tells of the phantom first and names the deadlock', async () => {
    expect(await tell(demo, 'en')).toMatch(
      /look deadlocked[\s\S]*in flight[\s\S]*No deadlock[\s\S]*Deadlock: (\w+ → ){5}\w+\./,
    );
  });
});
