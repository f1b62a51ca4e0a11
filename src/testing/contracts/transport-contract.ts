/** What every transport must do, shown by the processes at its ends. */
import { verifySnapshot, type Transport } from '../../index.js';
import { createContract, demand, eventually, eventuallyMeets, pause, violated, type ContractCase } from './contract.js';
import { startTransportEnd, type TransportEnd, type TransportEndOptions } from './transport-end.js';

/** An end that may run in another program. */
export type RemoteTransportEnd = {
  readonly [TMethod in keyof TransportEnd]: (
    ...args: Parameters<TransportEnd[TMethod]>
  ) => Awaited<ReturnType<TransportEnd[TMethod]>> | Promise<Awaited<ReturnType<TransportEnd[TMethod]>>>;
};

/** Where an end runs when that is another program, which calls {@link startTransportEnd} there. */
export interface TransportPlace {
  start(options: TransportEndOptions): RemoteTransportEnd | Promise<RemoteTransportEnd>;
}

/** The ends of one way. */
interface TransportEnds {
  /** The transport of process `a`, which leads to `b`; or where it is. */
  readonly a: Transport | TransportPlace;
  /** That of process `b`, which leads to `a`. */
  readonly b: Transport | TransportPlace;
  /** Clears the way, when all processes have stopped. */
  close?(): unknown;
}

/** The two ends of one way. */
export interface TransportPair extends TransportEnds {
  /** Sends anything to b's end, past a's link. */
  inject(value: unknown): unknown;
}

/** A way that leads from `a` to whichever program has process `b`. */
export interface TransportTrio extends TransportEnds {
  /** The transport of process `b` in another program. */
  readonly bAgain: Transport | TransportPlace;
}

/**
 * The contract of transports: order both ways, nothing lost and nothing twice; what is sent before the other end is there;
 * back-pressure; an orderly stop; nothing of what is no frame. A case may take some seconds.
 *
 * @param createPair Makes two ends of a new way for each case.
 * @returns The cases: `for (const { name, run } of transportContract(createPair)) test(name, run)`.
 */
