/** What is given in place of a transport's port, socket or channel is refused at the call, by name, and what to do is said. */
import { createServer } from 'node:http';
import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createActor, createMachine } from 'xstate';
import { attachProcess, createProcess, processOf, withPeers } from '../../src/index.js';
import { broadcastChannel } from '../../src/transports/broadcast-channel.js';
import { messagePort } from '../../src/transports/message-port.js';
import { textPort } from '../../src/transports/text-port.js';
import { webSocketServer } from '../../src/transports/web-socket-server.js';
import { webSocket } from '../../src/transports/web-socket.js';

const nothing = () => undefined;
const event = { addListener: nothing, removeListener: nothing };
const extensionPort = { postMessage: nothing, onMessage: event, onDisconnect: event };
const web = { postMessage: nothing, addEventListener: nothing, removeEventListener: nothing };
const page = Object.assign({ ...web }, { window: undefined as unknown });
page.window = page;
const machine = createMachine({});
const peered = withPeers(machine, { id: 'p' });

afterEach(() => vi.unstubAllGlobals());

function silentFor(silenceMs: number) {
  const { port1 } = new MessageChannel();
  return createProcess(machine, { id: 'p', peers: { q: { transport: messagePort(port1), silenceMs } } });
}

/** What is given, and what the refusal says of it. */
type Misuse = readonly [what: string, use: (given: never) => unknown, given: unknown, says: RegExp];

const misuses: readonly Misuse[] = [
  ['nothing, as a port', messagePort, undefined, /Expected `port` to be a message port.* got undefined/],
  ['a string, as a port', messagePort, 'worker.js', /got "worker\.js"/],
  ['something that only sends', messagePort, { postMessage: nothing }, /Expected `port`/],
  ['something that only listens', messagePort, new EventTarget(), /Expected `port`/],
  ['an extension’s port', messagePort, extensionPort, /use `textPort`/],
  ['a forked process', messagePort, { send: nothing, on: nothing, off: nothing }, /use `textPort`/],
  ['a window', messagePort, page, /a port of a `new MessageChannel\(\)`/],
  ['a service worker', messagePort, { ...web, scriptURL: '/sw.js' }, /a port of a `new MessageChannel\(\)`/],
  ['a shared worker', messagePort, { port: web, addEventListener: nothing }, /Give the `port`/],
  ['a broadcast channel, as a port', messagePort, new BroadcastChannel('misused'), /Use `broadcastChannel`/],
  ['nothing, as a text port', textPort, undefined, /Expected `port` to be a `chrome\.runtime\.Port`/],
  ['a process that was not forked', textPort, { on: nothing, off: nothing }, /if it was forked/],
  ['a worker, as a text port', textPort, web, /Use `messagePort`/],
  [
    'nothing, as a channel',
    broadcastChannel,
    undefined,
    /Expected a `BroadcastChannel`, or the name of one, got undefined/,
  ],
  ['a port, as a channel', broadcastChannel, { postMessage: nothing }, /Expected a `BroadcastChannel`/],
  ['no class of sockets', (url: string) => webSocket(url, { WebSocket: {} as never }), 'ws://localhost', /`WebSocket`/],
  [
    'no address',
    (url: string) => webSocket(url, { WebSocket: EventTarget as never }),
    'not an address',
    /Expected `url`/,
  ],
  [
    'nothing, as an address',
    (url: string) => webSocket(url, { WebSocket: EventTarget as never }),
    undefined,
    /Expected `url`/,
  ],
  [
    'an address of something else',
    (url: string) => webSocket(url, { WebSocket: EventTarget as never }),
    'file:///a',
    /Expected `url`/,
  ],
  ['nothing, as a server', webSocketServer, undefined, /Expected a `WebSocketServer`/],
  ['a port number, as a server', webSocketServer, 8080, /Expected a `WebSocketServer`/],
  ['an HTTP server', webSocketServer, createServer(), /`new WebSocketServer\(\{ server \}\)`/],
  ['a port, as a transport', (q: never) => createProcess(machine, { id: 'p', peers: { q } }), web, /to be a transport/],
  [
    'no silence',
    silentFor,
    -1,
    /Expected `silenceMs` to be a number of milliseconds > 0 and up to 2147483647, or Infinity/,
  ],
  ['too long a silence', silentFor, 2 ** 31, /Expected `silenceMs`/],
  [
    'no options of a process',
    (none: never) => createProcess(machine, none),
    undefined,
    /Expected options `\{ id, peers \}`/,
  ],
  [
    'logic that is a process',
    (logic: typeof machine) => createProcess(logic, { id: 'p' }),
    peered,
    /is a process already/,
  ],
  [
    'logic that is a process, once more',
    (logic: never) => withPeers(logic, { id: 'p' }),
    peered.provide({}),
    /already/,
  ],
  [
    'a process’s own logic',
    (logic: never) => withPeers(logic, { id: 'p' }),
    createProcess(machine, { id: 'p' }).actor.logic,
    /already/,
  ],
  ['no inspection', (inspect: never) => createProcess(machine, { id: 'p', inspect }), 5, /Expected `inspect`/],
  ['no snapshot', (snapshot: never) => createProcess(machine, { id: 'p', snapshot }), 5, /Expected `snapshot`/],
  ['no options of an actor’s', (none: never) => withPeers(machine, none), undefined, /Expected options/],
  [
    'no actor to attach',
    (actor: never) => attachProcess(actor, { id: 'p' }),
    undefined,
    /Expected a root actor, got undefined/,
  ],
  ['logic to attach', (actor: never) => attachProcess(actor, { id: 'p' }), machine, /Expected a root actor/],
  [
    'a store to attach',
    (actor: never) => attachProcess(actor, { id: 'p' }),
    { send: nothing },
    /Expected a root actor/,
  ],
  ['no options to attach', (none: never) => attachProcess(createActor(machine), none), undefined, /Expected options/],
  ['nothing that is a process', processOf, undefined, /Expected the root actor of a process, got undefined/],
];

