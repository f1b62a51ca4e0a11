/** Slow is not dead, and full is said: links by the bytes that go over them. */
import { MessageChannel } from 'node:worker_threads';
import { WebSocket } from 'ws';
import { fromTransition, type AnyEventObject } from 'xstate';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createManualSchedule,
  createProcess,
  verifySnapshot,
  type LinkEvent,
  type PeerOptions,
  type Transport,
} from '../../src/index.js';
import { createRandom } from '../../src/schedule/random.js';
import { messagePort } from '../../src/transports/message-port.js';
import { textCodec } from '../../src/transports/text-frame.js';
import { webSocketServer } from '../../src/transports/web-socket-server.js';
import { webSocket } from '../../src/transports/web-socket.js';
import { createFaultProxy, type ConnectionFaults } from '../support/fault-proxy.js';
import { createPipe } from '../support/pipe.js';
import { listen } from '../support/socket-server.js';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface Taken {
  readonly count: number;
  readonly length: number;
  /** Whether the numbers have come in order. */
  readonly isInOrder: boolean;
}

/** Sends on what it is told to, and counts what comes. */
const counter = fromTransition(
  (taken: Taken, event: AnyEventObject, { system }) => {
    if (event.type === 'SEND') {
      const peer = system.get(event.peer as string) as { send(event: AnyEventObject): void };
      for (let n = 1; n <= event.count; n++) peer.send({ type: 'NUMBER', n, text: event.text as string });
      return taken;
    }
    if (event.type !== 'NUMBER') return taken;
    const { n, text } = event as unknown as { n: number; text: string };
    const { count, length, isInOrder } = taken;
    return { count: count + 1, length: length + text.length, isInOrder: isInOrder && n === count + 1 };
  },
  { count: 0, length: 0, isInOrder: true },
);

function start(id: string, peer: string, options: PeerOptions, holds = false) {
  const schedule = holds ? createManualSchedule() : undefined;
  const process = createProcess(counter, { id, peers: { [peer]: options }, schedule });
  const told: LinkEvent[] = [];
  process.links$.subscribe((event) => told.push(event));
  stops.push(() => process.stop());
  process.start();
  return {
    process,
    told,
    types: () => told.map(({ type }) => type),
    send: (count: number, text: string) => process.send({ type: 'SEND', peer, count, text }),
    got: () => process.actor.getSnapshot().context,
    takeAll: () => {
      for (let n = schedule!.pending().get(`${peer}->${id}`) ?? 0; n > 0; n--) schedule!.deliver(`${peer}->${id}`);
    },
  };
}

