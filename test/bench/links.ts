import { MessageChannel } from 'node:worker_threads';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { createActor, fromTransition, sendTo, setup, type AnyEventObject } from 'xstate';
import { createProcess, type Transport } from 'xstate-panorama';
import { messagePort } from 'xstate-panorama/message-port';
import { webSocket } from 'xstate-panorama/web-socket';
import { webSocketServer } from 'xstate-panorama/web-socket-server';
import { median, print } from './measure.js';

const MESSAGES = 40_000;
const PER_TASK = 100;
const event = (n: number) => ({ type: 'NUMBER', n, text: 'some payload of a usual size' });

/** Two actors in two places: each message is a send of the one and an event of the other. */
interface Pair {
  send(event: AnyEventObject): void;
  /** Is called with each event that arrives. */
  stop(): void;
}

/** Counts up to the last message. */
function createCounter(onLast: () => void) {
  return fromTransition((count: number) => {
    if (count + 1 === MESSAGES) onLast();
    return count + 1;
  }, 0);
}

/** A machine that sends on what it gets: its own step is most of what a message costs. */
const machine = setup({ types: { events: {} as AnyEventObject } }).createMachine({
  on: {
    '*': {
      actions: sendTo(
        ({ system }) => system.get('b') as never,
        ({ event: sent }) => sent as never,
      ),
    },
  },
});

/** The cheapest actor that does the same. */
const plain = fromTransition((state: undefined, sent: AnyEventObject, { system }) => {
  if (sent.type === 'NUMBER') (system.get('b') as { send(event: AnyEventObject): void }).send(sent);
  return state;
}, undefined);

type Sender = typeof machine | typeof plain;

/** The same sender, whose messages a bare proxy puts on the wire one by one. */
function bareSender(logic: Sender, post: (event: AnyEventObject) => void) {
  const actor = createActor(logic as typeof plain);
  createActor(
    fromTransition((state: undefined, sent: AnyEventObject) => {
      post(sent);
      return state;
    }, undefined),
    { systemId: 'b', parent: actor } as never,
  ).start();
  return actor.start();
}

function linked(logic: Sender, a: Transport, b: Transport, onLast: () => void): Pair {
  const sender = createProcess(logic as typeof plain, { id: 'a', peers: { b: a } }).start();
  const receiver = createProcess(createCounter(onLast), { id: 'b', peers: { a: b } }).start();
  return {
    send: (sent) => sender.actor.send(sent),
    stop: () => [sender, receiver].forEach((process) => process.stop()),
  };
}

const barePort =
  (logic: Sender) =>
  (onLast: () => void): Pair => {
    const { port1, port2 } = new MessageChannel();
    const receiver = createActor(createCounter(onLast)).start();
    port2.on('message', (sent) => receiver.send(sent as never));
    const sender = bareSender(logic, (sent) => port1.postMessage(sent));
    return { send: (sent) => sender.send(sent), stop: () => port1.close() };
  };

const linkedPort =
  (logic: Sender) =>
  (onLast: () => void): Pair => {
    const { port1, port2 } = new MessageChannel();
    const pair = linked(logic, messagePort(port1), messagePort(port2), onLast);
    return {
      ...pair,
      stop: () => {
        pair.stop();
        port1.close();
      },
    };
  };

async function listen() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function bareSocket(onLast: () => void): Promise<Pair> {
  const { server, url } = await listen();
  const receiver = createActor(createCounter(onLast)).start();
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => receiver.send(JSON.parse(data.toString()) as never));
  });
  const socket = new WebSocket(url);
  await new Promise((resolve) => socket.once('open', resolve));
  const sender = bareSender(machine, (sent) => socket.send(JSON.stringify(sent)));
  return {
    send: (sent) => sender.send(sent),
    stop: () => {
      socket.terminate();
      server.close();
    },
  };
}

async function linkedSocket(onLast: () => void): Promise<Pair> {
  const { server, url } = await listen();
  const pair = linked(machine, webSocket(url, { WebSocket }), webSocketServer(server).peer('a'), onLast);
  return {
    ...pair,
    stop: () => {
      pair.stop();
      server.close();
    },
  };
}

async function messagesPerSecond(create: (onLast: () => void) => Pair | Promise<Pair>): Promise<number> {
  let onLast = () => undefined as void;
  const last = new Promise<void>((resolve) => (onLast = resolve));
  const pair = await create(onLast);
  const start = performance.now();
  for (let n = 0; n < MESSAGES; n++) {
    pair.send(event(n));
    if (n % PER_TASK === PER_TASK - 1) await new Promise((resolve) => setImmediate(resolve));
  }
  await last;
  const seconds = (performance.now() - start) / 1000;
  pair.stop();
  return MESSAGES / seconds;
}

/** Messages a second over a link, against sending each by itself; pairs in turn, medians of the ratios. */
export async function links(): Promise<void> {
  const rows: string[][] = [];
  for (const [name, bare, own, goal] of [
    ['MessagePort, from a machine', barePort(machine), linkedPort(machine), 1.5],
    ['MessagePort, from a plain actor', barePort(plain), linkedPort(plain), 1.5],
    ['WebSocket, from a machine', bareSocket, linkedSocket, 1],
  ] as const) {
    const rates: [number, number][] = [];
    for (let round = 0; round < 7; round++) {
      const pair: [number, number] = [await messagesPerSecond(bare), await messagesPerSecond(own)];
      if (round > 1) rates.push(pair);
    }
    rows.push([
      name,
      median(rates.map(([rate]) => rate)).toFixed(0),
      median(rates.map(([, rate]) => rate)).toFixed(0),
      median(rates.map(([first, second]) => second / first)).toFixed(2),
      `≥ ${goal}`,
    ]);
  }
  print(['', 'one by one, messages/s', 'over a link, messages/s', 'ratio', 'goal'], rows);
}
