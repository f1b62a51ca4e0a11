/**
 * Random diffusing computations, thousands of them, some with work that takes time, and a snapshot in the middle of each.
 * What `terminated` says of it is held against an observer who sees the whole system at once, and against the online
 * algorithm: E. W. Dijkstra, C. S. Scholten, *Termination Detection for Diffusing Computations*, IPL 11(1), 1980.
 */
import { enqueueActions, setup, type AnyActorRef } from 'xstate';
import { beforeAll, describe, expect, it } from 'vitest';
import { terminated } from '../../src/detect/index.js';
import { createManualSchedule, createNetwork, fullMesh, type SnapshotOf } from '../../src/index.js';
import { createRandom } from '../../src/schedule/random.js';
import { captureState, createSimulatedClock } from '../../src/testing/index.js';
import { some } from '../support/random.js';

type WorkEvent =
  /** Work, which makes more work for others as long as it has hops left. Slow work takes a while. */
  | { type: 'work'; from: string; hops: number; slow: boolean }
  | { type: 'done with slow work'; hops: number }
  | { type: 'signal' };

interface Worker {
  readonly id: string;
  readonly peers: readonly string[];
  /** Slow work under way. */
  readonly busy: number;
  /** Whom it owes the signal that all it was made to do is done; null when it is not engaged. */
  readonly engagedBy: string | null;
  /** Messages it has sent and has had no signal for. */
  readonly deficit: number;
  /** For the process that began: it knows that all has terminated. */
  readonly announced: boolean;
}

const OUTSIDE = 'outside';

const worker = setup({
  types: { context: {} as Worker, input: {} as Pick<Worker, 'id' | 'peers'>, events: {} as WorkEvent },
}).createMachine({
  context: ({ input }) => ({ ...input, busy: 0, engagedBy: null, deficit: 0, announced: false }),
  on: {
    '*': {
      actions: enqueueActions(({ context, event, enqueue }) => {
        let { busy, engagedBy, deficit, announced } = context;
        const send = (to: string, message: WorkEvent) =>
          enqueue.sendTo(({ system }) => system.get(to) as AnyActorRef, message);
        const pass = (hops: number) => {
          for (let n = 0; n < hops % 3; n++) {
            const to = context.peers[(hops + n) % context.peers.length]!;
            send(to, { type: 'work', from: context.id, hops: hops - 1 - n, slow: hops % 2 === 0 });
            deficit++;
          }
        };
        if (event.type === 'work') {
          if (engagedBy !== null) send(event.from, { type: 'signal' });
          else engagedBy = event.from;
          if (event.slow) {
            busy++;
            enqueue.raise(
              { type: 'done with slow work', hops: event.hops },
              { delay: 10, id: `${event.hops} ${busy}` },
            );
          } else pass(event.hops);
        } else if (event.type === 'signal') {
          deficit--;
        } else {
          busy--;
          pass(event.hops);
        }
        if (engagedBy !== null && busy === 0 && deficit === 0) {
          if (engagedBy === OUTSIDE) announced = true;
          else send(engagedBy, { type: 'signal' });
          engagedBy = null;
        }
        enqueue.assign({ busy, engagedBy, deficit, announced });
      }),
    },
  },
});

type Processes = Record<string, { logic: typeof worker; input: Pick<Worker, 'id' | 'peers'> }>;

/** `terminated` with the signals left out: they make nobody work. */
const isOver = terminated({ ignores: ({ event }) => event.type === 'signal' });

interface Outcome {
  /** Whether it has truly terminated: as the snapshot begins, by the snapshot, as it ends, at last. */
  readonly begin: boolean;
  readonly verdict: boolean;
  readonly end: boolean;
  readonly atLast: boolean;
  /** Whether a property that forgets the channels, or the timers, would have said so. */
  readonly naive: { readonly channels: boolean; readonly timers: boolean };
  /** Whether the initiator knew by the online algorithm, as the snapshot began, and at last; and ever wrongly. */
  readonly announced: { readonly begin: boolean; readonly atLast: boolean; readonly wrongly: boolean };
}

