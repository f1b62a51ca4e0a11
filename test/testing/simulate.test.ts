import { assign, fromPromise, sendTo, setup, type AnyActorRef } from 'xstate';
import { describe, expect, it } from 'vitest';
import { fullMesh, ring, type NetworkConfig } from '../../src/index.js';
import type { Parts } from '../../src/network/network.js';
import { simulate, SimulationError, type Random, type SimulationOptions } from '../../src/testing/index.js';
import { simulateOf } from '../../src/testing/simulate.js';
import { account, totalOf } from '../support/account.js';
import { faults } from '../support/faults.js';

const ids = ['ann', 'bob', 'cat'] as const;
const bank = {
  processes: {
    ann: { logic: account, input: { balance: 100 } },
    bob: { logic: account, input: { balance: 100 } },
    cat: { logic: account, input: { balance: 100 } },
  },
  channels: fullMesh(ids),
};

const payments = (random: Random) => {
  const to = random.pick(ids);
  const payee = random.pick(ids.filter((id) => id !== to));
  return { to, event: { type: 'PAY' as const, to: payee, amount: random.integer(1, 9) } };
};

const conserved = { 'money is conserved': (state: Parameters<typeof totalOf>[0]) => totalOf(state) === 300 };

async function errorOf(simulation: Promise<unknown>): Promise<SimulationError> {
  const error: unknown = await simulation.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SimulationError)) throw new Error(`Expected a simulation that fails, got ${String(error)}.`);
  return error;
}

/** A line of processes in which each forwards what it gets; the last one loses every third of it. */
const leaky = setup({
  types: {
    context: {} as { readonly taken: number; readonly next: string | undefined },
    input: {} as { readonly next?: string },
    events: {} as { type: 'GIVE' },
  },
}).createMachine({
  context: ({ input }) => ({ taken: 0, next: input.next }),
  on: {
    GIVE: [
      {
        guard: ({ context }) => context.next !== undefined,
        actions: sendTo(({ system, context }) => system.get(context.next!) as AnyActorRef, { type: 'GIVE' }),
      },
      { actions: assign({ taken: ({ context }) => context.taken + 1 }) },
    ],
  },
});
const line = {
  processes: {
    first: { logic: leaky, input: { next: 'second' } },
    second: { logic: leaky, input: { next: 'third' } },
    third: { logic: leaky, input: {} },
    fourth: { logic: leaky, input: {} },
  },
  channels: fullMesh(['first', 'second', 'third', 'fourth']),
};

