import { describe, expect, it } from 'vitest';
import { parseSnapshot, serializeSnapshot } from '../../../src/file/index.js';
import { createManualSchedule, createNetwork, verifySnapshot } from '../../../src/index.js';
import { chandyLamport, laiYang, mattern, stopDrainRecord } from '../../../src/snapshot/algorithms/index.js';
import { totalOf } from '../../support/account.js';
import { laiYangFaults, matternFaults, stoppingFaults } from '../../support/faults.js';
import { bankOf, runReordered, type Reordering } from '../../support/reordering.js';

const RUNS = 200;
const withoutFifo = [laiYang, mattern, stopDrainRecord];

/** How often, in runs of these, something is wrong, and what else was seen. */
async function judge(reordering: Reordering) {
  const seen = { wrong: 0, inFlight: 0, overtakings: 0, overlapped: 0, snapshots: 0, gaps: 0 };
  const complaints: string[] = [];
  for (let seed = 0; seed < RUNS; seed++) {
    const run = await runReordered(seed, reordering);
    if (run.complaints.length > 0) seen.wrong++;
    complaints.push(...run.complaints.map((complaint) => `seed ${seed}: ${complaint}`));
    seen.overtakings += run.overtakings;
    seen.snapshots += run.snapshots.length;
    if (run.overlapped) seen.overlapped++;
    for (const { processes, stats } of run.snapshots) {
      seen.inFlight += stats.messages;
      for (const { received } of Object.values(processes)) {
        for (const { beyond = [] } of Object.values(received)) if (beyond.length > 0) seen.gaps++;
      }
    }
  }
  return { ...seen, complaints };
}

describe.each(withoutFifo)('$name', (algorithm) => {
  it.each([
    ['on channels that do not keep order', 1],
    ['on some that do and some that do not', 0.5],
    ['on channels that keep order', 0],
  ])('gives consistent cuts %s, several at once too', async (_, unordered) => {
    const verdict = await judge({ algorithm, unordered });
    expect(verdict.complaints).toEqual([]);
    // … which says something:
    expect(verdict.snapshots).toBeGreaterThan(RUNS);
    expect(verdict.inFlight).toBeGreaterThan(RUNS);
    expect(verdict.overlapped).toBeGreaterThan(RUNS / 4);
    if (unordered > 0) {
      expect(verdict.overtakings).toBeGreaterThan(RUNS);
      expect(verdict.gaps).toBeGreaterThan(RUNS / 10);
    }
  });

  it('sends no marker, and control messages in their stead', async () => {
    for (let seed = 0; seed < 50; seed++) {
      const { snapshots, channels } = await runReordered(seed, { algorithm });
      const receivers = new Set(channels.map(([, to]) => to)).size;
      for (const { stats } of snapshots) {
        const answers = algorithm === laiYang ? receivers : 0;
        expect(stats.markers).toBe(0);
        expect(stats.controlMessages ?? 0).toBe(channels.length + answers);
      }
    }
  });

  it('restores what was in flight out of order: nothing lost, nothing twice', async () => {
    let restored = 0;
    for (let seed = 0; seed < 60; seed++) {
      const { snapshots, config, channels } = await runReordered(seed, { algorithm });
      const ids = Object.keys(config.processes);
      for (const snapshot of snapshots) {
        const schedule = createManualSchedule();
        const network = createNetwork(bankOf(ids, channels, 0), { schedule, snapshot, algorithm });
        network.start();
        const taking = network.takeSnapshot();
        for (let pending = [...schedule.pending()]; pending.length > 0; pending = [...schedule.pending()]) {
          const [id, size] = pending[0]!;
          schedule.deliver(id, size - 1);
        }
        const again = await taking;
        expect(verifySnapshot(again)).toEqual({ consistent: true });
        expect(totalOf(again)).toBe(ids.length * 100);
        restored += snapshot.stats.messages;
        network.stop();
      }
    }
    expect(restored).toBeGreaterThan(100);
  });
});

describe('markers where order is not kept (twin)', () => {
  const algorithm = { ...chandyLamport, needsFifo: false };

  it('give cuts that are inconsistent, and sums that are wrong', async () => {
    const { complaints, wrong } = await judge({ algorithm });
    expect(wrong).toBeGreaterThan(RUNS / 10);
    expect(complaints.some((complaint) => complaint.includes('were received but not yet sent'))).toBe(true);
    expect(complaints.some((complaint) => complaint.includes('are neither received nor in flight'))).toBe(true);
    expect(complaints.some((complaint) => complaint.includes('a snapshot has'))).toBe(true);
  });

  it('give none where order is kept', async () => {
    const { complaints } = await judge({ algorithm, unordered: 0 });
    expect(complaints).toEqual([]);
  });

  it('are refused', () => {
    const config = bankOf(
      ['a', 'b'],
      [
        ['a', 'b'],
        ['b', 'a', { fifo: false }],
      ],
    );
    for (const options of [{}, { algorithm: 'chandy-lamport' } as const, { algorithm: chandyLamport }]) {
      expect(() => createNetwork(config, options)).toThrow(
        'Expected channels that keep order, as `algorithm` "chandy-lamport" needs, got b->a without FIFO. These of `xstate-panorama/algorithms` would do: laiYang, mattern, stopDrainRecord.',
      );
    }
  });
});

describe.each([
  ['lai-yang', laiYangFaults],
  ['mattern', matternFaults],
  ['stop-drain-record', stoppingFaults],
] as const)('%s: each fault is noticed', (_, faults) => {
  it.each(faults)('%s', async (_, algorithm) => {
    const noticed = async (seed: number) => (await runReordered(seed, { algorithm })).complaints.length > 0;
    let seed = 0;
    while (seed < 40 && !(await noticed(seed))) seed++;
    expect(seed).toBeLessThan(40);
  });
});

it('what was in flight out of order comes back from a file as it was', async () => {
  const { snapshots } = await runReordered(3, { algorithm: mattern });
  expect(snapshots.some(({ stats }) => stats.messages > 0)).toBe(true);
  for (const snapshot of snapshots) expect(parseSnapshot(serializeSnapshot(snapshot))).toEqual(snapshot);
});