export function transportContract(createPair: () => TransportPair | Promise<TransportPair>): readonly ContractCase[] {
  return createContract(
    async () => new Ends(await createPair()),
    (ends) => ends.close(),
    {
      async 'keeps order, loses nothing, repeats nothing, both ways at once'(ends) {
        const a = await ends.start('a');
        const b = await ends.start('b');
        for (let from = 1; from <= 5000; from += 500) {
          await Promise.all([a.sendNumbers(from, from + 499), b.sendNumbers(from, from + 499)]);
          await pause(0);
        }
        const countBoth = async () => (await a.count()) + (await b.count());
        await eventually('the count of all numbers received', countBoth, 10_000);
        demand('what a received', await a.got(), numbers(1, 5000));
        demand('what b received', await b.got(), numbers(1, 5000));
      },

      async 'carries what is sent before the other end is there, in consistent snapshots'(ends) {
        const a = await ends.start('a');
        await a.sendNumbers(1, 100);
        const taking = a.takeSnapshot({ timeoutMs: 15_000 });
        await a.sendNumbers(101, 200);
        await pause(50);
        const b = await ends.start('b');
        const snapshot = await taking;
        demand('the snapshot’s verdict', verifySnapshot(snapshot), { consistent: true });
        demand('what a had sent before it recorded', snapshot.processes.a!.sent, { 'a->b': { count: 100 } });
        await eventually('what b received', () => b.got(), numbers(1, 200));
      },

      async 'carries what is sent in one task, however much, and a large message between small ones'(ends) {
        const a = await ends.start('a', { maxBuffered: 100 });
        const b = await ends.start('b');
        await eventually('what a was told of its link', () => typesAt(a), ['link.connected']);
        await a.sendNumbers(1, 400, 30_000);
        await eventuallyMeets(
          () => typesAt(a),
          (types) => types.at(-1) === 'link.drained' || violated('a to be told of its backlog, and of its end', types),
        );
        await a.sendNumbers(401, 401, LARGE);
        await a.sendNumbers(402, 403);
        await eventually('the count of all numbers received', () => b.count(), 403);
        demand('what b received', await b.got(), numbers(1, 403));
        demand('the length of what came with them', await b.padding(), 400 * 30_000 + LARGE);
        demand('what a was told in all', await typesAt(a), ['link.connected', 'link.backlogged', 'link.drained']);
      },

      async 'holds back what the other end does not take, and gives up at the limit'(ends) {
        const a = await ends.start('a', { maxBuffered: 20_000 });
        const b = await ends.start('b', { holds: true });
        await eventually('what a was told of its link', () => typesAt(a), ['link.connected']);
        let from = 1;
        const isUp = async () => !(await typesAt(a)).includes('link.failed');
        for (; from <= 30_000 && (await isUp()); from += 1000) {
          await a.sendNumbers(from, from + 999);
          await pause(5);
        }
        // No more than the window is under way, the rest waits at the sender.
        await eventuallyMeets(
          () => b.held(),
          (held) => held > 1000 || violated('more than 1,000 numbers to reach b, which takes none', held),
        );
        const held = await b.held();
        if (held > 16_384) violated('at most 16,384 numbers to be sent to b, which takes none', held);
        for (; await isUp(); from += 1000) await a.sendNumbers(from, from + 999);
        // In between, what b's end takes late may ease the backlog, and more fill it again.
        const told = await a.told();
        demand('what a was told next', told[1], { type: 'link.backlogged', code: undefined });
        const failure = told.find(({ type }) => type === 'link.failed');
        demand('what a was told at the limit', failure, { type: 'link.failed', code: 'link-failed' });
        demand('what b received', await b.got(), []);
      },

      async 'tells the other end when one stops, after all that was sent'(ends) {
        const a = await ends.start('a');
        const b = await ends.start('b');
        await eventually('what b was told of its link', () => typesAt(b), ['link.connected']);
        // Perhaps before a has had b's answer.
        await a.sendNumbers(1, 1000);
        await a.stop();
        await eventually('what b was told of its link', () => typesAt(b), ['link.connected', 'link.left']);
        await eventually('what b received', () => b.got(), numbers(1, 1000));
        demand('who is in b’s snapshot', Object.keys((await b.takeSnapshot()).processes), ['b']);
      },

      async 'refuses what is no frame: an error on the link, and nothing for the machine'(ends) {
        const a = await ends.start('a');
        const b = await ends.start('b');
        await eventually('what b was told of its link', () => typesAt(b), ['link.connected']);
        for (const value of HOSTILE) await ends.way.inject(value);
        const refused = async () => (await typesAt(b)).filter((type) => type === 'link.refused').length;
        await eventually('the count of what b refused', refused, HOSTILE.length);
        await a.sendNumbers(1, 10);
        await eventually('what b received', () => b.got(), numbers(1, 10));
        demand('what else reached b’s machine', await b.others(), []);
        demand('the snapshot’s verdict', verifySnapshot(await a.takeSnapshot()), { consistent: true });
      },
    },
  );
}

/**
 * The contract of transports that can lead to more than one program, such as a channel that many tabs hear or a server to
 * which whoever likes connects: the newest life of a process acts, the one before is told and takes nothing more.
 *
 * @param createTrio Makes three ends of a new way for each case.
 * @returns The cases, as of {@link transportContract}.
 */
