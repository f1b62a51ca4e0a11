import { describe, expect, it } from 'vitest';
import demo from '../../demos/philosophers/demo.js';
import { circleOf } from '../../demos/philosophers/waits.js';
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

  it('finds a circle, not a chain', () => {
    const plato = { waiting: 'plato', holder: 'kant' } as const;
    expect(circleOf([plato, { waiting: 'kant', holder: 'arendt' }])).toBeUndefined();
    expect(circleOf([plato, { waiting: 'kant', holder: 'hypatia' }, { waiting: 'hypatia', holder: 'kant' }])).toEqual([
      'kant',
      'hypatia',
    ]);
  });
});
