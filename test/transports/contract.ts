/** What every transport must do, shown through the processes at its ends. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifySnapshot, type Transport } from '../../src/index.js';
import { startEnd, type End, type EndOptions } from './end.js';

/** An end that may run in another program. */
export type RemoteEnd = {
  readonly [TMethod in keyof End]: (
    ...args: Parameters<End[TMethod]>
  ) => Awaited<ReturnType<End[TMethod]>> | Promise<Awaited<ReturnType<End[TMethod]>>>;
};

/** Where an end runs, and over what. */
export interface Place {
  start(options: EndOptions): RemoteEnd | Promise<RemoteEnd>;
}

/** A way between two processes, as a suite provides it. */
export interface Way {
  readonly a: Place;
  readonly b: Place;
  /** Sends anything to b's end, past a's link. */
  inject(value: unknown): unknown;
  close(): unknown;
}

/** An end in this program. */
export const here = (transport: Transport): Place => ({ start: (options) => startEnd(transport, options) });

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const PATIENT = { timeout: 15_000, interval: 20 };

/** Runs the contract on a transport. */
export function describeTransport(name: string, createWay: () => Way | Promise<Way>): void {
  describe(name, () => {
    let way: Way;
    const running: RemoteEnd[] = [];

    beforeEach(async () => {
      way = await createWay();
    });
    afterEach(async () => {
      for (const end of running.splice(0)) await end.stop();
      await way.close();
    });

    async function start(id: 'a' | 'b', options: Omit<EndOptions, 'id' | 'peer'> = {}) {
      const end = await way[id].start({ id, peer: id === 'a' ? 'b' : 'a', ...options });
      running.push(end);
      return end;
    }

    const typesAt = async (end: RemoteEnd) => (await end.told()).map(({ type }) => type);

    it('keeps order, loses nothing, repeats nothing, both ways at once', async () => {
      const a = await start('a');
      const b = await start('b');
      for (let from = 1; from <= 5000; from += 500) {
        await Promise.all([a.sendNumbers(from, from + 499), b.sendNumbers(from, from + 499)]);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await expect.poll(async () => (await a.count()) + (await b.count()), PATIENT).toBe(10_000);
      expect(await a.got()).toEqual(numbers(1, 5000));
      expect(await b.got()).toEqual(numbers(1, 5000));
    });

    it('carries what is sent before the other end is there, in consistent snapshots', async () => {
      const a = await start('a');
      await a.sendNumbers(1, 100);
      const taking = a.takeSnapshot({ timeoutMs: 15_000 });
      await a.sendNumbers(101, 200);
      await new Promise((resolve) => setTimeout(resolve, 50));
      const b = await start('b');
      const snapshot = await taking;
      expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
      expect(snapshot.processes.a!.sent).toEqual({ 'a->b': { count: 100 } });
      await expect.poll(() => b.got(), PATIENT).toEqual(numbers(1, 200));
    });

    it('holds back what the other end does not take, and gives up at the limit', async () => {
      const a = await start('a', { maxBuffered: 20_000 });
      const b = await start('b', { holds: true });
      await expect.poll(() => typesAt(a), PATIENT).toEqual(['link.connected']);
      let from = 1;
      const isUp = async () => (await a.told()).length === 1;
      for (; from <= 30_000 && (await isUp()); from += 1000) {
        await a.sendNumbers(from, from + 999);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      // No more than the window is under way, the rest waits at the sender.
      await expect.poll(() => b.held(), PATIENT).toBeGreaterThan(1000);
      expect(await b.held()).toBeLessThanOrEqual(16_384);
      for (; await isUp(); from += 1000) await a.sendNumbers(from, from + 999);
      expect((await a.told())[1]).toEqual({ type: 'link.failed', code: 'link-failed' });
      expect(await b.got()).toEqual([]);
    });

    it('tells the other end when one stops, after all that was sent', async () => {
      const a = await start('a');
      const b = await start('b');
      await expect.poll(() => typesAt(b), PATIENT).toEqual(['link.connected']);
      // Perhaps before a has had b's answer.
      await a.sendNumbers(1, 1000);
      await a.stop();
      await expect.poll(() => typesAt(b), PATIENT).toEqual(['link.connected', 'link.left']);
      await expect.poll(() => b.got(), PATIENT).toEqual(numbers(1, 1000));
      expect(Object.keys((await b.takeSnapshot()).processes)).toEqual(['b']);
    });

    it('refuses what is no frame: an error on the link, and nothing for the machine', async () => {
      const a = await start('a');
      const b = await start('b');
      await expect.poll(() => typesAt(b), PATIENT).toEqual(['link.connected']);
      for (const value of HOSTILE) await way.inject(value);
      const refused = async () => (await typesAt(b)).filter((type) => type === 'link.refused').length;
      await expect.poll(refused, PATIENT).toBe(HOSTILE.length);
      await a.sendNumbers(1, 10);
      await expect.poll(() => b.got(), PATIENT).toEqual(numbers(1, 10));
      expect(await b.others()).toEqual([]);
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