describe('a simulation of a sound network', () => {
  it('passes, and has seen much: overlapping snapshots, messages in flight', async () => {
    const report = await simulate(bank, {
      seed: 1,
      runs: 100,
      traffic: payments,
      properties: {
        always: conserved,
        sometimes: {
          'messages are in flight': ({ stats }) => stats.messages > 1,
          'somebody is poor': ({ processes }) => processes.ann.snapshot.context.balance < 90,
          'several initiators': ({ initiators }) => initiators.length > 1,
        },
      },
    });
    expect(report).toMatchObject({ seed: 1, runs: 100, snapshots: { aborted: 0, overlap: 3 } });
    expect(report.snapshots.completed).toBeGreaterThan(200);
    expect(report.deliveries).toBeGreaterThan(2000);
    expect(report.events).toBeGreaterThan(1000);
    for (const seen of Object.values(report.sometimes)) expect(seen).toBeGreaterThan(10);
  });

  it('survives every fault, and each fault happens', async () => {
    const report = await simulate(bank, {
      seed: 2,
      runs: 100,
      traffic: payments,
      faults: { stop: 0.005, rollback: 0.02, cut: 0.02, delay: 0.02, slow: 0.02, abort: 0.02 },
      properties: {
        // Who has stopped takes no money any more.
        always: {
          'no money is made': (state) => totalOf(state) <= 300,
          'all is there while all run': (state) =>
            totalOf(state) === 300 ||
            Object.values(state.processes).some(({ snapshot }) => snapshot.status === 'stopped'),
        },
        sometimes: {
          'a process has stopped': ({ processes }) => processes.bob.snapshot.status === 'stopped',
          'a queue is long': ({ channels }) => Object.values(channels).some(({ messages }) => messages.length > 5),
        },
      },
    });
    for (const count of Object.values(report.faults)) expect(count).toBeGreaterThan(10);
    expect(report.snapshots.aborted).toBeGreaterThan(10);
  });

  it('sends each event of a list once, in the order of its process', async () => {
    const collector = setup({
      types: { context: {} as { readonly taken: readonly number[] }, events: {} as { type: 'N'; n: number } },
    }).createMachine({
      context: { taken: [] },
      on: { N: { actions: assign({ taken: ({ context, event }) => [...context.taken, event.n] }) } },
    });
    const events = [1, 2, 3].flatMap((n) => [
      { to: 'a' as const, event: { type: 'N' as const, n } },
      { to: 'b' as const, event: { type: 'N' as const, n } },
    ]);
    const report = await simulate(
      { processes: { a: collector, b: collector }, channels: fullMesh(['a', 'b']) },
      {
        seed: 1,
        runs: 50,
        traffic: events,
        properties: {
          always: {
            'in order': ({ processes }) =>
              expect([1, 2, 3].join()).toContain(processes.a.snapshot.context.taken.join()),
          },
          sometimes: {
            all: ({ processes }) => processes.a.snapshot.context.taken.length === 3,
            'a before b': ({ processes: { a, b } }) =>
              a.snapshot.context.taken.length === 3 && b.snapshot.context.taken.length === 0,
          },
        },
      },
    );
    expect(report.events).toBe(50 * 6);
  });

  it('moves time by itself, and lets promises settle: both repeat', async () => {
    const worker = setup({
      types: { context: {} as { readonly log: string } },
      actors: { job: fromPromise(() => Promise.resolve().then(() => 'done')) },
    }).createMachine({
      context: { log: '' },
      initial: 'resting',
      states: {
        resting: { after: { 1000: 'working' } },
        working: {
          invoke: {
            src: 'job',
            onDone: { target: 'resting', actions: assign({ log: ({ context }) => `${context.log}.` }) },
          },
        },
      },
    });
    const config = { processes: { a: worker, b: worker }, channels: fullMesh(['a', 'b']) };
    const seen: string[][] = [[], []];
    const options = (log: string[]) => ({
      seed: 5,
      runs: 30,
      properties: {
        always: {
          log: ({ processes: { a, b } }: { processes: Record<'a' | 'b', { snapshot: unknown; timers: unknown }> }) => {
            log.push(JSON.stringify([a.snapshot, a.timers, b.snapshot, b.timers]));
          },
        },
        sometimes: {
          'a promise is in flight': ({ processes }: { processes: Record<'a', { snapshot: { value: unknown } }> }) =>
            processes.a.snapshot.value === 'working',
          'work was done twice': ({
            processes,
          }: {
            processes: Record<'a', { snapshot: { context: { log: string } } }>;
          }) => processes.a.snapshot.context.log === '..',
        },
      },
    });
    await simulate(config, options(seen[0]!));
    await simulate(config, options(seen[1]!));
    expect(seen[0]!.length).toBeGreaterThan(60);
    expect(seen[1]).toEqual(seen[0]);
  });

  it('goes on from a snapshot', async () => {
    let last: Parameters<typeof totalOf>[0] | undefined;
    const always = { keep: (state: Parameters<typeof totalOf>[0]) => void (last = state) };
    await simulate(bank, { seed: 3, runs: 1, traffic: payments, properties: { always } });
    const sentBefore = last!.processes.ann!.sent['ann->bob']!.count;
    const report = await simulate(bank, {
      seed: 3,
      runs: 20,
      snapshot: last as never,
      traffic: payments,
      properties: {
        always: {
          ...conserved,
          'counters go on': ({ processes }) => processes.ann.sent['ann->bob']!.count >= sentBefore,
        },
      },
    });
    expect(report.runs).toBe(20);
  });
});

