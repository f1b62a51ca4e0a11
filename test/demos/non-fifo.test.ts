import { describe, expect, it } from 'vitest';
import demo from '../../demos/non-fifo/demo.js';
import { pins } from './pins.js';
import { tell } from './tell.js';

describe('non-fifo', () => {
  pins(demo, {
    'Lai–Yang’s snapshot is consistent': true,
    'markers are right by luck': false,
    'markers double money': true,
    'markers lose money': false,
    'markers the library sent': 0,
    'money at the end': 300,
    'money in Lai–Yang’s snapshot': 300,
    'money is in flight': true,
  });

  it('shows both ways in which markers fail, and that Lai–Yang does not', async () => {
    const story = await tell(demo, 'en');
    expect(story).toMatch(/overtakes the money │\s+290 │\s+300 │[\s\S]*overtakes the marker │\s+310 │\s+300 │/);
    expect(story).toContain('a wrong sum in: 181 by markers, 0 by Lai–Yang');
    expect(story).toContain('These of `xstate-panorama/algorithms` would do: laiYang, mattern, stopDrainRecord.');
  });
});
