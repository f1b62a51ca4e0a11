/** Shops alone, joined by links, that open and close while the others go on: the topology changes under a snapshot. */
import {
  createProcess,
  isPanoramaError,
  verifySnapshot,
  type GlobalSnapshot,
  type CreatedProcess,
} from '../../src/index.js';
import { createRandom } from '../../src/schedule/random.js';
import { createPipe } from '../support/pipe.js';
import { INITIAL_BALANCE, moneyIn, shop } from './shop.js';

const STEPS = 80;
const TIMEOUT_MS = 2000;

/** What came about in one town, or in many. */
export interface TownTally {
  townSnapshots: number;
  townAborted: number;
  opened: number;
  closed: number;
  parted: number;
  /** Snapshots that nobody knew to be in vain: given up when time was up, naming the channels. */
  timedOut: number;
}

export const createTownTally = (): TownTally => ({
  townSnapshots: 0,
  townAborted: 0,
  opened: 0,
  closed: 0,
  parted: 0,
  timedOut: 0,
});

interface Shop {
  readonly handle: CreatedProcess<typeof shop>;
  readonly neighbours: Set<Shop>;
  /** The ids of those who have answered. */
  readonly met: Set<string>;
}

/** Lets what is on the way arrive. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Whoever goes without ever having answered cannot be told from one who is late: a snapshot waits for it. */
async function meetAll({ neighbours, met, handle }: Shop): Promise<void> {
  const isMet = (other: Shop) => met.has(other.handle.id) && other.met.has(handle.id);
  while (![...neighbours].every(isMet)) await turn();
}

/**
 * One town: shops open with links to some others, pay their neighbours now and later, close, part from one another, and
 * take snapshots at any moment. A snapshot is consistent, or given up for a reason that it names; and when all is quiet
 * the last one has exactly the money that is there. Throws when not.
 */
export async function soakTown(seed: number, tally: TownTally): Promise<void> {
  const { pick, chance, integer } = createRandom(seed);
  const open = new Set<Shop>();
  let named = 0;

  const join = (a: Shop, b: Shop) => {
    const [toB, toA] = createPipe({}, Math.random, true).ends;
    a.handle.addPeer(b.handle.id, toB);
    b.handle.addPeer(a.handle.id, toA);
    a.neighbours.add(b);
    b.neighbours.add(a);
  };
  const openShop = () => {
    const handle = createProcess(shop, { id: `shop${++named}`, peers: {}, logger: () => undefined });
    const newcomer: Shop = { handle, neighbours: new Set(), met: new Set() };
    handle.links$.subscribe(({ type, peer }) => {
      if (type === 'link.connected') newcomer.met.add(peer);
    });
    const others = [...open].filter(() => chance(0.5));
    if (others.length === 0 && open.size > 0) others.push(pick([...open]));
    for (const other of others) join(newcomer, other);
    open.add(newcomer);
    handle.start();
    tally.opened++;
  };
  const part = (a: Shop, b: Shop) => {
    a.neighbours.delete(b);
    b.neighbours.delete(a);
  };
  const close = (leaving: Shop) => {
    for (const neighbour of leaving.neighbours) part(leaving, neighbour);
    open.delete(leaving);
    leaving.handle.stop();
    tally.closed++;
  };
  const pay = (from: Shop) => {
    if (from.neighbours.size === 0) return;
    const to = pick([...from.neighbours]).handle.id;
    const amount = integer(1, 20);
    from.handle.send(
      chance(0.2) ? { type: 'PAY_LATER', to, amount, delayMs: integer(0, 3) } : { type: 'PAY', to, amount },
    );
  };

  const taking: Promise<unknown>[] = [];
  const take = (initiator: Shop) => {
    const taken = initiator.handle.takeSnapshot({ timeoutMs: TIMEOUT_MS }).then(
      (snapshot) => {
        check(snapshot, named * INITIAL_BALANCE);
        tally.townSnapshots++;
      },
      (error: unknown) => {
        if (!isPanoramaError(error) || error.code !== 'snapshot-aborted') throw error;
        if (/`timeoutMs` of/.test(error.message)) tally.timedOut++;
        else tally.townAborted++;
      },
    );
    taking.push(taken);
  };

  for (let count = integer(2, 4); count > 0; count--) openShop();
  for (let count = 0; count < STEPS; count++) {
    const someone = pick([...open]);
    const draw = integer(0, 99);
    if (draw < 60) pay(someone);
    else if (draw < 80) take(someone);
    else if (draw < 90) openShop();
    else if (draw < 96 && open.size > 1) {
      await meetAll(someone);
      close(someone);
    } else if (someone.neighbours.size > 0) {
      const other = pick([...someone.neighbours]);
      await meetAll(someone);
      part(someone, other);
      someone.handle.removePeer(other.handle.id);
      tally.parted++;
    }
    if (chance(0.5)) await turn();
  }
  await Promise.all(taking);
  await lookWhenQuiet(open, named * INITIAL_BALANCE);
  for (const { handle } of open) handle.stop();
}

/** @param most All the money that was ever brought in; who closes takes his away, and nobody makes any. */
function check(snapshot: GlobalSnapshot, most: number): void {
  const verdict = verifySnapshot(snapshot);
  if (!verdict.consistent) throw new Error(verdict.violations.map(({ message }) => message).join(' '));
  if (moneyIn(snapshot) > most) throw new Error(`A snapshot has ${moneyIn(snapshot)}, and there were ${most} at most.`);
}

/** When nothing is on the way any more, a snapshot has what everybody has. */
async function lookWhenQuiet(open: ReadonlySet<Shop>, most: number): Promise<void> {
  const left = new Map(Array.from(open, ({ handle }) => [handle.id, handle]));
  for (const initiator of left.values()) {
    let snapshot: GlobalSnapshot;
    do {
      await turn(); // a snapshot of one shop alone takes no time, and its timers some
      // The last to leave may be seen to leave only now.
      snapshot = await untilComplete(() => initiator.takeSnapshot({ timeoutMs: TIMEOUT_MS }));
      check(snapshot, most);
    } while (snapshot.stats.messages > 0 || Object.values(snapshot.processes).some(({ timers }) => timers.length > 0));
    let there = 0;
    for (const id of Object.keys(snapshot.processes)) {
      there += left.get(id)!.actor.getSnapshot().context.balance;
      left.delete(id);
    }
    if (moneyIn(snapshot) !== there) throw new Error(`A snapshot has ${moneyIn(snapshot)} instead of ${there}.`);
  }
}

async function untilComplete(take: () => Promise<GlobalSnapshot>): Promise<GlobalSnapshot> {
  for (;;) {
    try {
      return await take();
    } catch (error) {
      if (!isPanoramaError(error) || !/ left/.test(error.message)) throw error;
    }
  }
}
