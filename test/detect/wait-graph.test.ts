import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minimalDeadlock, reduce, type Blocked } from '../../src/detect/deadlock/wait-graph.js';

/** Whether none of some processes can go on, if all others do whatever helps. */
const isClosed = (graph: ReadonlyMap<string, Blocked>, ids: ReadonlySet<string>) =>
  [...ids].every((id) => {
    const { need, of } = graph.get(id)!;
    return of.filter((other) => !ids.has(other)).length < need;
  });

const without = (ids: ReadonlySet<string>, left: string) => new Set([...ids].filter((id) => id !== left));

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
    const graph = new Map<string, Blocked>();
    waits.slice(0, size).forEach(({ of, need }, index) => {
      const targets = [...new Set(of.map((target) => `p${target % (size + 1)}`))];
      const needed = model === 'AND' ? targets.length : model === 'OR' ? 1 : Math.min(need, targets.length);
      graph.set(`p${index}`, { need: needed, of: targets });
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
        const rest = [...graph.keys()].filter((id) => !stuck.has(id));
        for (let round = 0; round < graph.size; round++) {
          const at = rest.findIndex(
            (id) =>
              graph.get(id)!.of.filter((to) => !stuck.has(to) && !rest.includes(to)).length >= graph.get(id)!.need,
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
          const others = without(least, id);
          const left = reduce(new Map([...others].map((other) => [other, graph.get(other)!])));
          expect([...left]).toEqual([]);
        }
      }),
      { numRuns: 3000 },
    );
    expect(deadlocks).toBeGreaterThan(500);
  });

  it('find a ring of 20,000, and the short cut in it, without running out of stack', () => {
    const graph = new Map<string, Blocked>();
    for (let n = 0; n < 20_000; n++) graph.set(`p${n}`, { need: 1, of: [`p${(n + 1) % 20_000}`] });
    expect(minimalDeadlock(graph, reduce(graph))).toHaveLength(20_000);
    graph.set('p0', { need: 2, of: ['p1', 'p19997'] });
    expect(minimalDeadlock(graph, reduce(graph)).sort()).toEqual(['p0', 'p19997', 'p19998', 'p19999']);
  });
});