describe('a failure', () => {
  const failing = (more: SimulationOptions<(typeof line)['processes']> = {}) =>
    errorOf(
      simulate(line, {
        seed: 10,
        runs: 50,
        traffic: (random) => ({
          to: random.pick(['first', 'second', 'fourth'] as const),
          event: { type: 'GIVE' as const },
        }),
        properties: {
          always: { 'the third never has two': ({ processes }) => processes.third.snapshot.context.taken < 2 },
        },
        ...more,
      }),
    );

  it('is shrunk to the fewest processes, events, snapshots and steps, and told as a story', async () => {
    const { failure, message } = await failing();
    expect(failure).toMatchObject({ check: 'always', property: 'the third never has two', isRepeatable: true });
    expect(failure.counterexample!.processes).not.toContain('fourth');
    expect(failure.counterexample!.steps.filter((step) => step.do === 'send')).toHaveLength(2);
    expect(failure.counterexample!.steps.length).toBeLessThanOrEqual(5);
    expect(message).toContain(failure.replay);
    expect(message).toContain(failure.counterexample!.story);
    expect(failure.counterexample!.story).toMatch(/third receives #2 GIVE from second/);
  });

  it('is replayed exactly by the line that it prints', async () => {
    const first = await failing();
    expect(first.failure.replay).toMatch(
      /^simulate\(config, \{ seed: \d+, runs: 1, steps: 100, snapshots: 3, traffic, properties \}\)$/,
    );
    const again = await failing({ seed: first.failure.seed!, runs: 1 });
    expect(again.failure.counterexample!.story).toBe(first.failure.counterexample!.story);
    expect(again.failure.counterexample!.steps).toEqual(first.failure.counterexample!.steps);
    expect((await failing()).message).toBe(first.message);
  });

  it('is found in the state after every step when asked to look there', async () => {
    // Between two snapshots, and gone by the next one.
    const flicker = setup({ types: { events: {} as { type: 'NEXT' } } }).createMachine({
      initial: 'a',
      states: { a: { on: { NEXT: 'b' } }, b: { on: { NEXT: 'a' } } },
    });
    const config = { processes: { p: flicker }, channels: [] };
    const options: SimulationOptions<(typeof config)['processes']> = {
      seed: 1,
      runs: 20,
      snapshots: 0,
      traffic: ['NEXT', 'NEXT'].map(() => ({ to: 'p', event: { type: 'NEXT' } }) as const),
      properties: { always: { 'never b': ({ processes }) => processes.p.snapshot.value !== 'b' } },
    };
    await simulate(config, options);
    const { failure } = await errorOf(simulate(config, { ...options, observe: 'step' }));
    expect(failure.counterexample!.steps).toHaveLength(1);
  });

  it('is a property that throws, with what it says', async () => {
    const { message } = await failing({
      properties: { always: { broken: ({ processes }) => expect(processes.third.snapshot.context.taken).toBe(0) } },
    });
    expect(message).toMatch(/always "broken" does not hold of .*: expected 1 to be \+?0/);
  });

  it('is a process whose code throws', async () => {
    const fragile = setup({ types: { events: {} as { type: 'BREAK' } } }).createMachine({
      on: {
        BREAK: {
          actions: () => {
            throw new Error('glass');
          },
        },
      },
    });
    const { failure } = await errorOf(
      simulate(
        { processes: { a: fragile, b: fragile }, channels: fullMesh(['a', 'b']) },
        { seed: 1, runs: 5, traffic: [{ to: 'b', event: { type: 'BREAK' } }] },
      ),
    );
    expect(failure).toMatchObject({ check: 'process', message: 'process "b" failed: glass' });
    expect(failure.counterexample).toMatchObject({ processes: ['b'], steps: [{ do: 'send', to: 'b' }] });
  });

  it('is a snapshot that cannot be recorded', async () => {
    const odd = setup({}).createMachine({ context: { run: () => 1 } });
    const { failure } = await errorOf(simulate({ processes: { odd }, channels: [] }, { seed: 1, runs: 5 }));
    expect(failure).toMatchObject({ check: 'completion' });
    expect(failure.message).toMatch(/a function/);
  });

  it('is a `sometimes` property that no run has seen', async () => {
    const { failure, message } = await errorOf(
      simulate(bank, {
        seed: 1,
        runs: 10,
        properties: {
          sometimes: { 'somebody is rich': ({ processes }) => processes.ann.snapshot.context.balance > 100 },
        },
      }),
    );
    expect(failure).toMatchObject({ check: 'sometimes', property: 'somebody is rich' });
    expect(message).toMatch(/sometimes "somebody is rich" holds of no state in 10 run\(s\)/);
  });

  it('says so when it does not repeat itself', async () => {
    let n = 0;
    const { failure, message } = await failing({
      properties: { always: { fickle: () => ++n !== 20 } },
    });
    expect(failure.isRepeatable).toBe(false);
    expect(message).toMatch(/does not repeat itself/);
  });
});

describe('the hand-made mutants', () => {
  /** By the checks of every run alone: no property of the application's helps. */
  const MOST_RUNS = 20;

  it.each(Object.entries(faults))(`${MOST_RUNS} runs kill: %s`, async (_, parts: Partial<Parts>) => {
    for (const seed of [0, 1000, 2000, 3000]) {
      const options = { seed, runs: MOST_RUNS, traffic: payments } as unknown as SimulationOptions;
      const { failure } = await errorOf(simulateOf(parts, bank as unknown as NetworkConfig, options));
      expect(failure.isRepeatable).toBe(true);
      expect(failure.counterexample!.processes).toHaveLength(2);
      expect(failure.counterexample!.steps.length).toBeLessThanOrEqual(3);
    }
  });
});

describe('a long simulation', () => {
  it('says how far it has come, and ends when its signal aborts', async () => {
    const control = new AbortController();
    const progress: number[] = [];
    const reason = new Error('enough');
    const running = simulate(bank, {
      runs: 1_000_000,
      traffic: payments,
      signal: control.signal,
      onProgress: ({ runs, of, runsPerSecond, failures }) => {
        progress.push(runs);
        expect([of, failures]).toEqual([1_000_000, 0]);
        expect(runsPerSecond).toBeGreaterThan(0);
        if (progress.length === 3) control.abort(reason);
      },
    });
    await expect(running).rejects.toBe(reason);
    expect(progress).toHaveLength(3);
  });
});

describe('options', () => {
  it.each([
    ['a seed', { seed: 0.5 }, /`seed` to be a safe integer, got 0.5/],
    ['runs', { runs: 0 }, /`runs` to be a whole number >= 1, got 0/],
    ['an unknown option', { run: 5 }, /a simulation option \(seed, .*\), got "run"/],
    ['an unknown fault', { faults: { fire: 0.1 } }, /a fault \(stop, .*\), got "fire"/],
    ['a probability', { faults: { cut: 2 } }, /`faults.cut` to be a probability in \[0, 1\], got 2/],
    ['a property', { properties: { always: { x: 1 } } }, /always "x" to be a function of a global state, got 1/],
    ['a kind of property', { properties: { never: {} } }, /`properties` to be \{ always: [^]*, got "never"/],
    [
      'the traffic',
      { traffic: [{ to: 'zoe', event: { type: 'PAY' } }] },
      /`to` of `traffic` to be a process \(ann, bob, cat\), got "zoe"/,
    ],
    ['an event', { traffic: [{ to: 'ann' }] }, /`traffic` to give events as \{ to, event/],
    ['what to observe', { observe: 'all' }, /`observe` to be "snapshot" or "step", got "all"/],
  ])('refuse a bad one, saying what was expected: %s', (_, options, message) => {
    expect(() => simulate(bank, options as never)).toThrow(message);
  });

  it('refuse a property that says neither true nor false', async () => {
    const properties = { sometimes: { rich: () => Promise.resolve(true) as never } };
    await expect(simulate(bank, { runs: 3, properties })).rejects.toThrow(/sometimes "rich" to say true or false/);
  });

  it('refuse bad traffic of a function too', async () => {
    const traffic = () => ({ to: 'zoe', event: { type: 'PAY' } }) as never;
    await expect(simulate(bank, { runs: 3, traffic })).rejects.toThrow(/`to` of `traffic`/);
  });

  it('take any topology: one-way, alone, to itself', async () => {
    for (const channels of [[], ring(['ann']), [['ann', 'bob'] as const]]) {
      const report = await simulate({ ...bank, channels }, { seed: 1, runs: 5 });
      expect(report.snapshots.completed).toBe(15);
    }
  });
});
