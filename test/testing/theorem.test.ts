/** The theorem of the paper's section 4, on random runs of machines with timers, children and promises. */
import fc from 'fast-check';
import { assign, fromPromise, sendParent, sendTo, setup, SimulatedClock, type AnyActorRef } from 'xstate';
import { describe, expect, it } from 'vitest';
import { createManualSchedule, createNetwork, fullMesh, ring, type NetworkConfig } from '../../src/index.js';
import { createNetworkOf, type Parts } from '../../src/network/network.js';
import { proveSnapshot, recordRun, type Proof, type RecordedRun } from '../../src/testing/index.js';
import { faults } from '../support/faults.js';

/** Nudges its trader again and again. */
const clerk = setup({
  types: { context: {} as { pauseMs: number }, input: {} as { pauseMs: number } },
  delays: { pause: ({ context }) => context.pauseMs },
}).createMachine({
  context: ({ input }) => input,
  initial: 'resting',
  states: {
    resting: { after: { pause: { target: 'resting', reenter: true, actions: sendParent({ type: 'NUDGE' }) } } },
  },
});

interface Trader {
  readonly balance: number;
  readonly peers: readonly string[];
  readonly turn: number;
  readonly notes: readonly string[];
  readonly pauseMs: number;
}

/** Pays a peer in turn when nudged, gives change a while later, asks a promise now and then. */
const trader = setup({
  types: {
    context: {} as Trader,
    input: {} as { peers: readonly string[]; pauseMs: number },
    events: {} as
      | { type: 'NUDGE' }
      | { type: 'MONEY'; amount: number; from: string }
      | { type: 'CHANGE'; to: string }
      | { type: 'ASK' },
  },
  actors: { clerk, appraiser: fromPromise(({ input }: { input: number }) => Promise.resolve(input * 2)) },
}).createMachine({
  context: ({ input }) => ({ balance: 100, turn: 0, notes: [], ...input }),
  invoke: { src: 'clerk', id: 'clerk', input: ({ context }) => ({ pauseMs: context.pauseMs }) },
  initial: 'idle',
  states: {
    idle: { on: { ASK: 'asking' } },
    asking: {
      invoke: {
        src: 'appraiser',
        input: ({ context }) => context.balance,
        onDone: {
          target: 'idle',
          actions: assign({ notes: ({ context, event }) => [...context.notes, String(event.output)] }),
        },
      },
    },
  },
  on: {
    NUDGE: {
      guard: ({ context }) => context.peers.length > 0,
      actions: [
        sendTo(
          ({ system, context }) => system.get(context.peers[context.turn % context.peers.length]!) as AnyActorRef,
          ({ self }) => ({ type: 'MONEY', amount: 3, from: self.id }),
        ),
        assign({ balance: ({ context }) => context.balance - 3, turn: ({ context }) => context.turn + 1 }),
      ],
    },
    MONEY: {
      actions: [
        assign({ balance: ({ context, event }) => context.balance + event.amount }),
        sendTo(
          ({ self }) => self,
          ({ event }) => ({ type: 'CHANGE', to: event.from }),
          { delay: 7, id: 'change' },
        ),
      ],
    },
    CHANGE: {
      guard: ({ context, event }) => context.peers.includes(event.to),
      actions: [
        sendTo(
          ({ system, event }) => system.get(event.to) as AnyActorRef,
          ({ self }) => ({ type: 'MONEY', amount: 1, from: self.id }),
        ),
        assign({ balance: ({ context }) => context.balance - 1 }),
      ],
    },
  },
});

type Move = 'deliver' | 'time' | 'ask' | 'nudge' | 'snapshot';

interface Scenario {
  readonly size: number;
  readonly mesh: boolean;
  readonly moves: readonly { readonly move: Move; readonly at: number }[];
  /** Before which move the recording begins; 0 for before the start. */
  readonly recordFrom: number;
}

const move = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Move>('deliver') },
  { weight: 4, arbitrary: fc.constant<Move>('time') },
  { weight: 1, arbitrary: fc.constantFrom<Move>('ask', 'nudge') },
  { weight: 2, arbitrary: fc.constant<Move>('snapshot') },
);

const scenarios: fc.Arbitrary<Scenario> = fc.record({
  size: fc.integer({ min: 1, max: 4 }),
  mesh: fc.boolean(),
  moves: fc.array(fc.record({ move, at: fc.nat(99) }), { minLength: 20, maxLength: 80 }),
  recordFrom: fc.oneof(fc.constant(0), fc.nat(10)),
});

function configOf({ size, mesh }: Pick<Scenario, 'size' | 'mesh'>): NetworkConfig {
  const ids = Array.from({ length: size }, (_, index) => `p${index}`);
  const channels = mesh && size > 1 ? fullMesh(ids) : ring(ids);
  const peersOf = (id: string) => channels.filter(([from]) => from === id).map(([, to]) => to);
  const process = (id: string, index: number) => ({
    logic: trader,
    input: { peers: peersOf(id), pauseMs: 5 + 3 * index },
  });
  return { processes: Object.fromEntries(ids.map((id, index) => [id, process(id, index)])), channels };
}

