import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNetwork, verifySnapshot, type ChannelPair } from '../../src/index.js';
import { laiYang } from '../../src/snapshot/algorithms/index.js';
import { schedules, seeds, steps, topologies, traffic } from '../../src/testing/fast-check/index.js';
import { simulate, simulateSteps, SimulationError } from '../../src/testing/index.js';
import { account, totalOf } from '../support/account.js';

const bankOf = (processes: readonly string[], channels: readonly ChannelPair[]) => ({
  processes: Object.fromEntries(processes.map((id) => [id, { logic: account, input: { balance: 100 } }])),
  channels,
});

/** What a failing property shrinks to. */
function smallest<T>(arbitrary: fc.Arbitrary<T>, fails: (value: T) => boolean): T {
  const found = fc.check(
    fc.property(arbitrary, (value) => !fails(value)),
    { seed: 1, numRuns: 1000 },
  );
  return (found.counterexample as [T])[0];
}

describe('topologies', () => {
  it('have each channel once, between processes that are there', () => {
    fc.assert(
      fc.property(topologies({ minProcesses: 2, maxProcesses: 5, selfChannels: false }), ({ processes, channels }) => {
        expect(processes.length).toBeGreaterThanOrEqual(2);
        expect(processes.length).toBeLessThanOrEqual(5);
        expect(new Set(channels.map(([from, to]) => `${from}->${to}`)).size).toBe(channels.length);
        for (const [from, to] of channels) {
          expect(from).not.toBe(to);
          expect(processes).toEqual(expect.arrayContaining([from, to]));
        }
      }),
    );
  });

  it('let everybody reach everybody when asked to', () => {
    fc.assert(
      fc.property(topologies({ stronglyConnected: true }), ({ processes, channels }) => {
        const reached = new Set([processes[0]!]);
        for (const id of reached) for (const [from, to] of channels) if (from === id) reached.add(to);
        expect(reached.size).toBe(processes.length);
      }),
    );
  });

  it('shrink to the fewest processes and channels', () => {
    const { processes, channels } = smallest(topologies(), ({ channels }) => channels.length >= 2);
    expect([processes.length, channels.length]).toEqual([2, 2]);
  });
});

describe('traffic', () => {
  it('is typed by its arbitraries, and shrinks to the fewest and simplest events', () => {
    const pay = fc.record({ type: fc.constant('PAY' as const), to: fc.constant('b'), amount: fc.nat(100) });
    const events = traffic({ a: pay, b: fc.constant({ type: 'WAIT' as const }) });
    const found = smallest(events, (list) => list.filter(({ to }) => to === 'a').length >= 2);
    expect(found).toEqual([
      { to: 'a', event: { type: 'PAY', to: 'b', amount: 0 } },
      { to: 'a', event: { type: 'PAY', to: 'b', amount: 0 } },
    ]);
  });
});

describe('schedules', () => {
  it('run a network by themselves, in many orders, and every snapshot is consistent', async () => {
    const orders = new Set<string>();
    const { processes, channels } = {
      processes: ['a', 'b', 'c'],
      channels: [
        ['a', 'c'],
        ['b', 'c'],
        ['c', 'a'],
        ['c', 'b'],
      ] as const,
    };
    await fc.assert(
      fc.asyncProperty(schedules(), async (schedule) => {
        const network = createNetwork(bankOf(processes, channels), { schedule });
        const order: string[] = [];
        network.trace$.subscribe((event) => event.type === 'message.received' && order.push(event.channel));
        network.start();
        for (const [from, to] of channels) network.send(from, { type: 'PAY', to, amount: 1 });
        const snapshot = await network.takeSnapshot();
        network.stop();
        orders.add(order.join());
        expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
        expect(totalOf(snapshot)).toBe(300);
      }),
      { seed: 1, numRuns: 100 },
    );
    expect(orders.size).toBeGreaterThan(5);
  });

  it('print as their picks', () => {
    expect(fc.stringify(fc.sample(schedules(), { numRuns: 1, seed: 3 })[0])).toMatch(/^schedule\([\d, ]*\)$/);
  });
});