describe('over a WebSocket', () => {
  const HEARTBEAT_MS = 500;

  async function connect(faults: ConnectionFaults, options: Partial<PeerOptions> = {}) {
    const { server, port, close } = await listen();
    stops.push(close);
    const proxy = await createFaultProxy(port, createRandom(1).next);
    stops.push(() => proxy.close());
    proxy.faults = faults;
    let connections = 0;
    server.on('connection', () => connections++);
    const sizes: number[] = [];
    server.on('connection', (socket) => socket.on('message', (data: Buffer) => sizes.push(data.length)));
    const { peer } = webSocketServer(server, { heartbeatMs: HEARTBEAT_MS });
    const url = `ws://127.0.0.1:${proxy.port}`;
    const down = start('server', 'client', { transport: peer('client'), ...options });
    const transport = webSocket(url, { WebSocket, heartbeatMs: HEARTBEAT_MS });
    const up = start('client', 'server', { transport, ...options });
    await expect.poll(up.types).toEqual(['link.connected']);
    await expect.poll(down.types).toEqual(['link.connected']);
    return { proxy, up, down, sizes, connections: () => connections };
  }

  it.each(['up', 'down'] as const)(
    'that is slow, a large message arrives, at one time: it is alive while anything moves (%s)',
    async (way) => {
      const { proxy, connections, ...ends } = await connect({ bytesPerSecond: 200_000 });
      const text = 'x'.repeat(600_000);
      const from = ends[way];
      const to = ends[way === 'up' ? 'down' : 'up'];
      from.send(1, text);
      await expect.poll(() => to.got().length, { timeout: 25_000 }).toBe(text.length);
      expect(proxy.passed).toBeLessThan(1.1 * text.length);
      expect(connections()).toBe(1);
      expect([...from.told, ...to.told].map(({ type }) => type)).toEqual(['link.connected', 'link.connected']);
    },
  );

  it('that is slow, nothing is sent again', async () => {
    const { proxy, up, down } = await connect({ bytesPerSecond: 250_000 });
    const text = 'x'.repeat(1000);
    // Each its own: of what is the same in one frame, only one goes over the wire.
    for (let n = 0; n < 500; n++) up.send(1, `${n}${text}`);
    await expect.poll(() => down.got().count, { timeout: 25_000 }).toBe(500);
    expect(proxy.passed).toBeLessThan(1.1 * down.got().length);
  });

  it('small frames are all that goes, and a large message goes on where it was when a cut is mended', async () => {
    const { proxy, up, down, sizes, connections } = await connect({ bytesPerSecond: 400_000 });
    const text = 'x'.repeat(800_000);
    up.send(1, text);
    await expect.poll(() => proxy.passed).toBeGreaterThan(500_000);
    proxy.cut();
    proxy.restore();
    await expect.poll(() => down.got().length, { timeout: 25_000 }).toBe(text.length);
    expect(connections()).toBe(2);
    expect(proxy.passed).toBeLessThan(1.3 * text.length);
    expect(Math.max(...sizes)).toBeLessThan(65_536);
  });

  it('what is said the other way passes between the pieces', async () => {
    const { up, down } = await connect({ bytesPerSecond: 400_000 });
    up.send(1, 'x'.repeat(1_200_000));
    await expect.poll(() => up.process.backlogOf('server').envelopes).toBe(1);
    down.send(10, 'y');
    const snapshot = down.process.takeSnapshot();
    await expect.poll(() => up.got().count).toBe(10);
    expect(down.got().count).toBe(0);
    expect(verifySnapshot(await snapshot)).toEqual({ consistent: true });
  });

  it('refuses to send what is too large, and nothing else', async () => {
    const { up, down } = await connect({}, { maxMessageBytes: 100_000 });
    const failed = new Promise((resolve) => {
      up.process.actor.subscribe({ error: resolve });
    });
    up.send(1, 'x'.repeat(99_000));
    await expect.poll(() => down.got().length).toBe(99_000);
    up.send(1, 'x'.repeat(100_001));
    expect(await failed).toMatchObject({
      code: 'not-recordable',
      message: expect.stringMatching(/at most 100000 bytes.*"NUMBER".*Send it in parts/) as unknown,
    });
    expect(up.types()).not.toContain('link.failed');
  });

  it('ends the link for a message larger than this end takes, before it is kept', async () => {
    const { server, port, close } = await listen();
    stops.push(close);
    const down = start('server', 'client', { transport: webSocketServer(server).peer('client'), maxMessageBytes: 1e5 });
    const up = start('client', 'server', { transport: webSocket(`ws://127.0.0.1:${port}`, { WebSocket }) });
    await expect.poll(up.types).toEqual(['link.connected']);
    up.send(1, 'x'.repeat(200_000));
    await expect.poll(down.types).toContain('link.failed');
    expect(String((down.told.at(-1) as { error: Error }).error)).toMatch(
      /of 200.* bytes as text \(`maxMessageBytes`: 100000\)/,
    );
    expect(down.got().count).toBe(0);
  });
});

