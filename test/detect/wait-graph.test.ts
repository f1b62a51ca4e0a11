import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minimalDeadlock } from '../../src/detect/deadlock/minimal-deadlock.js';
import { reduce, type Blocked, type WaitGraph } from '../../src/detect/deadlock/wait-graph.js';

/** Whether none of some processes can go on, if all others do whatever helps. */
const isClosed = (graph: WaitGraph, ids: ReadonlySet<number>) =>
  [...ids].every((id) => {
    const { need, of } = graph[id]!;
    return of.filter((other) => !ids.has(other)).length < need;
  });

/** Random wait graphs, of one model or mixed. */
const graphs = fc
  .record({
    size: fc.integer({ min: 1, max: 12 }),
    model: fc.constantFrom('AND', 'OR', 'mixed'),
    waits: fc.array(
      fc.record({ of: fc.uniqueArray(fc.nat(11), { minLength: 1 }), need: fc.integer({ min: 1, max: 12 }) }),
      {
        minLength: 1,
        maxLength: 12,
      },
    ),
  })
  .map(({ size, model, waits }) => {
    const graph: (Blocked<number> | undefined)[] = Array.from({ length: size + 1 }, () => undefined);
    waits.slice(0, size).forEach(({ of, need }, index) => {
      const targets = [...new Set(of.map((target) => target % (size + 1)))];
      const needed = model === 'AND' ? targets.length : model === 'OR' ? 1 : Math.min(need, targets.length);
      graph[index] = { need: needed, of: targets };
    });
    return graph;
  });

describe('reduce and minimalDeadlock', () => {
  it('find the largest set that can never go on, and within it one that has no part to spare', () => {
    let deadlocks = 0;
    fc.assert(
      fc.property(graphs, (graph) => {
        const stuck = reduce(graph);
        expect(isClosed(graph, stuck)).toBe(true);
        // The largest: with the rest gone on, one after another, nobody else is left.
        const rest = [...graph.keys()].filter((id) => graph[id] !== undefined && !stuck.has(id));
        for (let round = 0; round < graph.length; round++) {
          const at = rest.findIndex(
            (id) => graph[id]!.of.filter((to) => !stuck.has(to) && !rest.includes(to)).length >= graph[id]!.need,
          );
          if (at >= 0) rest.splice(at, 1);
        }
        expect(rest).toEqual([]);
        if (stuck.size === 0) return;
        deadlocks++;
        const least = new Set(minimalDeadlock(graph, stuck));
        expect(least.size).toBeGreaterThan(0);
        expect(isClosed(graph, least)).toBe(true);
        for (const id of least) {
          const others = graph.map((blocked, other) => (other !== id && least.has(other) ? blocked : undefined));
          expect([...reduce(others)]).toEqual([]);
        }
      }),
      { numRuns: 3000 },
    );
    expect(deadlocks).toBeGreaterThan(500);
  });

  it('find a ring of 20,000, and the short cut in it, without running out of stack', () => {
    const graph = Array.from({ length: 20_000 }, (_, n) => ({ need: 1, of: [(n + 1) % 20_000] }));
    expect(minimalDeadlock(graph, reduce(graph))).toHaveLength(20_000);
    graph[0] = { need: 2, of: [1, 19_997] };
    expect(new Set(minimalDeadlock(graph, reduce(graph)))).toEqual(new Set([0, 19_997, 19_998, 19_999]));
  });
});
