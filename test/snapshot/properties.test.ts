import fc from 'fast-check';
import { assign, sendTo, setup, type AnyActorRef } from 'xstate';
import { describe, expect, it } from 'vitest';
import {
  createManualSchedule,
  createNetwork,
  createSeededSchedule,
  fullMesh,
  ring,
  verifySnapshot,
  type GlobalSnapshot,
} from '../../src/index.js';
import { createDefaultSchedule } from '../../src/schedule/default-schedule.js';
import { account, totalOf } from '../support/account.js';
import { faults } from '../support/faults.js';
import { deliverAll } from '../support/network.js';
import { INITIAL_BALANCE, runScenario, scenarios, type Run, type Scenario } from '../support/random-system.js';

/** All that must hold of a run; a list of what does not. */
function complaints({ ids, channels }: Scenario, run: Run): string[] {
  if (run.failure !== undefined) return [run.failure];
  const money = ids.length * INITIAL_BALANCE;
  return [
    ...(run.total === money ? [] : [`the run ends with ${run.total} instead of ${money}`]),
    ...run.snapshots.flatMap((snapshot) => {
      const verdict = verifySnapshot(snapshot);
      return [
        ...(verdict.consistent ? [] : verdict.violations.map(({ message }) => message)),
        ...(totalOf(snapshot) === money ? [] : [`a snapshot has ${totalOf(snapshot)} instead of ${money}`]),
        ...(snapshot.stats.markers === channels.length
          ? []
          : [`${snapshot.stats.markers} markers on ${channels.length} channels`]),
      ];
    }),
  ];
}

const RUNS = 400;

describe('every snapshot of every random system', () => {
  it('is consistent, conserves money, has one marker a channel, and completes', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios, async (scenario) => {
        expect(complaints(scenario, await runScenario(scenario))).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  it('… which says something: some have messages in flight, some overlap, some have several initiators (twin)', async () => {
    const seen = { inFlight: 0, overlapping: 0, severalInitiators: 0, asymmetric: 0 };
    for (const scenario of fc.sample(scenarios, { numRuns: 200, seed: 1 })) {
      const run = await runScenario(scenario);
      if (run.overlapped) seen.overlapping++;
      for (const { stats, initiators, processes } of run.snapshots) {
        if (stats.messages > 0) seen.inFlight++;
        if (initiators.length > 1) seen.severalInitiators++;
        const sent = Object.values(processes).flatMap((state) => Object.values(state.sent).map(({ count }) => count));
        if (new Set(sent).size > 1) seen.asymmetric++;
      }
    }
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(10);
  });

  it('goes on after a restore with nothing lost and nothing twice', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios, async (scenario) => {
        const { snapshots } = await runScenario(scenario);
        const processes = Object.fromEntries(scenario.ids.map((id) => [id, { logic: account, input: { balance: 0 } }]));
        for (const snapshot of snapshots.slice(0, 3)) {
          const before = structuredClone(snapshot);
          const schedule = createManualSchedule();
          const network = createNetwork({ processes, channels: scenario.channels }, { schedule, snapshot });
          network.start();
          deliverAll(schedule);
          const again = network.takeSnapshot();
          deliverAll(schedule);
          expect(totalOf(await again)).toBe(scenario.ids.length * INITIAL_BALANCE);
          expect(verifySnapshot(await again)).toEqual({ consistent: true });
          expect(snapshot).toEqual(before);
          network.stop();
        }
      }),
      { numRuns: RUNS / 4 },
    );
  });
});

/** Passes money on until its hops are used up, so that a run has traffic of its own and comes to an end. */
const passer = setup({
  types: {
    context: {} as { readonly balance: number; readonly peers: readonly string[] },
    input: {} as { readonly peers: readonly string[] },
    events: {} as { type: 'MONEY'; amount: number; hops: number },
  },
}).createMachine({
  context: ({ input }) => ({ ...input, balance: INITIAL_BALANCE }),
  on: {
    MONEY: [
      {
        guard: ({ context, event }) => event.hops > 0 && context.peers.length > 0,
        actions: sendTo(
          ({ system, context, event }) => system.get(context.peers[event.hops % context.peers.length]!) as AnyActorRef,
          ({ event }) => ({ ...event, hops: event.hops - 1 }),
        ),
      },
      { actions: assign({ balance: ({ context, event }) => context.balance + event.amount }) },
    ],
  },
});

