import { describe, expect, it } from 'vitest';
import demo from '../../demos/diffusing/demo.js';
import { JOBS } from '../../demos/diffusing/network.js';
import { pins } from './pins.js';
import { tell } from './tell.js';

describe('diffusing', () => {
  pins(demo, {
    'jobs done when termination is detected': 88,
    'jobs done long after': 88,
    'all snapshots are consistent': true,
    'asking around says “done” too early': false,
  });

  it('tells of a crew that looked idle and was not done', async () => {
    expect(JOBS).toBe(88);
    expect(await tell(demo, 'en')).toMatch(/wrong [1-9] times.*once, after 88 of 88 jobs/);
  });
});