describe('steps and seeds', () => {
  const topology = topologies({ minProcesses: 2, stronglyConnected: true });
  const runs = topology.chain(({ processes, channels }) => {
    const pay = ([from, to]: ChannelPair) =>
      fc.record({
        to: fc.constant(from),
        event: fc.record({ type: fc.constant('PAY'), to: fc.constant(to), amount: fc.nat(9) }),
      });
    return fc.record({
      config: fc.constant(bankOf(processes, channels)),
      steps: steps({ processes, event: fc.oneof(...channels.map(pay)) }),
    });
  });

  it('make runs that simulateSteps checks', async () => {
    let overlapping = 0;
    let inFlight = 0;
    await fc.assert(
      fc.asyncProperty(runs, async ({ config, steps }) => {
        const { snapshots, state, overlap } = await simulateSteps(config, steps);
        if (overlap > 1) overlapping++;
        for (const snapshot of snapshots) inFlight += snapshot.stats.messages;
        expect(totalOf(state)).toBe(Object.keys(config.processes).length * 100);
      }),
      { seed: 1, numRuns: 60 },
    );
    expect(overlapping).toBeGreaterThan(20);
    expect(inFlight).toBeGreaterThan(50);
  });

  it('let messages overtake one another where channels keep no order', async () => {
    const channels = [
      ['a', 'b', { fifo: false }],
      ['b', 'a'],
    ] as const;
    const config = { ...bankOf(['a', 'b'], []), channels };
    const pay = fc.record({ type: fc.constant('PAY'), to: fc.constant('b'), amount: fc.nat(9) });
    const event = fc.record({ to: fc.constant('a'), event: pay });
    const overtakings = async (options: { readonly fifo?: boolean }) => {
      let count = 0;
      const property = fc.asyncProperty(steps({ processes: ['a'], event, ...options }), async (steps) => {
        const { trace } = await simulateSteps(config, steps, { algorithm: laiYang });
        const taken = trace.flatMap((event) =>
          event.type === 'message.received' && event.channel === 'a->b' ? [event.seq] : [],
        );
        if (taken.some((seq, index) => seq < (taken[index - 1] ?? 0))) count++;
      });
      await fc.assert(property, { seed: 1, numRuns: 20 });
      return count;
    };
    expect(await overtakings({ fifo: false })).toBeGreaterThan(5);
    expect(await overtakings({})).toBe(0);
  });

  it('shrink with the property that they contradict, whose story fast-check shows', async () => {
    const rich = {
      nobody: (state: Parameters<typeof totalOf>[0]) =>
        Object.values(state.processes).every(
          ({ snapshot }) => (snapshot as { context: { balance: number } }).context.balance <= 100,
        ),
    };
    const property = fc.asyncProperty(runs, async ({ config, steps }) => {
      await simulateSteps(config, steps, { properties: { always: rich } });
    });
    const { counterexample, errorInstance } = await fc.check(property, { seed: 2, numRuns: 50 });
    const [{ config, steps: found }] = counterexample as [{ config: ReturnType<typeof bankOf>; steps: unknown[] }];
    expect(Object.keys(config.processes)).toHaveLength(2);
    expect(found).toHaveLength(2);
    expect(errorInstance).toBeInstanceOf(SimulationError);
    expect((errorInstance as SimulationError).message).toMatch(/receives #1 MONEY \{"amount":1\}/);
  });

  it('a counterexample of simulate is one for simulateSteps', async () => {
    const config = bankOf(
      ['a', 'b'],
      [
        ['a', 'b'],
        ['b', 'a'],
      ],
    );
    const always = {
      'a has all it had': ({ processes }: { processes: Record<string, { snapshot: unknown }> }) =>
        (processes.a!.snapshot as { context: { balance: number } }).context.balance >= 100,
    };
    const traffic = [{ to: 'a', event: { type: 'PAY' as const, to: 'b', amount: 1 } }];
    const found = await simulate(config, { seed: 1, runs: 10, traffic, properties: { always } }).catch(
      (error: unknown) => error,
    );
    const { counterexample } = (found as SimulationError).failure;
    const again = simulateSteps(config, counterexample!.steps, { properties: { always } });
    await expect(again).rejects.toThrow(counterexample!.story);
  });

  it('seeds are safe for whatever takes one', () => {
    fc.assert(fc.property(seeds(), (seed) => Number.isSafeInteger(seed) && seed >= 0));
  });
});
