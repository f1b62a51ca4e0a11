import { WebSocket } from 'ws';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createProcess,
  isPanoramaError,
  verifySnapshot,
  type GlobalSnapshot,
  type LinkEvent,
  type CreatedProcess,
} from '../../src/index.js';
import { createRandom } from '../../src/schedule/random.js';
import { transportContract, transportLivesContract } from '../../src/testing/contracts/index.js';
import { encodeFrame } from '../../src/transports/text-frame.js';
import { webSocketServer, type WebSocketPeers } from '../../src/transports/web-socket-server.js';
import { webSocket } from '../../src/transports/web-socket.js';
import { account, totalOf } from '../support/account.js';
import { createFaultProxy, type ConnectionFaults, type FaultProxy } from '../support/fault-proxy.js';
import { listen } from '../support/socket-server.js';

const clientOf = (port: number, heartbeatMs?: number) =>
  webSocket(`ws://127.0.0.1:${port}`, { WebSocket, heartbeatMs });

const contract = transportContract(async () => {
  const { server, port, close } = await listen();
  return {
    a: clientOf(port),
    b: webSocketServer(server).peer('a'),
    // What the server gets from the client's own socket.
    inject: (value) => {
      const text = encodeFrame(value as never);
      for (const socket of server.clients) socket.emit('message', Buffer.from(text), false);
    },
    close,
  };
});

const lives = transportLivesContract(async () => {
  const { server, port, close } = await listen();
  return { a: webSocketServer(server).peer('b'), b: clientOf(port), bAgain: clientOf(port), close };
});

type Account = CreatedProcess<typeof account>;

describe('webSocket, with ws as the server', () => {
  for (const { name, run } of [...contract, ...lives]) it(name, run);
});

