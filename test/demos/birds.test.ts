import { describe, expect, it } from 'vitest';
import demo from '../../demos/birds/demo.js';
import { PANEL } from '../../demos/birds/flight.js';
import { flock } from '../../demos/birds/network.js';
import { count, pieceTogether, type Panorama } from '../../demos/birds/panorama.js';
import { draw } from '../../demos/birds/draw.js';
import { createStage } from '../../demos/runner/stage.js';
import { pins } from './pins.js';
import { tell } from './tell.js';

describe('birds', () => {
  pins(demo, {
    'panoramas with every bird exactly once': 3,
    'panoramas that are consistent': 3,
    'the walker misses a bird': true,
    'the walker has a bird twice': true,
    'a bird is on the line between two panels': true,
  });

  const bird = (id: string, x = 0, y = 0) => ({ id, x, y, dx: 1, dy: 0 });
  const sky = (birds: string): Panorama =>
    pieceTogether((id) => (id === 'north-1' ? Array.from(birds).map((b) => bird(b)) : []));

  it('counts what is missing and what is there twice', () => {
    expect(count(sky(flock.join('')))).toEqual({ missing: [], doubled: [] });
    expect(count(sky(flock.slice(2).join('') + 'ff'))).toEqual({ missing: ['a', 'b'], doubled: ['f'] });
  });

  it('draws every bird where it can be seen, though many are in one cell', () => {
    const crowd = { ...sky(flock.join('')), crossings: [] };
    const onLines = [...flock.slice(0, PANEL.height)].map(
      (id) => ({ from: 'north-2', to: 'north-3', bird: bird(id) }) as const,
    );
    const drawn = draw(
      { ...crowd, crossings: onLines },
      createStage({ language: 'en', signal: new AbortController().signal }),
    );
    const letters = drawn.replace(/(north|south)-\d/g, '').match(/[a-z]/g);
    expect(letters?.sort()).toEqual([...flock, ...flock.slice(0, PANEL.height)].sort());
  });

  it('moves on a terminal that has room for it, and is a few pictures elsewhere', async () => {
    const pictures = (text: string) => text.split('┌').length - 1;
    expect(pictures(await tell(demo, 'en'))).toBe(3);
    expect(pictures(await tell(demo, 'en', [60, 40]))).toBe(3);
    expect(pictures(await tell(demo, 'en', [100, 40]))).toBeGreaterThan(30);
  });
});
