import fc from 'fast-check';
import { SimulatedClock } from 'xstate';
import { createManualSchedule, type ChannelPair, type GlobalSnapshot } from '../../src/index.js';
import { createNetworkOf, type Parts } from '../../src/network.js';
import { account } from './account.js';
import { deliverAll } from './network.js';

/** A random system and what is done to it, step by step. */
export interface Scenario {
  readonly ids: readonly string[];
  readonly channels: readonly ChannelPair[];
  readonly steps: readonly Step[];
}

type Step =
  | { readonly do: 'pay'; readonly channel: number; readonly amount: number }
  | { readonly do: 'deliver'; readonly channel: number }
  | { readonly do: 'snapshot'; readonly initiators: readonly number[] }
  /** A snapshot that is asked for between the two halves of a payment. */
  | { readonly do: 'snapshot while paying'; readonly channel: number; readonly amount: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('pay' as const), channel: fc.nat(99), amount: fc.nat(9) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('deliver' as const), channel: fc.nat(99) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('snapshot' as const), initiators: fc.array(fc.nat(9), { maxLength: 3 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('snapshot while paying' as const),
      channel: fc.nat(99),
      amount: fc.integer({ min: 1, max: 9 }),
    }),
  },
);

/** Random topologies of up to six processes, with self-channels, and random steps. */
export const scenarios: fc.Arbitrary<Scenario> = fc.integer({ min: 1, max: 6 }).chain((size) => {
  const ids = Array.from({ length: size }, (_, index) => `p${index}`);
  const pairs = ids.flatMap((from) => ids.map((to): ChannelPair => [from, to]));
  return fc.record({
    ids: fc.constant(ids),
    channels: fc.subarray(pairs, { minLength: Math.min(pairs.length, size) }),
    steps: fc.array(step, { minLength: 5, maxLength: 60 }),
  });
});

/** What came of a run. */
export interface Run {
  readonly snapshots: readonly GlobalSnapshot[];
  /** Snapshots that never completed, though everything was delivered. */
  readonly hanging: number;
  readonly overlapped: boolean;
  readonly total: number;
}

/** Money that each process begins with. */
export const INITIAL_BALANCE = 100;

/** Runs a scenario step by step, then delivers all that is left. */
export async function runScenario({ ids, channels, steps }: Scenario, parts: Partial<Parts> = {}): Promise<Run> {
  const schedule = createManualSchedule();
  const clock = new SimulatedClock();
  const processes = Object.fromEntries(ids.map((id) => [id, { logic: account, input: { balance: INITIAL_BALANCE } }]));
  const network = createNetworkOf(parts, { processes, channels }, { schedule, clock });
  network.start();
  const taking: Promise<GlobalSnapshot | undefined>[] = [];
  let underWay = 0;
  let overlapped = false;
  const take = (initiators: readonly string[]) => {
    overlapped ||= underWay > 0;
    underWay++;
    const options = initiators.length > 0 ? { initiators } : {};
    const settled = () => void underWay--;
    let result: Promise<GlobalSnapshot>;
    try {
      result = network.takeSnapshot(options);
    } catch {
      result = network.takeSnapshot(); // unreachable from those: let the supervisor choose
    }
    taking.push(
      result.then(
        (snapshot) => (settled(), snapshot),
        () => (settled(), undefined),
      ),
    );
  };
  const pay = (index: number, amount: number) => {
    const [from, to] = channels[index % channels.length]!;
    network.send(from, { type: 'PAY', to, amount } as never);
  };
  for (const current of steps) {
    if (channels.length === 0 && current.do !== 'snapshot') continue;
    if (current.do === 'pay') pay(current.channel, current.amount);
    else if (current.do === 'snapshot') take([...new Set(current.initiators.map((index) => ids[index % ids.length]!))]);
    else if (current.do === 'deliver') {
      const pending = [...schedule.pending().keys()];
      if (pending.length > 0) schedule.deliver(pending[current.channel % pending.length]!);
    } else {
      const [from] = channels[current.channel % channels.length]!;
      // XState tells an observer of the payer's new state before the payment itself is sent.
      const seen = network.processes[from]!.actor.system.inspect((event) => {
        if (event.type === '@xstate.event' && event.event.type === 'MONEY' && event.sourceRef !== undefined) {
          seen.unsubscribe();
          take([from]);
        }
      });
      pay(current.channel, current.amount);
      seen.unsubscribe();
    }
    await Promise.resolve();
  }
  deliverAll(schedule);
  await Promise.resolve();
  deliverAll(schedule);
  const before = taking.length;
  clock.increment(60_000); // what has not completed by now never will: it times out
  const settled = await Promise.all(taking);
  const snapshots = settled.filter((snapshot) => snapshot !== undefined);
  const balances = ids.map(
    (id) => (network.processes[id]!.actor.getSnapshot() as { context: { balance: number } }).context.balance,
  );
  network.stop();
  return { snapshots, hanging: before - snapshots.length, overlapped, total: balances.reduce((a, b) => a + b, 0) };
}
