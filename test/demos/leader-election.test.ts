import { describe, expect, it } from 'vitest';
import demo from '../../demos/leader-election/demo.js';
import { pins } from './pins.js';
import { tell } from './tell.js';

describe('leader-election', () => {
  pins(demo, {
    leader: 9,
    'snapshots with two leaders': 0,
    'the winning candidacy is in exactly one place in every snapshot': true,
    'all snapshots are consistent': true,
    'the winning candidacy is on its way': true,
    'some know the leader and some do not yet': true,
  });

  it('ends with everybody knowing the leader', async () => {
    expect(await tell(demo, 'en')).toMatch(
      /3✓ ────▶ 8✓ ────▶ 5✓ ────▶ 9★ ────▶ 1✓ ────▶ 7✓ ────▶ \n\nIn (\d+) of \1 snap/,
    );
  });
});
