/** Random systems whose channels keep order or do not, under random steps: what the ways to take snapshots are judged by. */
import {
  createManualSchedule,
  createNetwork,
  verifySnapshot,
  type Algorithm,
  type ChannelPair,
  type GlobalSnapshot,
} from '../../src/index.js';
import { createRandom, type Random } from '../../src/schedule/random.js';
import { captureState } from '../../src/testing/index.js';
import { account, totalOf } from './account.js';

/** Money that each process begins with. */
const INITIAL_BALANCE = 100;

/** What is made of a seed. */
export interface Reordering {
  readonly algorithm: Algorithm;
  /** Which share of the channels does not keep order; default 1. */
  readonly unordered?: number;
}

/** What came of a run. */
export interface ReorderedRun {
  readonly snapshots: readonly GlobalSnapshot[];
  /** All that is wrong, for people. */
  readonly complaints: readonly string[];
  readonly channels: readonly ChannelPair[];
  readonly config: ReturnType<typeof bankOf>;
  /** How often a message overtook another one. */
  readonly overtakings: number;
  /** Whether two snapshots were under way at once. */
  readonly overlapped: boolean;
}

/** A bank of these processes. */
export function bankOf(ids: readonly string[], channels: readonly ChannelPair[], balance = INITIAL_BALANCE) {
  const processes = Object.fromEntries(ids.map((id) => [id, { logic: account, input: { balance } }]));
  return { processes, channels };
}

/** A topology in which everybody can be reached from the first process: a random tree of channels, and others besides. */
function randomChannels(random: Random, ids: readonly string[], unordered: number): ChannelPair[] {
  const pairs = new Map<string, ChannelPair>();
  const add = (from: string, to: string) => {
    const key = `${from}->${to}`;
    if (!pairs.has(key)) pairs.set(key, random.chance(unordered) ? [from, to, { fifo: false }] : [from, to]);
  };
  ids.slice(1).forEach((id, index) => add(ids[random.integer(0, index)]!, id));
  for (let n = random.integer(0, ids.length * 2); n > 0; n--) add(random.pick(ids), random.pick(ids));
  return [...pairs.values()];
}

/** Makes a run of a random system: payments, deliveries out of order, overlapping snapshots; then all comes to its end. */
export async function runReordered(seed: number, { algorithm, unordered = 1 }: Reordering): Promise<ReorderedRun> {
  const random = createRandom(seed);
  const ids = Array.from({ length: random.integer(1, 5) }, (_, index) => `p${index}`);
  const channels = randomChannels(random, ids, unordered);
  const config = bankOf(ids, channels);
  const schedule = createManualSchedule();
  const network = createNetwork(config, { schedule, algorithm });
  const isFifo = new Map(network.topology.map(({ id, fifo }) => [id, fifo]));
  network.start();

  let overtakings = 0;
  const deliver = () => {
    const [id, size] = random.pick([...schedule.pending()]);
    const index = isFifo.get(id) ? 0 : random.integer(0, size - 1);
    if (index > 0) overtakings++;
    schedule.deliver(id, index);
  };
  const taking: Promise<GlobalSnapshot | Error>[] = [];
  let underWay = 0;
  let overlapped = false;
  const take = () => {
    const initiators = random.chance(0.5) ? undefined : [...new Set(['p0', random.pick(ids)])];
    if (++underWay > 1) overlapped = true;
    const taken = network.takeSnapshot({ timeoutMs: Infinity, ...(initiators && { initiators }) });
    taking.push(taken.catch((error: unknown) => error as Error).finally(() => underWay--));
  };
  const moments = new Set([random.integer(0, 30), random.integer(0, 30)]);
  for (let step = 0; step < 60; step++) {
    if (moments.has(step)) take();
    const canDeliver = schedule.pending().size > 0;
    if (canDeliver && random.chance(0.6)) deliver();
    else if (channels.length > 0) {
      const [from, to] = random.pick(channels);
      network.send(from, { type: 'PAY', to, amount: random.integer(1, 9) } as never);
    }
  }
  while (schedule.pending().size > 0) deliver();

  const complaints: string[] = [];
  const money = ids.length * INITIAL_BALANCE;
  const ended = await Promise.race([Promise.all(taking), new Promise<undefined>((resolve) => setTimeout(resolve, 0))]);
  if (ended === undefined) complaints.push('a snapshot did not complete');
  const snapshots = (ended ?? []).flatMap((end) => (end instanceof Error ? [] : [end]));
  for (const end of ended ?? []) if (end instanceof Error) complaints.push(end.message);
  for (const snapshot of snapshots) {
    const verdict = verifySnapshot(snapshot);
    if (!verdict.consistent) complaints.push(...verdict.violations.map(({ message }) => message));
    if (totalOf(snapshot) !== money) complaints.push(`a snapshot has ${totalOf(snapshot)} instead of ${money}`);
  }
  const final = captureState(network);
  if (final.stats.messages > 0) complaints.push(`${final.stats.messages} messages were never handed over`);
  if (totalOf(final) !== money) complaints.push(`the run ends with ${totalOf(final)} instead of ${money}`);
  network.stop();
  return { snapshots, complaints, channels, config, overtakings, overlapped };
}
