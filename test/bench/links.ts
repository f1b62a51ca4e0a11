import { MessageChannel } from 'node:worker_threads';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { createActor, fromTransition, sendTo, setup, type AnyEventObject } from 'xstate';
import { createProcess, type Transport } from 'xstate-panorama';
import { messagePort } from 'xstate-panorama/message-port';
import { webSocket } from 'xstate-panorama/web-socket';
import { webSocketServer } from 'xstate-panorama/web-socket-server';
import { median, print } from './measure.js';

const MESSAGES = 40_000;
const PER_TASK = 100;
/** Messages that are sent one after the other. */
const ALONE = 1000;
const event = (n: number) => ({ type: 'NUMBER', n, text: 'some payload of a usual size' });

/** Two actors in two places: each message is a send of the one and an event of the other. */
interface Pair {
  send(event: AnyEventObject): void;
  stop(): void;
}

/** Makes a pair; of each event that arrives, it tells how many there were. */
type CreatePair = (onArrived: (count: number) => void) => Pair | Promise<Pair>;

function createCounter(onArrived: (count: number) => void) {
  return fromTransition((count: number, { type }: AnyEventObject) => {
    if (type !== 'NUMBER') return count;
    onArrived(count + 1);
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

function linked(logic: Sender, a: Transport, b: Transport, onArrived: (count: number) => void): Pair {
  const sender = createProcess(logic as typeof plain, { id: 'a', peers: { b: a } }).start();
  const receiver = createProcess(createCounter(onArrived), { id: 'b', peers: { a: b } }).start();
  return {
    send: (sent) => sender.actor.send(sent),
    stop: () => [sender, receiver].forEach((process) => process.stop()),
  };
}

const barePort =
  (logic: Sender) =>
  (onArrived: (count: number) => void): Pair => {
    const { port1, port2 } = new MessageChannel();
    const receiver = createActor(createCounter(onArrived)).start();
    port2.on('message', (sent) => receiver.send(sent as never));
    const sender = bareSender(logic, (sent) => port1.postMessage(sent));
    return { send: (sent) => sender.send(sent), stop: () => port1.close() };
  };

const linkedPort =
  (logic: Sender) =>
  (onArrived: (count: number) => void): Pair => {
    const { port1, port2 } = new MessageChannel();
    const pair = linked(logic, messagePort(port1), messagePort(port2), onArrived);
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

async function bareSocket(onArrived: (count: number) => void): Promise<Pair> {
  const { server, url } = await listen();
  const receiver = createActor(createCounter(onArrived)).start();
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

async function linkedSocket(onArrived: (count: number) => void): Promise<Pair> {
  const { server, url } = await listen();
  const pair = linked(machine, webSocket(url, { WebSocket }), webSocketServer(server).peer('a'), onArrived);
  return {
    ...pair,
    stop: () => {
      pair.stop();
      server.close();
    },
  };
}

async function messagesPerSecond(create: CreatePair): Promise<number> {
  let onLast = () => undefined as void;
  const last = new Promise<void>((resolve) => (onLast = resolve));
  const pair = await create((count) => {
    if (count === MESSAGES) onLast();
  });
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

/** How many microseconds a message takes that goes alone: the next is sent when it has arrived. */
async function latencyOf(create: CreatePair): Promise<number> {
  let onArrived = () => undefined as void;
  const pair = await create(() => onArrived());
  const times: number[] = [];
  for (let n = 0; n < ALONE; n++) {
    const arrived = new Promise<void>((resolve) => (onArrived = resolve));
    const start = performance.now();
    pair.send(event(n));
    await arrived;
    times.push(performance.now() - start);
    await new Promise((resolve) => setImmediate(resolve));
  }
  pair.stop();
  return 1000 * median(times.slice(ALONE / 2));
}

/** Bytes on the wire, for each byte of what is sent; one message, or many of a usual size in one task. */
async function wireBytes(count: number, length: number): Promise<number> {
  const { server, url } = await listen();
  const connected = new Promise<Socket>((resolve) => server.once('connection', (_, { socket }) => resolve(socket)));
  let onLast = () => undefined as void;
  const last = new Promise<void>((resolve) => (onLast = resolve));
  const pair = linked(plain, webSocket(url, { WebSocket }), webSocketServer(server).peer('a'), (taken) => {
    if (taken === count) onLast();
  });
  for (let n = 0; n < count; n++) pair.send({ type: 'NUMBER', n, text: String(n).padEnd(length, '.') });
  await last;
  const { bytesRead, bytesWritten } = await connected;
  pair.stop();
  server.close();
  return (bytesRead + bytesWritten) / (count * length);
}

const PAIRS = [
  ['MessagePort, from a machine', barePort(machine), linkedPort(machine), 1.5],
  ['MessagePort, from a plain actor', barePort(plain), linkedPort(plain), 1.5],
  ['WebSocket, from a machine', bareSocket, linkedSocket, 1],
] as const;

/** Measures both in turn, several times; medians, also of the ratios. */
async function compare(
  measure: (create: CreatePair) => Promise<number>,
  bare: CreatePair,
  own: CreatePair,
): Promise<[number, number, number]> {
  const rounds: [number, number][] = [];
  for (let round = 0; round < 7; round++) {
    const both: [number, number] = [await measure(bare), await measure(own)];
    if (round > 1) rounds.push(both);
  }
  return [
    median(rounds.map(([first]) => first)),
    median(rounds.map(([, second]) => second)),
    median(rounds.map(([first, second]) => second / first)),
  ];
}

/** Messages a second over a link, against sending each by itself; how long one takes; and bytes on the wire. */
export async function links(): Promise<void> {
  const rates: string[][] = [];
  const latencies: string[][] = [];
  for (const [name, bare, own, goal] of PAIRS) {
    const [one, two, ratio] = await compare(messagesPerSecond, bare, own);
    rates.push([name, one.toFixed(0), two.toFixed(0), ratio.toFixed(2), `≥ ${goal}`]);
    const [alone, linkedAlone, times] = await compare(latencyOf, bare, own);
    latencies.push([name, alone.toFixed(0), linkedAlone.toFixed(0), times.toFixed(2), '≤ 1.5']);
  }
  print(['', 'one by one, messages/s', 'over a link, messages/s', 'ratio', 'goal'], rates);
  print(['', 'one message alone, µs', 'over a link, µs', 'ratio', 'goal'], latencies);
  print(
    ['over a WebSocket', 'bytes on the wire, both ways, to bytes of text', 'goal'],
    [
      ['1 message of 30 MB', (await wireBytes(1, 3e7)).toFixed(3), '≤ 1.1'],
      ['20,000 of 1 kB', (await wireBytes(20_000, 1000)).toFixed(3), '≤ 1.1'],
    ],
  );
}
