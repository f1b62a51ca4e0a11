/** Lives of one process: the newest acts, one that is superseded is told and does nothing more, and nobody else's link suffers. */
import { WebSocket } from 'ws';
import { afterEach, describe, expect, it } from 'vitest';
import { REAL_HOST, type Host } from '../../src/host.js';
import { createProcess, unique, verifySnapshot, type LinkEvent, type Peers, type Transport } from '../../src/index.js';
import { createProcessOf } from '../../src/links/create-process.js';
import { broadcastChannel, type BroadcastChannelLike } from '../../src/transports/broadcast-channel.js';
import { webSocketServer } from '../../src/transports/web-socket-server.js';
import { webSocket } from '../../src/transports/web-socket.js';
import { account, totalOf } from '../support/account.js';
import { createPipe } from '../support/pipe.js';
import { listen } from '../support/socket-server.js';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface StartOptions {
  readonly balance?: number;
  readonly onSuperseded?: 'stop' | 'detach';
  /** How far its clock is from the others', in milliseconds. */
  readonly clockIsOffMs?: number;
  /** How long ago it began when it first speaks, in milliseconds. */
  readonly ageMs?: number;
}

/** A machine whose clock is off, and on which so much time passes as the process begins. */
function hostOf({ clockIsOffMs = 0, ageMs = 0 }: StartOptions): Host {
  let asked = 0;
  const now = () => REAL_HOST.clock.now() + (asked++ === 0 ? 0 : ageMs);
  return { ...REAL_HOST, clock: { ...REAL_HOST.clock, now }, timeOfDay: () => Date.now() + clockIsOffMs };
}

function start(id: string, peers: Peers, given: StartOptions = {}) {
  const { balance = 100, clockIsOffMs: _, ageMs: _ageMs, ...options } = given;
  const logged: string[] = [];
  const told: LinkEvent[] = [];
  const process = createProcessOf({ host: hostOf(given) }, account, {
    id,
    peers,
    input: { balance },
    logger: (line: unknown) => void logged.push(String(line)),
    ...options,
  });
  process.links$.subscribe((event) => told.push(event));
  stops.push(() => process.stop());
  process.start();
  const pay = (to: string, amount: number) => process.send({ type: 'PAY', to, amount });
  const types = () => told.map(({ type }) => type);
  const isConnected = () => expect.poll(types).toContain('link.connected');
  const isSuperseded = () => expect.poll(types).toContain('life.superseded');
  const isSupersededForGood = async (peer: string) => {
    await isSuperseded();
    expect(told.at(-1)).toMatchObject({
      peer,
      error: { code: 'superseded', message: expect.stringMatching(/Create it anew .*`unique`/) },
    });
    expect(process.standpoint).toBe('superseded');
  };
  const balanceOf = () => process.actor.getSnapshot().context.balance;
  return { process, told, types, logged, pay, isConnected, isSuperseded, isSupersededForGood, balance: balanceOf };
}

let count = 0;
const street = () => `lives ${count++}`;

/** A page: it neither hears nor says anything while it is deaf. */
function openPage(name: string) {
  const channel = new BroadcastChannel(name);
  stops.push(() => channel.close());
  const listeners = new Map<unknown, (event: Event) => void>();
  const page = {
    isDeaf: false,
    heard: 0,
    transport: undefined as unknown as Transport,
  };
  const like: BroadcastChannelLike = {
    postMessage: (message) => page.isDeaf || channel.postMessage(message),
    addEventListener(type, listener) {
      const hear = (event: Event) => {
        if (page.isDeaf) return;
        page.heard++;
        listener(event as MessageEvent);
      };
      listeners.set(listener, hear);
      channel.addEventListener(type, hear);
    },
    removeEventListener: (type, listener) => channel.removeEventListener(type, listeners.get(listener)!),
  };
  page.transport = broadcastChannel(like);
  return page;
}

describe('a page that was deaf while a second life took over', () => {
  it('gets nothing of its successor’s, is told when it says something, and stops', async () => {
    const name = street();
    const office = start('office', { tab: openPage(name).transport }, { balance: 5000 });
    const page = openPage(name);
    const first = start('tab', { office: page.transport });
    await first.isConnected();
    office.pay('tab', 1);
    await expect.poll(first.balance).toBe(101);
    page.isDeaf = true;
    const second = start('tab', { office: openPage(name).transport });
    await second.isConnected();
    office.pay('tab', 10);
    await expect.poll(second.balance).toBe(110);
    page.isDeaf = false;
    const heard = page.heard;
    office.pay('tab', 100);
    office.pay('tab', 1000);
    await expect.poll(second.balance).toBe(1210);
    // Not because it heard nothing.
    await expect.poll(() => page.heard).toBeGreaterThan(heard);
    first.pay('office', 50);
    await first.isSupersededForGood('office');
    expect(first.process.actor.getSnapshot().status).toBe('stopped');
    expect(first.balance()).toBe(51);
    second.pay('office', 7);
    await expect.poll(office.balance).toBe(5000 - 1111 + 7);
    const snapshot = await office.process.takeSnapshot();
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
    expect(totalOf(snapshot)).toBe(5000 + 100 - 1);
    expect(office.types()).toEqual(['link.connected', 'link.replaced', 'link.connected']);
  });
});

