import { describe, expect, it } from 'vitest';
import demo from '../../demos/never-happened/demo.js';
import { isSame, openRun, rearrange } from '../../demos/never-happened/rearrange.js';
import { pins } from './pins.js';
import { tell } from './tell.js';

describe('never-happened', () => {
  pins(demo, {
    'S* is consistent': true,
    'S* comes up when the steps before recording go first': true,
    'the run ends in the same state then': true,
    'S* occurred in the run': true,
    'S* never occurred in the run': false,
  });

  it('shows the paper’s recorded state, and that it is none of the run', async () => {
    const story = await tell(demo, 'en');
    expect(story).toMatch(/S\*:\n.*\n.*\n.*\n│ A │ D │ {6}│ M' {3}│/);
    expect(story).toContain('none of the states above');
  });

  it('sees a difference: a wrong partition does not come to S*', async () => {
    const run = openRun();
    const taking = run.network.takeSnapshot({ initiators: ['p'] });
    for (const move of [
      { go: 'p' },
      { go: 'q' },
      { deliver: 'q->p' },
      { deliver: 'p->q' },
      { deliver: 'q->p' },
    ] as const) {
      run.make(move);
    }
    const recorded = await taking;
    run.network.stop();
    const reached = (steps: typeof run.steps) => {
      const { states, recordedAt } = rearrange(steps);
      return isSame(states[recordedAt]!, recorded);
    };
    expect(reached(run.steps)).toBe(true);
    expect(reached(run.steps.map((step) => ({ ...step, isAfterRecording: false })))).toBe(false);
  });
});
