import { describe, expect, it } from 'vitest';
import demo from '../../demos/workers/demo.js';
import { pins } from './pins.js';
import { tell } from './tell.js';

describe('workers', () => {
  pins(demo, {
    'snapshots with the exact sum': 6,
    'snapshots that are consistent': 6,
    'payments were made between two snapshots': true,
  });

  it('has twelve markers a snapshot, and exact sums', async () => {
    expect(await tell(demo, 'en')).toMatch(
      /dave +│ +12 │[\s\S]*6 of 6 snapshots of the four threads have exactly 2000/,
    );
  });
});
