import { describe, expect, it } from 'vitest';
import demo from '../../demos/recovery/demo.js';
import { pins } from './pins.js';
import { tell } from './tell.js';

describe('recovery', () => {
  pins(demo, {
    'kills after which all the money is there': 6,
    'snapshots that are consistent': 6,
    'payments went on': true,
  });

  it('has all the money after each kill, and every deposit once', async () => {
    expect(await tell(demo, 'en')).toContain('6 threads killed, 6 times all the money was there, each deposit once.');
  });
});