async function run(seed: number): Promise<Outcome> {
  const random = createRandom(seed);
  const ids = ['a', 'b', 'c', 'd'].slice(0, 2 + random.integer(0, 2));
  const processes: Processes = Object.fromEntries(
    ids.map((id) => [id, { logic: worker, input: { id, peers: ids.filter((other) => other !== id) } }]),
  );
  const schedule = createManualSchedule();
  const clock = createSimulatedClock();
  const network = createNetwork({ processes, channels: fullMesh(ids) }, { schedule, clock });
  network.start();
  const workers = () => Object.values(network.processes).map(({ actor }) => actor.getSnapshot().context);
  /** Seen from outside: nobody has work, no work is in flight. */
  const truth = () =>
    workers().every(({ busy }) => busy === 0) &&
    Object.values(captureState(network).channels).every(({ messages }) =>
      messages.every(({ event }) => event.type === 'signal'),
    );
  const hasAnnounced = () => network.processes.a!.actor.getSnapshot().context.announced;
  let wrongly = false;
  const act = () => {
    const pending = [...schedule.pending().keys()];
    if (pending.length > 0 && random.integer(0, 4) > 0) schedule.deliver(random.pick(pending));
    else clock.increment(random.integer(0, 7));
    if (hasAnnounced() && !truth()) wrongly = true;
  };
  network.send('a', { type: 'work', from: OUTSIDE, hops: random.integer(0, 5), slow: random.integer(0, 1) === 0 });
  for (let n = random.integer(0, 23); n > 0; n--) act();

  const begin = truth();
  const announcedAtBegin = hasAnnounced();
  let isComplete = false;
  network.snapshots$.subscribe(() => (isComplete = true));
  const taking = network.takeSnapshot({ initiators: some(random, ids, 1) });
  while (!isComplete) act();
  const end = truth();
  const snapshot: SnapshotOf<Processes> = await taking;
  const isOverWithout = {
    channels: Object.values(snapshot.processes).every(({ timers }) => timers.length === 0),
    timers:
      terminated({ ignores: ({ event }) => event.type === 'signal', isPassive: () => true })(snapshot) !== undefined,
  };
  for (let n = 0; n < 1000 && !hasAnnounced(); n++) act();
  const outcome = {
    begin,
    verdict: Boolean(isOver(snapshot)),
    end,
    atLast: Boolean(isOver(captureState(network))),
    naive: isOverWithout,
    announced: { begin: announcedAtBegin, atLast: hasAnnounced(), wrongly },
  };
  network.stop();
  return outcome;
}

const RUNS = 2500;

describe('terminated', () => {
  const outcomes: Outcome[] = [];
  beforeAll(async () => {
    for (let seed = 0; seed < RUNS; seed++) outcomes.push(await run(seed));
  }, 600_000); // seconds alone, minutes on a machine that others load
  const seedsOf = (test: (outcome: Outcome) => boolean) =>
    outcomes.flatMap((outcome, seed) => (test(outcome) ? [seed] : []));

  it('says nothing false, and misses nothing', () => {
    expect(seedsOf(({ verdict, end }) => verdict && !end)).toEqual([]);
    expect(seedsOf(({ begin, verdict }) => begin && !verdict)).toEqual([]);
  });

  it('agrees with Dijkstra and Scholten', () => {
    expect(seedsOf(({ announced }) => announced.wrongly || !announced.atLast)).toEqual([]);
    expect(seedsOf(({ announced, verdict }) => announced.begin && !verdict)).toEqual([]);
    expect(seedsOf(({ atLast }) => !atLast)).toEqual([]);
  });

  it('… which says something: some snapshots fall before it, some after, some on it; and forgetting channels or timers is wrong (twin)', () => {
    expect(seedsOf(({ begin }) => begin).length).toBeGreaterThan(RUNS / 20);
    expect(seedsOf(({ end }) => !end).length).toBeGreaterThan(RUNS / 20);
    expect(seedsOf(({ begin, verdict }) => verdict && !begin).length).toBeGreaterThan(RUNS / 200);
    expect(seedsOf(({ end, verdict }) => end && !verdict).length).toBeGreaterThan(RUNS / 200);
    expect(seedsOf(({ naive, end }) => naive.channels && !end).length).toBeGreaterThan(RUNS / 200);
    expect(seedsOf(({ naive, end }) => naive.timers && !end).length).toBeGreaterThan(RUNS / 200);
  });
});