describe('what waits for a peer', () => {
  function pair(options: Partial<PeerOptions> = {}, holds = false) {
    const { port1, port2 } = new MessageChannel();
    stops.push(() => port1.close());
    const a = start('a', 'b', { transport: messagePort(port1), ...options });
    const b = start('b', 'a', { transport: messagePort(port2) }, holds);
    return { a, b };
  }

  it('may be any number at the end of one task: 200,000 events arrive', async () => {
    const { a, b } = pair();
    await expect.poll(a.types).toEqual(['link.connected']);
    a.send(200_000, '');
    await expect.poll(() => b.got().count, { timeout: 20_000 }).toBe(200_000);
    expect(b.got().isInOrder).toBe(true);
    expect(a.types()).toEqual(['link.connected', 'link.backlogged', 'link.drained']);
    expect(a.process.backlogOf('b')).toEqual({ envelopes: 0, bytes: 0 });
  });

  it.each([
    ['envelopes', { maxBuffered: 10 }, { envelopes: 5 }, /10 envelopes wait for it, about \d+ bytes \(`maxBuffered`\)/],
    ['bytes', { maxBufferedBytes: 100_000 }, { envelopes: 5 }, /10 envelopes .*\(`maxBufferedBytes`\)/],
  ])('is told of, and readable, before a limit of %s ends anything', async (_, limits, backlog, why) => {
    const { ends } = createPipe();
    const a = start('a', 'b', { transport: ends[0], ...limits });
    for (let n = 1; n <= 5; n++) {
      a.send(1, 'x'.repeat(10_000));
      expect(a.process.backlogOf('b').envelopes).toBe(n);
      await Promise.resolve();
    }
    expect(a.told).toMatchObject([{ type: 'link.backlogged', peer: 'b', backlog }]);
    expect(a.process.backlogOf('b').bytes).toBeGreaterThan(50_000);
    expect(a.process.backlogOf('b').bytes).toBeLessThan(52_000);
    for (let n = 0; n < 6; n++) {
      a.send(1, 'x'.repeat(10_000));
      await Promise.resolve();
    }
    expect(a.types().slice(0, 2)).toEqual(['link.backlogged', 'link.failed']);
    expect(String((a.told[1] as { error: Error }).error)).toMatch(why);
  });

  it('is held back by bytes, where the peer does not take them, and goes out as it does', async () => {
    const { a, b } = pair({}, true);
    await expect.poll(a.types).toEqual(['link.connected']);
    a.send(50, 'x'.repeat(1_000_000));
    await Promise.resolve();
    // Some 8 MiB are on their way.
    expect(a.process.backlogOf('b').bytes).toBeGreaterThan(38_000_000);
    expect(a.process.backlogOf('b').bytes).toBeLessThan(43_000_000);
    await expect
      .poll(() => {
        b.takeAll();
        return b.got().count;
      })
      .toBe(50);
    expect(a.process.backlogOf('b')).toEqual({ envelopes: 0, bytes: 0 });
  });

  it('is asked of a peer that is there', () => {
    const { a } = pair();
    expect(() => a.process.backlogOf('c')).toThrow(/Expected a peer \("?b"?\), got "c"/);
  });

  it.each(['maxBuffered', 'maxBufferedBytes', 'maxMessageBytes'])('is limited by a number: `%s`', (name) => {
    const { ends } = createPipe();
    const peers = { b: { transport: ends[0], [name]: 0 } };
    expect(() => createProcess(counter, { id: 'a', peers })).toThrow(new RegExp(`\`${name}\`.*>= 1, got 0`));
  });
});

describe('over ways of every kind', () => {
  const FAULTS = { lose: 0.05, repeat: 0.2, reorder: 0.2, delay: 0.2, corrupt: 0.1 };
  const asText = (transport: Transport): Transport => ({ ...transport, text: textCodec });

  it.each([1, 2, 3])('pieces are lost, repeated and overtaken, and messages are not (seed %i)', async (seed) => {
    const pipe = createPipe(FAULTS, createRandom(seed).next);
    const a = start('a', 'b', { transport: asText(pipe.ends[0]) });
    const b = start('b', 'a', { transport: asText(pipe.ends[1]) });
    for (const end of [a, b]) {
      end.send(3, 'small');
      end.send(1, '漢"'.repeat(100_000));
      end.send(3, 'small');
    }
    for (const end of [a, b]) {
      await expect.poll(() => end.got().count, { timeout: 20_000 }).toBe(7);
      expect(end.got().length).toBe(6 * 'small'.length + 200_000);
    }
    expect(Object.values(pipe.done).every((count) => count > 0)).toBe(true);
  });

  it('that lose nothing while they are up, and go on after they were down, a gap makes the way anew', async () => {
    const traits = { losesWhileUp: false, survivesDown: true };
    const pipe = createPipe();
    let isLosing = false;
    let reopened = 0;
    const a = start('a', 'b', {
      transport: {
        ...traits,
        open(receiver, ends) {
          const sender = pipe.ends[0].open(receiver, ends);
          return { send: (frame) => (isLosing ? undefined : sender.send(frame)), close: () => sender.close() };
        },
      },
    });
    const b = start('b', 'a', {
      transport: {
        ...traits,
        open: (receiver, ends) => ({
          ...pipe.ends[1].open(receiver, ends),
          reopen() {
            reopened++;
            pipe.cut();
            pipe.restore();
          },
        }),
      },
    });
    await expect.poll(a.types).toEqual(['link.connected']);
    a.send(1, '');
    await expect.poll(() => b.got().count).toBe(1);
    isLosing = true;
    a.send(1, '');
    await Promise.resolve();
    isLosing = false;
    a.send(1, '');
    await expect.poll(() => b.got().count).toBe(3);
    expect(reopened).toBe(1);
    expect(b.types()).toEqual(['link.connected', 'link.cut', 'link.connected']);
  });
});
