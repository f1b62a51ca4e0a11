/**
 * What runs in the browser's places for the tests: in a page, an iframe, a worker or a shared worker. A test calls it by
 * `evaluate`; a shared worker, which cannot be reached so, over a port.
 */
import { parse, stringify } from 'devalue';
import type { CheckpointStore } from '../../src/checkpoint/index.js';
import { createIndexedDbStore } from '../../src/checkpoint/indexed-db-store.js';
import { parseSnapshot, serializeSnapshot } from '../../src/file/index.js';
import { createProcess, isPanoramaError, type Transport } from '../../src/index.js';
import { broadcastChannel } from '../../src/transports/broadcast-channel.js';
import { messagePort, type PortLike } from '../../src/transports/message-port.js';
import { webSocket } from '../../src/transports/web-socket.js';
import { account } from '../support/account.js';
import { startTransportEnd, type TransportEnd, type TransportEndOptions } from '../../src/testing/contracts/index.js';

/** Over what an end reaches its peer. */
export type Means =
  | { readonly kind: 'worker' | 'shared worker' | 'iframe' }
  /** From within one of these: to whoever made it. */
  | { readonly kind: 'parent' }
  | { readonly kind: 'tabs'; readonly name: string }
  | { readonly kind: 'socket'; readonly url: string };

/** Calls of methods of an end, as plain data. */
export interface Call {
  readonly end: string;
  readonly method: keyof TransportEnd;
  readonly args: readonly unknown[];
}

/** A call of a method of a store: of the one with this handle, which is opened when it is first called. */
export interface StoreCall {
  readonly handle: number;
  readonly name: string;
  readonly method: 'save' | 'list' | 'load' | 'remove' | 'read' | 'replace';
  readonly argument: string;
  /** The epoch of what is saved, the version that is replaced. */
  readonly number?: number | undefined;
}

/** A worker's scope, which has no types beside those of pages. */
const scope = globalThis as unknown as PortLike & {
  onconnect?: (event: MessageEvent) => void;
  readonly parent?: Window;
};
const isShared = 'SharedWorkerGlobalScope' in globalThis;
const ends = new Map<string, TransportEnd>();
const stores = new Map<number, CheckpointStore>();
/** Where what is no frame of the link's own is put on the way to the peer. */
let post: (value: unknown) => void = () => undefined;
let control: MessagePort | undefined;
let parentPort: PortLike = scope;

function shared(): MessagePort {
  const create = () => new SharedWorker('/agent.js', { type: 'module', name: location.search }).port;
  const port = create();
  control = create();
  control.start();
  return port;
}

async function iframe(): Promise<MessagePort> {
  const frame = document.createElement('iframe');
  frame.src = '/';
  document.body.append(frame);
  await new Promise((resolve) => frame.addEventListener('load', resolve));
  const { port1, port2 } = new MessageChannel();
  frame.contentWindow!.postMessage('port', '*', [port2]);
  return port1;
}

async function reach(means: Means): Promise<Transport> {
  switch (means.kind) {
    case 'worker':
      return over(new Worker('/agent.js', { type: 'module' }));
    case 'shared worker':
      return over(shared());
    case 'iframe':
      return over(await iframe());
    case 'parent':
      return messagePort(parentPort);
    case 'tabs': {
      const channel = new BroadcastChannel(means.name);
      post = (frame) => channel.postMessage({ panoramaFrom: 'a', panoramaTo: 'b', frame });
      return broadcastChannel(channel);
    }
    case 'socket':
      return webSocket(means.url);
  }
}

function over(port: PortLike): Transport {
  post = (value) => port.postMessage(value);
  return messagePort(port);
}

let transport: Promise<Transport> | undefined;

/** A process of the page, with a worker as its peer. */
class Employer {
  readonly told: string[] = [];
  private worker: Worker | undefined;
  private readonly process = createProcess(account, { id: 'page', input: { balance: 100 } }).start();

  constructor() {
    this.process.links$.subscribe(({ type }) => this.told.push(type));
  }

  employ(): void {
    this.worker = new Worker('/agent.js', { type: 'module' });
    this.process.replacePeer('worker', messagePort(this.worker));
  }

  dismiss(): void {
    this.worker!.terminate();
  }

  pay(): void {
    this.process.send({ type: 'PAY', to: 'worker', amount: 1 });
  }
}

let employer: Employer | undefined;

const agent = {
  /** Opens the means: a worker or an iframe is there when this is done. */
  async reach(means: Means) {
    await (transport ??= reach(means));
  },
  async start(options: TransportEndOptions) {
    ends.set(options.id, startTransportEnd(await transport!, options));
  },
  call: ({ end, method, args }: Call): unknown => (ends.get(end)![method] as (...args: unknown[]) => unknown)(...args),
  inject: (value: unknown) => post(value),
  /** What the page's own process does with its workers; gives what it was told of the link. */
  employer(method: 'employ' | 'dismiss' | 'pay' | 'tell') {
    employer ??= new Employer();
    if (method !== 'tell') employer[method]();
    return employer.told;
  },
  /** Asks the shared worker's agent. */
  async askShared(method: 'reach' | 'start' | 'call', argument: unknown) {
    const answer = new Promise((resolve) =>
      control!.addEventListener('message', ({ data }) => resolve(data), { once: true }),
    );
    control!.postMessage({ method, argument });
    return answer;
  },
  /** Calls a method of a checkpoint store; snapshots go as text. Gives the result, or the error. */
  async store({ handle, name, method, argument, number }: StoreCall) {
    const store = stores.get(handle) ?? createIndexedDbStore({ name });
    stores.set(handle, store);
    try {
      if (method === 'save') return { result: await store.save(parseSnapshot(argument), number) };
      if (method === 'read') return { result: stringify(await store.register.read()) };
      if (method === 'replace') return { result: await store.register.replace(number!, parse(argument)) };
      if (method === 'load') return { result: serializeSnapshot(await store.load(argument)) };
      return { result: await store[method](argument) };
    } catch (error) {
      if (!isPanoramaError(error)) throw error;
      return { code: error.code, message: error.message };
    }
  },
  /** Saves checkpoints of this content for ever, and counts those that are safely down. */
  async saveForEver(name: string, text: string, saved: (id: string) => void) {
    const store = createIndexedDbStore({ name });
    const snapshot = parseSnapshot(text);
    for (let n = 1; ; n++) {
      await store.save({ ...snapshot, id: `snapshot-${n}` });
      saved(`snapshot-${n}`);
    }
  },
};

export type Agent = typeof agent;

Object.assign(globalThis, { agent });

if (isShared) {
  const takeControl = (port: MessagePort) => {
    port.onmessage = ({ data }: MessageEvent<{ method: 'reach' | 'start' | 'call'; argument: never }>) =>
      void Promise.resolve(agent[data.method](data.argument)).then((result) => port.postMessage(result));
  };
  let isConnected = false;
  scope.onconnect = ({ ports: [port] }) => {
    if (isConnected) return takeControl(port!);
    isConnected = true;
    parentPort = port!;
  };
} else if (scope.parent !== undefined && scope.parent !== (scope as unknown)) {
  addEventListener('message', ({ data, ports: [port] }) => {
    if (data === 'port') parentPort = port!;
  });
}