describe('schedules that run by themselves', () => {
  const runs = fc.record({
    seed: fc.integer(),
    size: fc.integer({ min: 1, max: 6 }),
    extra: fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 12 }),
    coins: fc.array(fc.record({ to: fc.nat(5), hops: fc.nat(200) }), { minLength: 1, maxLength: 10 }),
    snapshots: fc.array(fc.array(fc.nat(5), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
  });

  it.each([
    ['seeded', createSeededSchedule],
    ['default', createDefaultSchedule],
  ])(
    '%s: overlapping snapshots under traffic are all consistent, and some catch messages in flight',
    async (_, create) => {
      let inFlight = 0;
      await fc.assert(
        fc.asyncProperty(runs, async ({ seed, size, extra, coins, snapshots }) => {
          const ids = Array.from({ length: size }, (_, index) => `p${index}`);
          const id = (index: number) => ids[index % size]!;
          const pairs = new Map(
            [...ring(ids), ...extra.map(([a, b]) => [id(a), id(b)] as const)].map((pair) => [
              `${pair[0]}->${pair[1]}`,
              pair,
            ]),
          );
          const channels = [...pairs.values()];
          const peersOf = (from: string) => channels.filter(([sender]) => sender === from).map(([, to]) => to);
          const processes = Object.fromEntries(
            ids.map((from) => [from, { logic: passer, input: { peers: peersOf(from) } }]),
          );
          const network = createNetwork({ processes, channels }, { schedule: create(seed) });
          network.start();
          const money = size * INITIAL_BALANCE + coins.length;
          for (const { to, hops } of coins) network.send(id(to), { type: 'MONEY', amount: 1, hops });
          const taking: Promise<GlobalSnapshot>[] = [];
          for (const initiators of snapshots) {
            taking.push(network.takeSnapshot({ initiators: [...new Set(initiators.map(id))] }) as never);
            await new Promise((resolve) => setImmediate(resolve));
          }
          for (const snapshot of await Promise.all(taking)) {
            inFlight += snapshot.stats.messages;
            expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
            expect(totalOf(snapshot)).toBe(money);
            expect(snapshot.stats.markers).toBe(channels.length);
          }
          network.stop();
        }),
        { numRuns: 150 },
      );
      expect(inFlight).toBeGreaterThan(50);
    },
  );
});

describe('each fault is noticed', () => {
  it.each(Object.entries(faults))('%s', async (_, parts) => {
    let noticed = 0;
    for (const scenario of fc.sample(scenarios, { numRuns: 300, seed: 7 })) {
      if (complaints(scenario, await runScenario(scenario, parts)).length > 0) noticed++;
    }
    expect(noticed).toBeGreaterThan(0);
  });
});

describe('seeded schedules', () => {
  const run = async (seed: number) => {
    const ids = ['a', 'b', 'c'];
    const processes = Object.fromEntries(ids.map((id) => [id, { logic: account, input: { balance: 100 } }]));
    const network = createNetwork({ processes, channels: fullMesh(ids) }, { schedule: createSeededSchedule(seed) });
    network.start();
    for (let n = 0; n < 30; n++) {
      network.send(ids[n % 3]!, { type: 'PAY', to: ids[(n + 1 + (n % 2)) % 3]!, amount: 1 + (n % 4) });
    }
    const { id: _, ...snapshot } = await network.takeSnapshot({ initiators: ['a', 'b'] });
    network.stop();
    return snapshot;
  };

  it('repeat a run exactly, and differ by seed', async () => {
    const first = await run(1);
    expect(await run(1)).toEqual(first);
    const others = await Promise.all([2, 3, 4, 5, 6].map(run));
    expect(others.some((other) => JSON.stringify(other) !== JSON.stringify(first))).toBe(true);
  });
});
