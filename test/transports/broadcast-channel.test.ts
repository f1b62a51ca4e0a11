import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/checkpoint/index.js';
import { createProcess, verifySnapshot, type LinkEvent } from '../../src/index.js';
import { supervise, type RecoveryEvent } from '../../src/recovery/index.js';
import { transportContract, transportLivesContract } from '../../src/testing/contracts/index.js';
import { broadcastChannel, type LocksLike } from '../../src/transports/broadcast-channel.js';
import { account, totalOf } from '../support/account.js';
import { createLocks } from '../support/locks.js';

let count = 0;

const contract = transportContract(() => {
  const name = `contract ${count++}`;
  const [a, b] = [new BroadcastChannel(name), new BroadcastChannel(name)];
  return {
    a: broadcastChannel(a),
    b: broadcastChannel(b),
    inject: (frame) => a.postMessage({ panoramaFrom: 'a', panoramaTo: 'b', frame }),
    close: () => [a, b].forEach((channel) => channel.close()),
  };
});

const lives = transportLivesContract(() => {
  const name = `lives ${count++}`;
  return { a: broadcastChannel(name), b: broadcastChannel(name), bAgain: broadcastChannel(name) };
});

const byName = transportContract(() => {
  const name = `contract by name ${count++}`;
  const outside = new BroadcastChannel(name);
  return {
    a: broadcastChannel(name),
    b: broadcastChannel(name),
    inject: (frame) => outside.postMessage({ panoramaFrom: 'a', panoramaTo: 'b', frame }),
    close: () => outside.close(),
  };
});

describe('broadcastChannel, by name', () => {
  for (const { name, run } of byName) it(name, run);
});

describe('broadcastChannel', () => {
  for (const { name, run } of [...contract, ...lives]) it(name, run);

  const stops: (() => void)[] = [];
  afterEach(() => {
    for (const stop of stops.splice(0).reverse()) stop();
  });

  it('joins any number of tabs over one channel each, and leaves what is not theirs alone', async () => {
    const name = `tabs ${count++}`;
    const ids = ['a', 'b', 'c'];
    const tabs = ids.map((id) => {
      const channel = new BroadcastChannel(name);
      const others = ids.filter((other) => other !== id);
      const peers = Object.fromEntries(others.map((other) => [other, broadcastChannel(channel)]));
      const tab = createProcess(account, { id, peers, input: { balance: 100 } }).start();
      stops.push(() => channel.close());
      stops.push(() => tab.stop());
      channel.postMessage('something of the application’s own');
      return tab;
    });
    for (const tab of tabs) for (const to of ids) if (to !== tab.id) tab.send({ type: 'PAY', to, amount: 1 });
    const snapshot = await tabs[0]!.takeSnapshot();
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
    expect(snapshot.stats.markers).toBe(6);
    expect(totalOf(snapshot)).toBe(300);
  });

  describe('with a page in the back/forward cache', () => {
    /** Process a; and process b, on a page that hears nothing while it is in the cache. */
    async function start() {
      const name = `cache ${count++}`;
      const open = (id: string, peer: string, channel: Parameters<typeof broadcastChannel>[0]) => {
        const process = createProcess(account, {
          id,
          peers: { [peer]: broadcastChannel(channel) },
          input: { balance: 100 },
        });
        const told: LinkEvent['type'][] = [];
        process.links$.subscribe(({ type }) => told.push(type));
        process.start();
        stops.push(() => process.stop());
        return { process, told, balance: () => process.actor.getSnapshot().context.balance };
      };
      const channel = new BroadcastChannel(name);
      stops.push(() => channel.close());
      let isCached = false;
      const cacheable = {
        postMessage: (message: unknown) => channel.postMessage(message),
        addEventListener: (type: string, listener: (event: { data?: unknown }) => void) =>
          channel.addEventListener(type, (event) => isCached || listener(event as MessageEvent)),
        removeEventListener: () => undefined,
      };
      const a = open('a', 'b', name);
      // Of the two, b alone is on this page.
      const page = new EventTarget();
      const { addEventListener, removeEventListener } = globalThis;
      Object.assign(globalThis, {
        addEventListener: page.addEventListener.bind(page),
        removeEventListener: page.removeEventListener.bind(page),
      });
      const b = open('b', 'a', cacheable);
      Object.assign(globalThis, { addEventListener, removeEventListener });
      await a.process.takeSnapshot();
      isCached = true;
      const comeBack = () => {
        isCached = false;
        page.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
      };
      return { a, b, comeBack, openAgain: () => open('b', 'a', name) };
    }

    it('says hello again when it comes back, and gets what it missed', async () => {
      const { a, b, comeBack } = await start();
      for (let n = 0; n < 3; n++) a.process.send({ type: 'PAY', to: 'b', amount: 1 });
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(b.balance()).toBe(100);
      comeBack();
      await expect.poll(b.balance).toBe(103);
      expect(totalOf(await b.process.takeSnapshot())).toBe(200);
    });

    it('is told at once that another life has taken over meanwhile, and takes nothing', async () => {
      const { a, b, comeBack, openAgain } = await start();
      const second = openAgain();
      await expect.poll(() => second.told).toContain('link.connected');
      a.process.send({ type: 'PAY', to: 'b', amount: 1 });
      await expect.poll(second.balance).toBe(101);
      comeBack();
      await expect.poll(() => b.told.at(-1)).toBe('life.superseded');
      expect(b.process.actor.getSnapshot().status).toBe('stopped');
      expect(b.balance()).toBe(100);
      a.process.send({ type: 'PAY', to: 'b', amount: 1 });
      await expect.poll(second.balance).toBe(102);
      expect(a.told).toEqual(['link.connected', 'link.replaced', 'link.connected']);
    });
  });
});

