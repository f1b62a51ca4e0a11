import { fromTransition } from 'xstate';
import type { GlobalSnapshot } from 'xstate-panorama';
import { deadlocked, type Wait } from 'xstate-panorama/detect';
import { cpuMs, median, print } from './measure.js';

const WAITS_EACH = 10;
const models = {
  AND: (of: readonly string[]): Wait => ({ allOf: of }),
  OR: (of: readonly string[]): Wait => ({ anyOf: of }),
  '3 of 10': (of: readonly string[]): Wait => ({ atLeast: 3, of }),
} as const;
const logic = fromTransition((state: number) => state, 0);

/** A snapshot of so many processes. */
function snapshotOf(size: number): GlobalSnapshot {
  const state = { snapshot: { status: 'active', context: 0 } as never, timers: [], sent: {}, received: {} };
  return {
    version: 1,
    id: 'snapshot-of-bench',
    initiators: [],
    processes: Object.fromEntries(Array.from({ length: size }, (_, n) => [`p${n}`, state])),
    channels: {},
    stats: { markers: 0, messages: 0 },
  };
}

/** What it costs to look for a deadlock in a snapshot, and how that grows. */
export async function detect(): Promise<void> {
  const rows: string[][] = [];
  const exponents: string[] = [];
  for (const [model, wait] of Object.entries(models)) {
    for (const isStuck of [false, true]) {
      const times: number[] = [];
      for (const size of [100, 1_000, 10_000]) {
        const snapshot = snapshotOf(size);
        const processes = Object.fromEntries(Object.keys(snapshot.processes).map((id) => [id, logic]));
        const waits = new Map(
          Object.keys(processes).map((id, n) => {
            const targets = Array.from({ length: WAITS_EACH }, (_, k) => `p${(n + 1 + k * k) % size}`);
            return [id, wait(isStuck ? targets : targets.map((_, k) => `p${n + 1 + k}`))];
          }),
        );
        const free = isStuck ? [] : [...waits.keys()].slice(-WAITS_EACH);
        for (const id of free) waits.delete(id);
        const property = deadlocked(processes, { waitsFor: ({ id }) => waits.get(id) });
        if (Boolean(property(snapshot)) !== isStuck) throw new Error('Expected the bench to be about what it says.');
        const rounds: number[] = [];
        for (let round = 0; round < (size < 10_000 ? 50 : 9); round++) {
          rounds.push(await cpuMs(() => property(snapshot)));
        }
        times.push(median(rounds));
        const edges = size * WAITS_EACH;
        rows.push([
          model,
          isStuck ? 'deadlocked' : 'not',
          String(size),
          String(edges),
          median(rounds).toFixed(2),
          ((median(rounds) * 1e6) / edges).toFixed(0),
        ]);
      }
      exponents.push(`${model}, ${isStuck ? 'deadlocked' : 'not'}: ${Math.log10(times[2]! / times[1]!).toFixed(2)}`);
    }
  }
  print(['model', 'verdict', 'processes', 'waits', 'ms of processor time', 'ns/wait'], rows);
  console.log(`exponent in the number of waits, 10⁴ to 10⁵ (goal for AND and OR ≈ 1): ${exponents.join('; ')}`);
}