/** A task of its own: promises settle. */
const nextTask = () => new Promise((resolve) => setImmediate(resolve));

async function runScenario(scenario: Scenario, parts: Partial<Parts> = {}): Promise<RecordedRun> {
  const config = configOf(scenario);
  const ids = Object.keys(config.processes);
  const schedule = createManualSchedule();
  const clock = new SimulatedClock();
  const network = createNetworkOf(parts, config, { schedule, clock });
  let recorder = scenario.recordFrom === 0 ? recordRun(network) : undefined;
  network.start();
  const deliver = (at: number) => {
    const pending = [...schedule.pending().keys()];
    if (pending.length > 0) schedule.deliver(pending[at % pending.length]!);
  };
  for (const [index, { move, at }] of scenario.moves.entries()) {
    if (index === scenario.recordFrom) recorder ??= recordRun(network);
    const id = ids[at % ids.length]!;
    if (move === 'deliver') deliver(at);
    else if (move === 'time') clock.increment(1 + (at % 5));
    else if (move === 'snapshot') void network.takeSnapshot({ initiators: [id] }).catch(() => undefined);
    else network.send(id, { type: move === 'ask' ? 'ASK' : 'NUDGE' } as never);
    if (at % 3 === 0) await nextTask();
  }
  for (let n = 0; n < 2000 && schedule.pending().size > 0; n++) deliver(n);
  const run = recorder!.stop();
  network.stop();
  return run;
}

/** Proves the first snapshots that were begun and completed in the run. */
const proveAll = (scenario: Scenario, run: RecordedRun): Proof[] =>
  [...run.snapshots.keys()]
    .filter((id) => run.recordings.get(id)?.size === scenario.size)
    .slice(0, 4)
    .map((id) => proveSnapshot(configOf(scenario), run, id));

describe('the permuted run passes through S* and ends as the real one did', () => {
  it('in every random run, from a fresh start or from the middle', async () => {
    const seen = { proofs: 0, neverOccurred: 0, inFlight: 0, timers: 0, promises: 0 };
    await fc.assert(
      fc.asyncProperty(scenarios, async (scenario) => {
        const run = await runScenario(scenario);
        for (const { snapshotId, moved } of proveAll(scenario, run)) {
          const { stats, processes } = run.snapshots.get(snapshotId)!;
          seen.proofs++;
          if (moved > 0) seen.neverOccurred++;
          if (stats.messages > 0) seen.inFlight++;
          if (Object.values(processes).some(({ timers }) => timers.length > 1)) seen.timers++;
          if (run.steps.some((step) => step.type === 'event.received' && step.source !== undefined)) seen.promises++;
        }
      }),
      { numRuns: 100 },
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(20); // … which says something (twin)
  });

  it.each(['markers after later messages', 'no FIFO', 'a channel closes early'] as const)(
    'and does not with the fault “%s” (twin)',
    async (fault) => {
      let violations = 0;
      for (const scenario of fc.sample(scenarios, { numRuns: 60, seed: 3 })) {
        const run = await runScenario(scenario, faults[fault]);
        try {
          proveAll(scenario, run);
        } catch (error) {
          expect(error).toMatchObject({
            code: expect.stringMatching(/^(theorem-violated|not-replayable|does-not-fit)$/),
          });
          violations++;
        }
      }
      expect(violations).toBeGreaterThan(0);
    },
  );

  it('under the real clock and the default schedule, while traffic goes on', async () => {
    const config = configOf({ size: 4, mesh: true });
    const network = createNetwork(config);
    const recorder = recordRun(network);
    network.start();
    const snapshots = [];
    for (let n = 0; n < 5; n++) snapshots.push(await network.takeSnapshot({ initiators: [`p${n % 4}`] }));
    const run = recorder.stop();
    network.stop();
    for (const snapshot of snapshots) {
      expect(proveSnapshot(config, run, snapshot).order).toHaveLength(run.steps.length);
    }
  });
});

describe('what cannot be shown is refused', () => {
  it('logic that is no function of its events', async () => {
    const dice = setup({}).createMachine({
      context: { rolled: 0 },
      on: { ROLL: { actions: assign({ rolled: () => Math.random() }) } },
    });
    const config = { processes: { a: dice }, channels: [] };
    const network = createNetwork(config);
    const recorder = recordRun(network);
    network.start();
    network.send('a', { type: 'ROLL' });
    const snapshot = await network.takeSnapshot();
    const run = recorder.stop();
    network.stop();
    expect(() => proveSnapshot(config, run, snapshot)).toThrow(
      expect.objectContaining({ code: 'not-replayable', message: expect.stringContaining('context.rolled') }),
    );
  });

  it('a snapshot of another run', () => {
    const config = { processes: { a: setup({}).createMachine({}) }, channels: [] };
    const network = createNetwork(config);
    network.start();
    const run = recordRun(network).stop();
    network.stop();
    expect(() => proveSnapshot(config, run, 'other')).toThrow(/none was.*"other"/);
  });
});