describe('what is no such thing', () => {
  it.each(misuses)('%s is refused by name', (_, use, given, says) => {
    expect(() => use(given as never)).toThrow(
      expect.objectContaining({ code: 'invalid-argument', message: expect.stringMatching(says) as unknown }),
    );
  });

  it('a WebSocket is asked for where there is none', () => {
    vi.stubGlobal('WebSocket', undefined);
    delete (globalThis as { WebSocket?: unknown }).WebSocket;
    expect(() => webSocket('wss://localhost')).toThrow(/give that of the package `ws`, as `\{ WebSocket \}`/);
  });

  it('a channel’s name is refused where there are no channels', () => {
    vi.stubGlobal('BroadcastChannel', undefined);
    delete (globalThis as { BroadcastChannel?: unknown }).BroadcastChannel;
    expect(() => broadcastChannel('app')).toThrow(/There is no global `BroadcastChannel` here/);
  });
});

it('a silence may be for ever', () => {
  expect(silentFor(Infinity).id).toBe('p');
});

describe('options that are undefined', () => {
  it('are as if they were left out', async () => {
    const waiting = createMachine({ initial: 'a', states: { a: { after: { 1: 'b' } }, b: {} } });
    const { port1 } = new MessageChannel();
    const process = createProcess(waiting, {
      id: 'p',
      peers: { q: { transport: messagePort(port1), id: undefined, direction: undefined, silenceMs: undefined } },
      clock: undefined,
      logger: undefined,
      inspect: undefined,
      devTools: undefined,
      systemId: undefined,
      snapshot: undefined,
      schedule: undefined,
      loadCheckpoint: undefined,
      algorithm: undefined,
    } as never).start();
    await expect.poll(() => process.actor.getSnapshot().value).toBe('b');
    process.stop();
    port1.close();
  });
});
