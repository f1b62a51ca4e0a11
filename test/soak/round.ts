import { channelId } from '../../src/channel/topology.js';
import { parseSnapshot, serializeSnapshot } from '../../src/file/index.js';
import {
  createManualSchedule,
  createNetwork,
  fullMesh,
  isPanoramaError,
  ring,
  verifySnapshot,
  type ChannelPair,
  type GlobalSnapshot,
} from '../../src/index.js';
import { createRandom } from '../../src/schedule/random.js';
import { createSimulatedClock } from '../../src/testing/index.js';
import { deliverAll } from '../support/network.js';
import { INITIAL_BALANCE, moneyIn, shop } from './shop.js';

const STEPS = 150;

/** What came about in one round, or in many. */
export interface Tally {
  snapshots: number;
  aborted: number;
  overlapping: number;
  inFlight: number;
  timers: number;
  crashes: number;
  failures: number;
  fromFixture: number;
}

export const createTally = (): Tally => ({
  snapshots: 0,
  aborted: 0,
  overlapping: 0,
  inFlight: 0,
  timers: 0,
  crashes: 0,
  failures: 0,
  fromFixture: 0,
});

/**
 * One round of random everything, repeatable by its seed: a random topology or a stored snapshot, payments now and
 * later, deliveries, overlapping snapshots, aborts, processes that fail, crashes and restores from the last snapshot.
 * Throws as soon as a snapshot is inconsistent or money is missing.
 *
 * @param fixtures The texts of stored snapshot files.
 */
export async function soakRound(seed: number, fixtures: readonly string[], tally: Tally): Promise<void> {
  const random = createRandom(seed);
  const { pick, chance } = random;
  const nat = (most: number) => random.integer(0, most);

  const stored = fixtures.length > 0 && chance(0.2) ? parseSnapshot(pick(fixtures)) : undefined;
  if (stored !== undefined) tally.fromFixture++;
  const ids = stored ? Object.keys(stored.processes) : Array.from({ length: 1 + nat(5) }, (_, index) => `shop${index}`);
  const channels = stored
    ? Object.keys(stored.channels).map((id) => id.split('->') as never)
    : randomChannels(ids, pick);
  const money = stored ? moneyIn(stored) : ids.length * INITIAL_BALANCE;
  const processes = Object.fromEntries(ids.map((id) => [id, shop]));

  let last: GlobalSnapshot | undefined = stored;
  let underWay: AbortController[] = [];
  const check = (snapshot: GlobalSnapshot) => {
    const verdict = verifySnapshot(snapshot);
    if (!verdict.consistent) throw new Error(verdict.violations.map(({ message }) => message).join(' '));
    if (moneyIn(snapshot) !== money) throw new Error(`A snapshot has ${moneyIn(snapshot)} instead of ${money}.`);
    if (snapshot.stats.markers !== channels.length) throw new Error(`${snapshot.stats.markers} markers were sent.`);
    return snapshot;
  };
  const begin = (snapshot: GlobalSnapshot | undefined) => {
    const schedule = createManualSchedule();
    const clock = createSimulatedClock(nat(1000));
    const network = createNetwork({ processes, channels }, { schedule, clock, snapshot });
    for (const id of ids) network.processes[id]!.actor.subscribe({ error: () => undefined });
    network.start();
    return { schedule, clock, network };
  };
  let { schedule, clock, network } = begin(last);

  const taking: Promise<void>[] = [];
  const take = () => {
    const controller = new AbortController();
    if (underWay.length > 0) tally.overlapping++;
    underWay.push(controller);
    const taken = network.takeSnapshot({ signal: controller.signal, timeoutMs: 50 + nat(5000) }).then(
      (snapshot) => {
        last = check(snapshot as GlobalSnapshot);
        tally.snapshots++;
        tally.inFlight += snapshot.stats.messages;
        for (const { timers } of Object.values(snapshot.processes)) tally.timers += timers.length;
      },
      (error: unknown) => {
        if (!isPanoramaError(error) || error.code !== 'snapshot-aborted') throw error;
        tally.aborted++;
      },
    );
    taking.push(taken.finally(() => (underWay = underWay.filter((other) => other !== controller))));
  };
  const crash = () => {
    network.stop();
    tally.crashes++;
    if (last !== undefined && chance(0.5)) last = parseSnapshot(serializeSnapshot(last));
    ({ schedule, clock, network } = begin(last));
  };
  const pay = () => {
    const [from, to] = pick(channels);
    const amount = 1 + nat(20);
    network.send(
      from,
      chance(0.3) ? { type: 'PAY_LATER', to, amount, delayMs: nat(300) } : { type: 'PAY', to, amount },
    );
  };
  const deliver = () => {
    const pending = [...schedule.pending().keys()];
    if (pending.length > 0) schedule.deliver(pick(pending));
  };
  const step = () => {
    const draw = nat(999);
    if (draw < 330) return pay();
    if (draw < 780) return deliver();
    if (draw < 880) return clock.increment(nat(60));
    if (draw < 960) return take();
    if (draw < 985) return underWay.length > 0 && pick(underWay).abort(new Error('enough'));
    if (draw < 995) return crash();
    // What a failed process was still to get is gone with it: whoever watches restores the last snapshot.
    tally.failures++;
    network.send(pick(ids), { type: 'FAIL' });
    crash();
  };

  for (let count = 0; count < STEPS; count++) {
    step();
    await Promise.resolve();
  }
  for (let lastTime = clock.nextDueAt; lastTime !== undefined; lastTime = clock.nextDueAt) {
    deliverAll(schedule);
    clock.tick();
  }
  deliverAll(schedule);
  await Promise.all(taking);
  const ending = network.takeSnapshot();
  deliverAll(schedule);
  check((await ending) as GlobalSnapshot);
  network.stop();
}

/** A ring, so that the money moves and whoever fails is missed, and channels across it, also to oneself. */
function randomChannels(ids: readonly string[], pick: <T>(items: readonly T[]) => T): ChannelPair[] {
  const pairs = new Map(ring(ids).map((pair) => [channelId(pair[0], pair[1]), pair]));
  for (let count = 0; count < ids.length * 2; count++) {
    const pair: ChannelPair = [pick(ids), pick(ids)];
    pairs.set(channelId(pair[0], pair[1]), pair);
  }
  return [...pairs.values()];
}

/** The text of a snapshot file worth keeping: four shops, with timers pending and messages in flight. */
export async function createStoredSnapshot(seed: number): Promise<string> {
  const random = createRandom(seed);
  const ids = ['north', 'east', 'south', 'west'];
  const schedule = createManualSchedule();
  const processes = Object.fromEntries(ids.map((id) => [id, shop]));
  const options = { schedule, clock: createSimulatedClock() };
  const network = createNetwork({ processes, channels: fullMesh(ids) }, options);
  network.start();
  const payAll = () => {
    for (const [from, to] of fullMesh(ids)) {
      const amount = random.integer(1, 5);
      network.send(from, { type: 'PAY', to, amount });
      network.send(from, { type: 'PAY_LATER', to, amount, delayMs: random.integer(100, 1000) });
    }
  };
  payAll();
  deliverAll(schedule);
  const taking = network.takeSnapshot({ initiators: ['north'] });
  payAll();
  deliverAll(schedule);
  const snapshot = await taking;
  network.stop();
  return serializeSnapshot(snapshot);
}