describe('webSocket', () => {
  const stops: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  function startAccount(id: string, peers: Parameters<typeof createProcess<typeof account>>[1]['peers']): Account {
    const process = createProcess(account, { id, peers, input: { balance: 1000 } });
    process.links$.subscribe();
    stops.push(() => process.stop());
    return process.start();
  }

  it('tells who waits, why, for how long and until when, as long as nobody answers; the log of the first time', async () => {
    const { port, close } = await listen();
    await close();
    const told: LinkEvent[] = [];
    const logged: string[] = [];
    const logger = (...what: unknown[]) => void logged.push(what.join(' '));
    const x = createProcess(account, { id: 'x', peers: { bank: clientOf(port) }, input: { balance: 1 }, logger });
    stops.push(() => x.stop());
    x.start();
    await expect.poll(() => logged.length).toBe(1);
    expect(logged[0]).toMatch(/from process "x" to "bank", got none yet: .*ECONNREFUSED/);
    x.links$.subscribe((event) => told.push(event));
    await expect.poll(() => told.length).toBeGreaterThanOrEqual(2);
    expect(told[0]).toMatchObject({
      type: 'link.waiting',
      peer: 'bank',
      reason: { message: expect.stringMatching(/ECONNREFUSED/) },
      tries: 2,
      nextMs: 200,
    });
    expect(told[1]).toMatchObject({ tries: 3, nextMs: 400 });
    const [first, second] = told as (LinkEvent & { type: 'link.waiting' })[];
    expect(first!.waitedMs).toBeGreaterThan(0);
    expect(second!.waitedMs).toBeGreaterThan(first!.waitedMs);
    expect(logged).toHaveLength(1);
  });

  /** A server and two clients, whose connections go through a proxy. */
  async function start(seed: number) {
    const { server, port, close } = await listen();
    stops.push(close);
    const proxy = await createFaultProxy(port, createRandom(seed).next);
    stops.push(() => proxy.close());
    // What a proxy holds back comes with what is said next: nothing is sent again for its own sake.
    const peers: WebSocketPeers = webSocketServer(server, { heartbeatMs: 500 });
    const bank = startAccount('bank', { x: peers.peer('x'), y: peers.peer('y') });
    const clients = ['x', 'y'].map((id) => startAccount(id, { bank: clientOf(proxy.port, 500) }));
    return { proxy, all: [bank, ...clients] };
  }

  async function payAndSnapshot(all: readonly Account[], rounds: number) {
    const results: (GlobalSnapshot | Error)[] = [];
    for (let round = 0; round < rounds; round++) {
      for (const process of all) {
        const to = process.id === 'bank' ? (round % 2 === 0 ? 'x' : 'y') : 'bank';
        for (let n = 0; n < 5; n++) process.send({ type: 'PAY', to, amount: 1 });
      }
      const taking = all[round % all.length]!.takeSnapshot({ timeoutMs: 10_000 });
      results.push(await taking.catch((error: unknown) => error as Error));
    }
    return results;
  }

  /** What is damaged makes a connection anew, ever more slowly while that fails too: rounds may each take all their time. */
  const MOST_MS = 180_000;

  const faulty: Record<string, ConnectionFaults> = {
    'are cut': { cut: 0.05 },
    'are slow': { delayMs: 5 },
    'corrupt bytes': { corrupt: 0.1 },
    'repeat bytes': { repeat: 0.05 },
    'reorder bytes': { reorder: 0.05 },
    'do all of that': { cut: 0.02, delayMs: 3, corrupt: 0.05, repeat: 0.02, reorder: 0.02 },
  };

  it.each(Object.entries(faulty))(
    'over connections that %s, snapshots are consistent or say why not',
    async (_, faults) => {
      const { proxy, all } = await start(42);
      expect(verifySnapshot(await all[0]!.takeSnapshot())).toEqual({ consistent: true });
      proxy.faults = faults;
      const results = await payAndSnapshot(all, 12);
      proxy.faults = {};
      const taken = results.filter((result): result is GlobalSnapshot => !(result instanceof Error));
      for (const snapshot of taken) {
        expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
        expect(totalOf(snapshot)).toBe(3000);
      }
      for (const error of results.filter(isPanoramaError)) expect(error.channels).not.toEqual([]);
      expect(taken.length).toBeGreaterThan(0);
      // Nothing was lost or came twice on the way: the last word.
      const last = await all[0]!.takeSnapshot();
      expect(totalOf(last)).toBe(3000);
      expect(last.stats.markers).toBe(4);
      if (faults.delayMs === undefined) expect(happened(proxy)).toBeGreaterThan(0);
    },
    MOST_MS,
  );

  it('goes on after a long cut with what was sent meanwhile; a snapshot under way waits for it', async () => {
    const { proxy, all } = await start(1);
    await all[0]!.takeSnapshot();
    proxy.cut();
    const [bank, x] = all as [Account, Account];
    for (let n = 0; n < 50; n++) x.send({ type: 'PAY', to: 'bank', amount: 1 });
    const taking = bank.takeSnapshot();
    const late = await bank.takeSnapshot({ timeoutMs: 300 }).catch((error: unknown) => error);
    expect(late).toMatchObject({ code: 'snapshot-aborted' });
    expect([...(late as { channels: string[] }).channels].sort()).toEqual(['x->bank', 'y->bank']);
    proxy.restore();
    const snapshot = await taking;
    expect(totalOf(snapshot)).toBe(3000);
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
    await expect.poll(() => bank.actor.getSnapshot().context.balance).toBe(1050);
  });

  describe('over a connection that has died without a word', () => {
    /** A bank and a client; of both, what has been said of cuts. */
    async function startFrozen(heartbeatMs: { readonly client: number; readonly server: number }) {
      const { server, port, close } = await listen();
      stops.push(close);
      const proxy = await createFaultProxy(port, createRandom(1).next);
      stops.push(() => proxy.close());
      const { peer } = webSocketServer(server, { heartbeatMs: heartbeatMs.server });
      const bank = startAccount('bank', { x: peer('x') });
      const x = startAccount('x', { bank: clientOf(proxy.port, heartbeatMs.client) });
      const cuts: Record<string, string[]> = { bank: [], x: [] };
      for (const { id, links$ } of [bank, x]) {
        links$.subscribe((event) => {
          if (event.type === 'link.cut') cuts[id]!.push(String(event.reason));
        });
      }
      expect(totalOf(await bank.takeSnapshot())).toBe(2000);
      proxy.freeze();
      return { bank, x, cuts };
    }

    it('the client notices, connects anew, and nothing is lost', async () => {
      const { bank, x, cuts } = await startFrozen({ client: 100, server: Infinity });
      for (let n = 0; n < 20; n++) x.send({ type: 'PAY', to: 'bank', amount: 1 });
      const snapshot = await bank.takeSnapshot();
      expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
      expect(totalOf(snapshot)).toBe(2000);
      await expect.poll(() => bank.actor.getSnapshot().context.balance).toBe(1020);
      expect(cuts.x![0]).toMatch(/nothing has come from the other side/);
    });

    it('the server notices, and says so', async () => {
      const { cuts } = await startFrozen({ client: Infinity, server: 100 });
      await expect.poll(() => cuts.bank, { timeout: 10_000 }).toHaveLength(1);
      expect(cuts.bank![0]).toMatch(/nothing has come from the other side/);
    });

    it('and one on which nothing is said for long is left alone', async () => {
      const { server, port, close } = await listen();
      stops.push(close);
      const bank = startAccount('bank', { x: webSocketServer(server, { heartbeatMs: 300 }).peer('x') });
      const x = startAccount('x', { bank: clientOf(port, 300) });
      const told: string[] = [];
      for (const { links$ } of [bank, x]) links$.subscribe(({ type }) => told.push(type));
      const socket = await new Promise<WebSocket>((resolve) => server.once('connection', resolve));
      let pongs = 0;
      await new Promise<void>((resolve) => {
        socket.on('pong', () => {
          if (++pongs === 3) resolve();
        });
      });
      expect(told).toEqual(['link.connected', 'link.connected']);
    });

    it.each([0, -1, NaN, '10' as never])('refuses a heartbeat of %s', (heartbeatMs) => {
      expect(() => clientOf(1, heartbeatMs)).toThrow(/Expected `heartbeatMs` to be a number > 0 or Infinity/);
      expect(() => webSocketServer({ on: () => undefined }, { heartbeatMs })).toThrow(/heartbeatMs/);
    });
  });

  it('takes newcomers as peers while it runs, and turns away whom it does not accept', async () => {
    const { server, port, close } = await listen();
    stops.push(close);
    const { newcomers$ } = webSocketServer(server, { accept: (id) => id !== 'mallory' });
    const bank = startAccount('bank', {});
    newcomers$.subscribe(({ id, transport }) => bank.addPeer(id, transport));
    const turnedAway = new Promise((resolve) => server.once('connection', (socket) => socket.once('close', resolve)));
    startAccount('mallory', { bank: clientOf(port) });
    expect(await turnedAway).toBe(1008);
    const x = startAccount('x', { bank: clientOf(port) });
    x.send({ type: 'PAY', to: 'bank', amount: 7 });
    await expect.poll(() => bank.actor.getSnapshot().context.balance).toBe(1007);
    expect(Object.keys((await x.takeSnapshot()).processes).sort()).toEqual(['bank', 'x']);
  });

  it('turns away connections that do not speak its language', async () => {
    const { server, port, close } = await listen();
    stops.push(close);
    const bank = startAccount('bank', { x: webSocketServer(server).peer('x') });
    for (const data of ['', '{}', 'x'.repeat(100_000), '['.repeat(50_000), Buffer.from([0, 255, 254])]) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`);
      socket.on('open', () => socket.send(data));
      const code = await new Promise((resolve) => socket.on('close', resolve));
      expect(code).toBe(1008);
    }
    expect(bank.actor.getSnapshot().status).toBe('active');
  });
});

function happened({ done }: FaultProxy): number {
  return Object.values(done).reduce((sum, count) => sum + count, 0);
}
