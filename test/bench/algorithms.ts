import { assign, sendTo, setup, type AnyActorRef } from 'xstate';
import { createSeededSchedule, fullMesh, type Algorithm, type GlobalSnapshot } from 'xstate-panorama';
import { chandyLamport, laiYang, mattern, stopDrainRecord } from 'xstate-panorama/algorithms';
import { Channel } from '../../src/channel/channel.js';
import type { Envelope } from '../../src/channel/envelope.js';
import { createNetworkOf, type Parts } from '../../src/network/network.js';
import { cpuMs, median, nextTask, print } from './measure.js';

const ALGORITHMS: readonly Algorithm[] = [chandyLamport, laiYang, mattern, stopDrainRecord];
const IDS = Array.from({ length: 8 }, (_, index) => `p${index}`);
const TOKENS_EACH = 10;
/** Hops of each token: 40,000 messages in all. */
const HOPS = 500;
const MESSAGES = IDS.length * TOKENS_EACH * HOPS;
const SNAPSHOTS = 4;
const ROUNDS = 5;

/** Passes a token on, to its peers in turn, until its hops are used up. */
const passer = setup({
  types: {
    context: {} as { readonly peers: readonly string[]; readonly turn: number },
    input: {} as { readonly peers: readonly string[] },
    events: {} as { type: 'TOKEN'; hops: number },
  },
}).createMachine({
  context: ({ input }) => ({ ...input, turn: 0 }),
  on: {
    TOKEN: {
      guard: ({ event }) => event.hops > 0,
      actions: [
        assign({ turn: ({ context }) => context.turn + 1 }),
        sendTo(
          ({ system, context }) => system.get(context.peers[context.turn % context.peers.length]!) as AnyActorRef,
          ({ event }) => ({ type: 'TOKEN', hops: event.hops - 1 }),
        ),
      ],
    },
  },
});

/** What went over the channels, in bytes as JSON. */
interface Weights {
  /** Markers or control messages. */
  own: number;
  /** What was added to messages. */
  added: number;
  /** Messages to which something was added. */
  coloured: number;
}

/** A channel that weighs what is sent on it. */
const weighing = (weights: Weights): typeof Channel =>
  class extends Channel {
    override send(envelope: Envelope): void {
      if (envelope.type !== 'message') weights.own += JSON.stringify(envelope).length;
      else if (envelope.colours !== undefined) {
        const { colours: _, ...plain } = envelope;
        weights.added += JSON.stringify(envelope).length - JSON.stringify(plain).length;
        weights.coloured++;
      }
      super.send(envelope);
    }
  };

function open(algorithm: Algorithm, parts: Partial<Parts>, seed?: number) {
  const processes = Object.fromEntries(
    IDS.map((id) => [id, { logic: passer, input: { peers: IDS.filter((other) => other !== id) } }]),
  );
  const options = { algorithm, ...(seed !== undefined && { schedule: createSeededSchedule(seed) }) };
  const network = createNetworkOf(parts, { processes, channels: fullMesh(IDS) }, options);
  network.start();
  for (let n = 0; n < IDS.length * TOKENS_EACH; n++) {
    network.send(IDS[n % IDS.length]!, { type: 'TOKEN', hops: HOPS } as never);
  }
  const sent = () => IDS.reduce((sum, id) => sum + turnsOf(network.processes[id]!.actor.getSnapshot()), 0);
  return { network, sent };
}

const turnsOf = (snapshot: unknown) => (snapshot as { context: { turn: number } }).context.turn;

/** Lets all tokens go their way, with so many snapshots spread over it. */
async function runTraffic({ network, sent }: ReturnType<typeof open>, snapshots: number): Promise<GlobalSnapshot[]> {
  const taking: Promise<GlobalSnapshot>[] = [];
  while (sent() < MESSAGES) {
    if (taking.length < snapshots && sent() >= (MESSAGES * (taking.length + 0.5)) / snapshots) {
      taking.push(network.takeSnapshot({ initiators: ['p0'] }) as Promise<GlobalSnapshot>);
    }
    await nextTask();
  }
  const taken = await Promise.all(taking);
  network.stop();
  return taken;
}

/** One run under a seed, weighed. */
async function weigh(algorithm: Algorithm) {
  const weights: Weights = { own: 0, added: 0, coloured: 0 };
  const run = open(algorithm, { Channel: weighing(weights) }, 1);
  let meanwhile = 0;
  let isUnderWay = false;
  run.network.trace$.subscribe(({ type }) => {
    if (type === 'snapshot.begun') isUnderWay = true;
    else if (type === 'snapshot.completed') isUnderWay = false;
    else if (type === 'message.received' && isUnderWay) meanwhile++;
  });
  const snapshots = await runTraffic(run, SNAPSHOTS);
  const own = snapshots.map(({ stats }) => stats.markers + (stats.controlMessages ?? 0));
  return { ...weights, meanwhile: meanwhile / SNAPSHOTS, own: weights.own / SNAPSHOTS, messages: median(own) };
}

/** Bytes and messages of each algorithm on the same traffic, and what it costs. */
export async function algorithms(): Promise<void> {
  const times = new Map<Algorithm, number[]>(ALGORITHMS.map((algorithm) => [algorithm, []]));
  const idle: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    idle.push(await cpuMs(() => runTraffic(open(chandyLamport, {}), 0)));
    for (const algorithm of ALGORITHMS) {
      times.get(algorithm)!.push(await cpuMs(() => runTraffic(open(algorithm, {}), SNAPSHOTS)));
    }
  }
  const rows: string[][] = [];
  for (const algorithm of ALGORITHMS) {
    const { own, added, coloured, meanwhile, messages } = await weigh(algorithm);
    rows.push([
      algorithm.name,
      String(messages),
      own.toFixed(0),
      coloured === 0 ? '0' : (added / coloured).toFixed(0),
      (added / SNAPSHOTS).toFixed(0),
      meanwhile.toFixed(0),
      (median(times.get(algorithm)!) / median(idle)).toFixed(2),
    ]);
  }
  print(
    [
      'algorithm',
      'own messages a snapshot',
      'their bytes',
      'bytes added to a coloured message',
      'added a snapshot',
      'messages taken meanwhile',
      'time against no snapshots',
    ],
    rows,
  );
  console.log(
    `${IDS.length} processes, ${IDS.length * (IDS.length - 1)} channels, ${MESSAGES} messages, ${SNAPSHOTS} snapshots; bytes as JSON, processor time`,
  );
}
