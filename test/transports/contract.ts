/** What every transport must do, shown through the processes at its ends. */
import { setup, assign, type AnyEventObject, type EventObject } from 'xstate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createManualSchedule,
  createProcess,
  verifySnapshot,
  type LinkEvent,
  type PeerOptions,
  type ProcessOptions,
  type Transport,
} from '../../src/index.js';

/** A way between two processes, as a suite provides it. */
export interface Way {
  readonly a: Transport;
  readonly b: Transport;
  /** Sends anything to b's end, past a's link. */
  inject(value: unknown): void;
  close(): unknown;
}

/** Counts what comes, and sends as many numbers as it is told. */
const counter = setup({
  types: {
    context: {} as { readonly got: readonly number[]; readonly others: readonly EventObject[] },
    events: {} as { type: 'NUMBER'; n: number } | { type: 'SEND'; from: number; to: number; peer: string },
  },
}).createMachine({
  context: { got: [], others: [] },
  on: {
    NUMBER: { actions: assign({ got: ({ context, event }) => [...context.got, event.n] }) },
    SEND: {
      actions: ({ event, system }) => {
        for (let n = event.from; n <= event.to; n++) (system.get(event.peer) as Peer).send({ type: 'NUMBER', n });
      },
    },
    '*': { actions: assign({ others: ({ context, event }) => [...context.others, event as EventObject] }) },
  },
});

type Peer = { send(event: AnyEventObject): void };
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const PATIENT = { timeout: 15_000, interval: 20 };

/** Runs the contract on a transport. */
export function describeTransport(name: string, createWay: () => Way | Promise<Way>): void {
  describe(name, () => {
    let way: Way;
    const running: { stop(): void }[] = [];

    beforeEach(async () => {
      way = await createWay();
    });
    afterEach(async () => {
      for (const process of running.splice(0)) process.stop();
      await way.close();
    });

    function start(
      id: string,
      peer: string,
      transport: Transport | PeerOptions,
      options: Partial<ProcessOptions<typeof counter>> = {},
    ) {
      const process = createProcess(counter, { id, peers: { [peer]: transport }, ...options });
      const told: LinkEvent[] = [];
      process.links$.subscribe((event) => told.push(event));
      running.push(process.start());
      return Object.assign(process, {
        told,
        sendNumbers: (from: number, to: number) => process.send({ type: 'SEND', from, to, peer }),
        context: () => process.actor.getSnapshot().context,
      });
    }

    it('keeps order, loses nothing, repeats nothing, both ways at once', async () => {
      const a = start('a', 'b', way.a);
      const b = start('b', 'a', way.b);
      for (let from = 1; from <= 5000; from += 500) {
        a.sendNumbers(from, from + 499);
        b.sendNumbers(from, from + 499);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await expect.poll(() => a.context().got.length + b.context().got.length, PATIENT).toBe(10_000);
      expect(a.context().got).toEqual(numbers(1, 5000));
      expect(b.context().got).toEqual(numbers(1, 5000));
    });

    it('carries what is sent before the other end is there, in consistent snapshots', async () => {
      const a = start('a', 'b', way.a);
      a.sendNumbers(1, 100);
      const taking = a.takeSnapshot({ timeoutMs: 15_000 });
      a.sendNumbers(101, 200);
      await new Promise((resolve) => setTimeout(resolve, 50));
      const b = start('b', 'a', way.b);
      const snapshot = await taking;
      expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
      expect(snapshot.processes.a!.sent).toEqual({ 'a->b': { count: 100 } });
      await expect.poll(() => b.context().got, PATIENT).toEqual(numbers(1, 200));
    });

    it('holds back what the other end does not take, and gives up at the limit', async () => {
      const schedule = createManualSchedule();
      const a = start('a', 'b', { transport: way.a, maxBuffered: 20_000 });
      const b = start('b', 'a', way.b, { schedule });
      await expect.poll(() => a.told.map(({ type }) => type), PATIENT).toEqual(['link.connected']);
      for (let from = 1; from <= 30_000 && a.told.length === 1; from += 1000) {
        a.sendNumbers(from, from + 999);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      // No more than the window is under way, the rest waits at the sender.
      await expect.poll(() => schedule.pending().get('a->b') ?? 0, PATIENT).toBeGreaterThan(1000);
      expect(schedule.pending().get('a->b')).toBeLessThanOrEqual(16_384);
      if (a.told.length === 1) {
        for (let from = 30_001; a.told.length === 1; from += 1000) a.sendNumbers(from, from + 999);
      }
      expect(a.told[1]).toMatchObject({ type: 'link.failed', error: { code: 'link-failed' } });
      expect(b.context().got).toEqual([]);
    });

    it('tells the other end when one stops, after all that was sent', async () => {
      const a = start('a', 'b', way.a);
      const b = start('b', 'a', way.b);
      await expect.poll(() => b.told.map(({ type }) => type), PATIENT).toEqual(['link.connected']);
      // Perhaps before a has had b's answer.
      a.sendNumbers(1, 1000);
      a.stop();
      await expect.poll(() => b.told.map(({ type }) => type), PATIENT).toEqual(['link.connected', 'link.left']);
      await expect.poll(() => b.context().got, PATIENT).toEqual(numbers(1, 1000));
      expect(Object.keys((await b.takeSnapshot()).processes)).toEqual(['b']);
    });

    it('refuses what is no frame: an error on the link, and nothing for the machine', async () => {
      const a = start('a', 'b', way.a);
      const b = start('b', 'a', way.b);
      await expect.poll(() => b.told.map(({ type }) => type), PATIENT).toEqual(['link.connected']);
      for (const value of HOSTILE) way.inject(value);
      const refused = () => b.told.filter(({ type }) => type === 'link.refused').length;
      await expect.poll(refused, PATIENT).toBe(HOSTILE.length);
      a.sendNumbers(1, 10);
      await expect.poll(() => b.context().got, PATIENT).toEqual(numbers(1, 10));
      expect(b.context().others).toEqual([]);
      expect(verifySnapshot(await a.takeSnapshot())).toEqual({ consistent: true });
    });
  });
}

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
