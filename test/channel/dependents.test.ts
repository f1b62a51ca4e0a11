import { describe, expect, it } from 'vitest';
import { dependents, leadersOf } from '../../src/channel/dependents.js';
import { createRandom } from '../../src/schedule/random.js';
import { RandomRollbacks } from './random-rollbacks.js';

const follows = (...entries: [string, string[]][]) => new Map(entries.map(([id, ids]) => [id, new Set(ids)]));

describe('those who depend', () => {
  it('are the crashed, and who follows them, directly or through others', () => {
    const chain = follows(['b', ['a']], ['c', ['b']], ['d', ['c', 'e']], ['f', []]);
    expect([...dependents(['a'], chain)]).toEqual(['a', 'b', 'c', 'd']);
    expect([...dependents(['d'], chain)]).toEqual(['d']);
    expect([...dependents([], chain)]).toEqual([]);
    expect([...dependents(['e', 'f'], chain)].sort()).toEqual(['d', 'e', 'f']);
  });

  it('may follow one another, and themselves', () => {
    expect([...dependents(['a'], follows(['a', ['a', 'b']], ['b', ['a']], ['c', ['c']]))]).toEqual(['a', 'b']);
  });

  it('are found in linear time: many follow one', () => {
    const ids = Array.from({ length: 50_000 }, (_, index) => `p${index}`);
    const all = new Map(ids.map((id, index) => [id, new Set(['hub', ids[index + 1] ?? 'hub'])]));
    expect(dependents([ids.at(-1)!], all).size).toBe(50_000);
    expect(dependents(['hub'], all).size).toBe(50_001);
  });
});

describe('a process follows', () => {
  const follows = (received: number, keptAfter: number, sentThen = 7) => {
    const leaders = leadersOf([{ from: 'a', to: 'b', sentThen, received, keptAfter }]);
    return [...leaders].map(([process, whom]) => `${process} ${[...whom].join()}`);
  };

  it('whoever it has received something from that was sent since the checkpoint', () => {
    expect([follows(5, 0), follows(7, 0), follows(8, 0)]).toEqual([[], [], ['b a']]);
  });

  it('whoever it could not send all that again which it has sent since', () => {
    expect([follows(5, 7), follows(5, 8)]).toEqual([[], ['a b']]);
  });

  it('whoever came after the checkpoint, or anew, once there was something between them', () => {
    expect([follows(0, 0, 0), follows(1, 0, 0), follows(0, 1, 0)]).toEqual([[], ['b a'], ['a b']]);
    expect(follows(Infinity, 0)).toEqual(['b a']);
  });

  it('several, and is followed by them', () => {
    const channel = (from: string, to: string) => ({ from, to, sentThen: 0, received: 1, keptAfter: 0 });
    const leaders = leadersOf([channel('a', 'b'), channel('b', 'a'), channel('c', 'a')]);
    expect(leaders).toEqual(new Map(Object.entries({ b: new Set(['a']), a: new Set(['b', 'c']) })));
  });
});

describe('in 10,000 random runs', () => {
  const RUNS = 10_000;

  it('those go back without whom the history would not hold, and what stays goes on without a gap', () => {
    let recoveries = 0;
    let spared = 0;
    const sizes = new Set<number>();
    for (let seed = 1; seed <= RUNS; seed++) {
      const run = new RandomRollbacks(createRandom(seed));
      for (const { crashed, back, fewest, ids } of run.play()) {
        expect(back, `seed ${seed}, crashed ${crashed.join()}`).toEqual(fewest);
        recoveries++;
        spared += ids.length - back.length;
        sizes.add(back.length - crashed.length);
      }
    }
    expect(recoveries).toBeGreaterThan(RUNS);
    expect(spared).toBeGreaterThan(RUNS);
    expect([...sizes].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('a closure that stops at the first is noticed', () => {
    const direct: typeof dependents = (crashed, leaders) => {
      const lost = new Set(crashed);
      return new Set([
        ...lost,
        ...[...leaders].flatMap(([id, whom]) => ([...whom].some((l) => lost.has(l)) ? id : [])),
      ]);
    };
    const differs = Array.from({ length: 200 }, (_, seed) => new RandomRollbacks(createRandom(seed), direct)).some(
      (run) => run.play().some(({ back, fewest }) => back.join() !== fewest.join()),
    );
    expect(differs).toBe(true);
  });
});