describe('broadcastChannel with locks', () => {
  const stops: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  /** Tabs that each hold locks, and can be killed: nothing comes from one that was. */
  function browser() {
    const locks = createLocks();
    const name = `locks ${count++}`;
    function open(id: string, others: readonly string[], options: object = {}) {
      const channel = new BroadcastChannel(name);
      const { locks: own, die } = locks.openPage();
      let isDead = false;
      const hearing = { isDeaf: false };
      const page = {
        name,
        postMessage: (message: unknown) => isDead || channel.postMessage(message),
        addEventListener: (type: string, listener: (event: { data?: unknown }) => void) =>
          channel.addEventListener(type, (event) => isDead || hearing.isDeaf || listener(event as MessageEvent)),
        removeEventListener: () => undefined,
      };
      const transport = () => broadcastChannel(page, { locks: own });
      const peers = Object.fromEntries(others.map((other) => [other, transport()]));
      const told: LinkEvent[] = [];
      const tab = createProcess(account, { id, peers, input: { balance: 100 }, ...options });
      tab.links$.subscribe((event) => told.push(event));
      tab.start();
      stops.push(() => channel.close());
      stops.push(() => tab.stop());
      return Object.assign(hearing, {
        tab,
        types: () => told.map(({ type }) => type),
        told,
        kill() {
          isDead = true;
          die();
        },
      });
    }
    return { locks, open };
  }

  it('tells of a tab that was killed, and ends the snapshot under way; another life of it is welcome', async () => {
    const { open } = browser();
    const a = open('a', ['b']);
    const b = open('b', ['a']);
    await a.tab.takeSnapshot();
    b.kill();
    await expect(a.tab.takeSnapshot()).rejects.toMatchObject({
      code: 'snapshot-aborted',
      message: expect.stringMatching(/process "b" is gone/),
    });
    expect(a.types()).toEqual(['link.connected', 'link.gone']);
    expect(a.told[1]).toMatchObject({ peer: 'b', reason: { message: expect.stringMatching(/its lock/) } });
    expect(Object.keys((await a.tab.takeSnapshot()).processes)).toEqual(['a']);
    open('b', ['a']);
    await expect.poll(a.types).toEqual(['link.connected', 'link.gone', 'link.connected']);
    a.tab.send({ type: 'PAY', to: 'b', amount: 1 });
    expect(totalOf(await a.tab.takeSnapshot())).toBe(200);
  });

  it('takes an orderly stop for no death, and lets go of its locks', async () => {
    const { open, locks } = browser();
    const a = open('a', ['b', 'c']);
    const b = open('b', ['a']);
    const c = open('c', ['a']);
    await a.tab.takeSnapshot();
    expect(locks.held()).toHaveLength(4);
    b.tab.stop();
    await expect.poll(locks.held).toHaveLength(3);
    // As a page that is closed: it stops, and dies at once.
    c.tab.stop();
    c.kill();
    await expect.poll(a.types).toContain('link.left');
    await expect.poll(() => a.types().filter((type) => type === 'link.left')).toHaveLength(2);
    await expect.poll(locks.held).toHaveLength(2);
    expect(a.types()).not.toContain('link.gone');
    a.tab.stop();
    await expect.poll(locks.held).toEqual([]);
  });

  it('watches the newest life alone: one before it may still say something, and goes', async () => {
    const { open } = browser();
    const a = open('a', ['b']);
    const first = open('b', ['a']);
    await a.tab.takeSnapshot();
    first.isDeaf = true;
    const second = open('b', ['a']);
    await expect.poll(second.types).toEqual(['link.connected']);
    first.tab.send({ type: 'PAY', to: 'a', amount: 1 });
    await new Promise(setImmediate);
    first.isDeaf = false;
    first.tab.send({ type: 'PAY', to: 'a', amount: 1 });
    await expect.poll(first.types).toContain('life.superseded');
    first.kill();
    second.tab.send({ type: 'PAY', to: 'a', amount: 1 });
    expect(totalOf(await a.tab.takeSnapshot())).toBe(200);
    second.kill();
    await expect.poll(a.types).toEqual(['link.connected', 'link.replaced', 'link.connected', 'link.gone']);
  });

  it('lets a supervisor know at once, and the network goes on when the tab is back', async () => {
    const { open } = browser();
    const store = createMemoryStore();
    const a = open('a', ['b', 'c']);
    const b = open('b', ['a', 'c']);
    const c = open('c', ['a', 'b']);
    const recovery = supervise(a.tab, { store, everyMs: 1_000_000 });
    stops.push(() => recovery.stop());
    const events: RecoveryEvent[] = [];
    recovery.events$.subscribe((event) => events.push(event));
    const happened = (type: RecoveryEvent['type']) =>
      expect.poll(() => events.map((event) => event.type)).toContain(type);
    await happened('checkpoint.saved');
    b.tab.send({ type: 'PAY', to: 'c', amount: 5 });
    await expect.poll(() => c.tab.actor.getSnapshot().context.balance).toBe(105);
    b.kill();
    await happened('recovery.begun');
    expect(events.find(({ type }) => type === 'crash.detected')).toMatchObject({ process: 'b', isGone: true });
    const again = open('b', ['a', 'c'], { loadCheckpoint: (id: string) => store.load(id) });
    await happened('recovery.completed');
    expect(again.tab.actor.getSnapshot().context.balance).toBe(100);
    expect(c.tab.actor.getSnapshot().context.balance).toBe(100);
    expect(totalOf(await again.tab.takeSnapshot())).toBe(300);
  });

  it('goes on without them where there are none, and asks for no lock that is not one of these', async () => {
    const { open, locks } = browser();
    const asked: string[] = [];
    const refusing: LocksLike = {
      request(name) {
        asked.push(name);
        throw new Error('SecurityError');
      },
    };
    const channel = new BroadcastChannel(`none ${count++}`);
    const other = new BroadcastChannel(channel.name);
    stops.push(
      () => channel.close(),
      () => other.close(),
    );
    const a = createProcess(account, {
      id: 'a',
      peers: { b: broadcastChannel(channel, { locks: refusing }) },
      input: { balance: 100 },
      logger: () => undefined,
    });
    const b = createProcess(account, { id: 'b', peers: { a: broadcastChannel(other) }, input: { balance: 100 } });
    stops.push(
      () => a.stop(),
      () => b.stop(),
    );
    a.start();
    b.start();
    for (const lock of ['the application’s own', 7, `xstate-panorama ${'x'.repeat(2000)}`]) {
      other.postMessage({ panoramaFrom: 'b', panoramaTo: 'a', lock, frame: {} });
    }
    expect(totalOf(await a.takeSnapshot())).toBe(200);
    expect(asked).toHaveLength(1);
    open('c', []);
    expect(locks.held()).toEqual([]);
  });
});