describe('a duplicated tab, over sockets', () => {
  async function town() {
    const { server, port, close } = await listen();
    stops.push(close);
    let connections = 0;
    server.on('connection', () => connections++);
    const peers = webSocketServer(server);
    const office = start('office', { tab: peers.peer('tab'), other: peers.peer('other') });
    const open = (id: string, options?: StartOptions) =>
      start(id, { office: webSocket(`ws://127.0.0.1:${port}`, { WebSocket }) }, options);
    const other = open('other');
    await other.isConnected();
    return { office, other, open, connections: () => connections - 1, clients: server.clients, peers };
  }

  it('acts in place of the first, which is told and does not connect anew; so does a third', async () => {
    const { office, other, open, connections, clients } = await town();
    const first = open('tab');
    await first.isConnected();
    first.pay('office', 1);
    await expect.poll(office.balance).toBe(101);
    const second = open('tab');
    await second.isConnected();
    await first.isSupersededForGood('office');
    second.pay('office', 2);
    await expect.poll(office.balance).toBe(103);
    const third = open('tab');
    await third.isConnected();
    await second.isSupersededForGood('office');
    third.pay('office', 4);
    await expect.poll(office.balance).toBe(107);
    office.pay('tab', 3);
    await expect.poll(third.balance).toBe(99);
    expect([first.balance(), second.balance()]).toEqual([99, 98]);
    other.pay('office', 8);
    await expect.poll(office.balance).toBe(112);
    expect(totalOf(await office.process.takeSnapshot())).toBe(112 + 92 + 99);
    // Each came once, and none whose place was taken has come again.
    await expect.poll(() => clients.size).toBe(2);
    expect(connections()).toBe(3);
    expect(office.types()).not.toContain('link.failed');
    expect(other.types()).toEqual(['link.connected']);
  });

  it('may let the first go on alone; what that says reaches nobody, and takes over when it is created anew', async () => {
    const { office, open } = await town();
    const first = open('tab', { onSuperseded: 'detach' });
    await first.isConnected();
    const second = open('tab');
    await second.isConnected();
    await first.isSupersededForGood('office');
    expect(first.process.actor.getSnapshot().status).toBe('active');
    first.pay('office', 50);
    expect(first.balance()).toBe(50);
    await expect
      .poll(() => first.logged)
      .toEqual([expect.stringMatching(/got event "MONEY" for "office", which has left/)]);
    first.process.stop();
    const again = open('tab');
    await again.isConnected();
    await second.isSupersededForGood('office');
    again.pay('office', 3);
    await expect.poll(office.balance).toBe(103);
  });

  it('is another process, with an id of its own', async () => {
    const { office, open, peers } = await town();
    office.process.removePeer('tab'); // which nobody is
    peers.newcomers$.subscribe(({ id, transport }) => office.process.addPeer(id, transport));
    const [one, two] = [unique('tab'), unique('tab')];
    expect(one).toMatch(/^tab-\w+$/);
    const tabs = [open(one), open(two)];
    for (const tab of tabs) await tab.isConnected();
    tabs[0]!.pay('office', 1);
    tabs[1]!.pay('office', 2);
    await expect.poll(office.balance).toBe(103);
    expect(Object.keys((await office.process.takeSnapshot()).processes).sort()).toEqual(
      ['office', 'other', one, two].sort(),
    );
    for (const tab of tabs) expect(tab.types()).toEqual(['link.connected']);
  });
});

describe('lives whose clocks differ', () => {
  const HOUR_MS = 3_600_000;

  it('are in the order in which they began, as far as one that begins hears of those before', async () => {
    const name = street();
    const office = start('office', { tab: openPage(name).transport });
    const first = start('tab', { office: openPage(name).transport });
    await first.isConnected();
    const second = start('tab', { office: openPage(name).transport }, { clockIsOffMs: -HOUR_MS });
    await second.isConnected();
    await first.isSupersededForGood('office');
    second.pay('office', 2);
    await expect.poll(office.balance).toBe(102);
    expect(second.types()).toEqual(['link.connected']);
  });

  it('and else by their clocks: one that began long ago, and was met, keeps its number', async () => {
    const name = street();
    const office = start('office', { tab: openPage(name).transport });
    const first = start('tab', { office: openPage(name).transport });
    await first.isConnected();
    const { ends } = createPipe();
    const bank = start('bank', { tab: ends[0] });
    const behind = start('tab', { bank: ends[1] }, { clockIsOffMs: -HOUR_MS, ageMs: 31_000 });
    await bank.isConnected();
    await behind.isConnected();
    behind.process.addPeer('office', openPage(name).transport);
    await behind.isSupersededForGood('office');
    expect(behind.process.actor.getSnapshot().status).toBe('stopped');
    // Its process has not left.
    expect(bank.types()).toEqual(['link.connected']);
    first.pay('office', 5);
    await expect.poll(office.balance).toBe(105);
    expect(first.types()).toEqual(['link.connected']);
  });
});

describe('what a superseded life says', () => {
  it('is in the log when nobody subscribes: what has happened, and what to do', async () => {
    const name = street();
    start('office', { tab: openPage(name).transport });
    const logged: string[] = [];
    const first = createProcess(account, {
      id: 'tab',
      peers: { office: openPage(name).transport },
      input: { balance: 100 },
      logger: (line: unknown) => void logged.push(String(line)),
    });
    first.start();
    stops.push(() => first.stop());
    expect(Object.keys((await first.takeSnapshot()).processes)).toEqual(['tab', 'office']);
    await start('tab', { office: openPage(name).transport }).isConnected();
    await expect
      .poll(() => logged)
      .toEqual([
        expect.stringMatching(
          /^Expected this to be the only life of process "tab", got word from "office" of a later one: .*Create it anew/,
        ),
      ]);
    await expect(first.takeSnapshot()).rejects.toMatchObject({ code: 'not-running' });
  });
});