export function transportLivesContract(
  createTrio: () => TransportTrio | Promise<TransportTrio>,
): readonly ContractCase[] {
  return createContract(
    async () => new Ends(await createTrio()),
    (ends) => ends.close(),
    {
      async 'leads to the second life of a process; the first is told, and takes nothing more'(ends) {
        const a = await ends.start('a');
        const first = await ends.start('b');
        await a.sendNumbers(1, 100);
        await eventually('what the first life received', () => first.got(), numbers(1, 100));
        const second = await ends.start('bAgain');
        await connected('the second life', second);
        await superseded('the first life', first);
        // Where each life has a connection of its own, that of the first is cut.
        const toldA = async () => (await typesAt(a)).filter((type) => type !== 'link.cut');
        await eventually('what a was told of its link', toldA, ['link.connected', 'link.replaced', 'link.connected']);
        await Promise.all([a.sendNumbers(101, 200), second.sendNumbers(1, 100)]);
        await eventually('the count of what the second life received', () => second.count(), 100);
        demand('what the second life received', await second.got(), numbers(101, 200));
        await eventually('what a received', () => a.got(), numbers(1, 100));
        demand('what the first life received', await first.got(), numbers(1, 100));
        const snapshot = await a.takeSnapshot();
        demand('the snapshot’s verdict', verifySnapshot(snapshot), { consistent: true });
        demand('what a has sent to this life', snapshot.processes.a!.sent, { 'a->b': { count: 100 } });
        demand('what a was told since', (await toldA()).slice(3), []);
      },

      async 'carries what is sent meanwhile to one of two lives, in order, and nothing twice'(ends) {
        const a = await ends.start('a');
        const first = await ends.start('b');
        await connected('the first life', first);
        let sent = 0;
        const send = () => a.sendNumbers(sent + 1, (sent += 10));
        await send();
        const starting = Promise.resolve(ends.start('bAgain'));
        let second: RemoteTransportEnd | undefined;
        void starting.then((end) => (second = end));
        for (let n = 0; n < 1000 && (second === undefined || (await second.count()) === 0); n++) {
          await send();
          await pause(1);
        }
        second = await starting;
        await send();
        const last = async () => (await second!.got()).at(-1);
        await eventually('the last number that the second life received', last, sent);
        await superseded('the first life', first);
        const [before, after] = [await first.got(), await second.got()];
        demand('what the first life received', before, numbers(1, before.length));
        demand('what the second life received', after, numbers(sent - after.length + 1, sent));
        if (before.length + after.length > sent) violated('nothing to reach both lives', [before.at(-1), after[0]]);
      },
    },
  );
}

const connected = (what: string, end: RemoteTransportEnd) =>
  eventually(`what ${what} was told of its link`, () => typesAt(end), ['link.connected']);

const superseded = (what: string, end: RemoteTransportEnd) =>
  eventually(`what ${what} was told last`, async () => (await end.told()).at(-1), {
    type: 'life.superseded',
    code: 'superseded',
  });

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

const typesAt = async (end: RemoteTransportEnd) => (await end.told()).map(({ type }) => type);

/** The processes at the ends of one way. */
class Ends<TEnds extends TransportEnds> {
  private readonly running: RemoteTransportEnd[] = [];

  constructor(readonly way: TEnds) {}

  async start(
    name: 'a' | 'b' | (keyof TEnds & 'bAgain'),
    options: Omit<TransportEndOptions, 'id' | 'peer'> = {},
  ): Promise<RemoteTransportEnd> {
    const place = this.way[name] as Transport | TransportPlace;
    const [id, peer] = name === 'a' ? ['a', 'b'] : ['b', 'a'];
    const all = { id: id!, peer: peer!, ...options };
    const end = 'open' in place ? startTransportEnd(place, all) : await place.start(all);
    this.running.push(end);
    return end;
  }

  async close(): Promise<void> {
    for (const end of this.running) await end.stop();
    await this.way.close?.();
  }
}

/** Many frames, where text is what goes over the way. */
const LARGE = 3_000_000;

/** Things that call themselves frames. */
const HOSTILE: readonly unknown[] = [
  { panorama: 99, type: 'hello', session: 'x' },
  { panorama: 1 },
  { panorama: 1, type: 'nonsense', session: 'x' },
  { panorama: 1, type: 'hello', session: 'x', from: 1, to: 'b' },
  {
    panorama: 1,
    type: 'hello',
    session: 'x',
    from: '__proto__',
    to: 'b',
    received: 0,
    next: 1,
    sends: true,
    receives: true,
  },
  { panorama: 1, type: 'data', session: 'x', first: -1, items: [], received: 0, taken: 0, again: false },
  { panorama: 1, type: 'data', session: 'x', first: 1, items: 'all', received: 0, taken: 0, again: false },
  {
    panorama: 1,
    type: 'data',
    session: 'x',
    first: 1,
    items: new Array(5000).fill(0),
    received: 0,
    taken: 0,
    again: false,
  },
  { panorama: 1, type: 'data', session: 'x', first: 1, items: [], received: 1e400, taken: 0, again: false },
  { panorama: 1, type: 'bye', session: { toString: 'no' } },
];
