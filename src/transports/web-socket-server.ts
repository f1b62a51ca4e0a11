/** Frames over WebSockets: the server's side, on the package `ws`. */
import { Subject, type Observable } from 'rxjs';
import { expected, isObject } from '../checks.js';
import { parseFrame, PROTOCOL, type Hello } from '../links/session/frame.js';
import { lifeOf } from '../links/session/life.js';
import type { FrameReceiver, PeerLogic, Transport } from '../links/session/transport.js';
import { Outflow, type BufferingSocket } from './outflow.js';
import { ASK, createPulse, parseHeartbeat, type PulseOptions } from './pulse.js';
import { decodeFrame, encodeFrame, textCodec } from './text-frame.js';

/** How many milliseconds a connection may take to say who it is. */
const HELLO_MS = 10_000;
/** The close code of RFC 6455 for a client that is not welcome. */
const POLICY_VIOLATION = 1008;

/** A socket of the package `ws`, as far as it is needed. */
export interface SocketLike extends BufferingSocket {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
  ping(): void;
  on(event: 'message', listener: (data: { toString(): string }) => void): unknown;
  on(event: 'close' | 'pong', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** A `WebSocketServer` of the package `ws`, as far as it is needed. */
export interface SocketServerLike<TRequest> {
  on(event: 'connection', listener: (socket: SocketLike, request: TRequest) => void): unknown;
}

/** Who may connect, and how connections are watched. */
export interface WebSocketServerOptions<TRequest> extends PulseOptions {
  /** Whether the client that made this request may be the process of this id; default: yes. Clients name themselves: check it. */
  readonly accept?: ((peerId: string, request: TRequest) => boolean) | undefined;
}

/** A client that was not expected. */
export interface Newcomer {
  readonly id: string;
  readonly transport: Transport;
}

/** The server's side of all clients. */
export interface WebSocketPeers {
  /**
   * The transport to the client whose process has this id, whenever it connects; again after its connection was cut.
   *
   * @typeParam TLogic What the client runs, by which snapshots are typed: `peer<typeof clientMachine>(id)`.
   */
  peer<TLogic extends PeerLogic = PeerLogic>(id: string): Transport<TLogic>;
  /** Clients that were not expected. One that is not added as a peer at once is turned away. */
  readonly newcomers$: Observable<Newcomer>;
}

interface Client {
  receiver: FrameReceiver | undefined;
  socket: SocketLike | undefined;
  /** The session of the newest life with which it has connected. */
  session: string;
  /** What `socket` has still to send. */
  outflow: Outflow | undefined;
}

/**
 * Makes the clients of a WebSocket server peers: those that are waited for by name, and newcomers.
 *
 * A client says who it is, and its newest life is it: one that another life has superseded is told so, and not let in.
 * Behind a server that is not on loopback, check that in `accept`, and limit `maxPayload`. A client that does not answer any
 * more is cut off, until it connects again.
 *
 * @param server A `WebSocketServer` of the package `ws`.
 * @throws `invalid-argument` for a bad option.
 */
export function webSocketServer<TRequest>(
  server: SocketServerLike<TRequest>,
  options: WebSocketServerOptions<TRequest> = {},
): WebSocketPeers {
  refuseOthers(server);
  const { accept = () => true } = options;
  const heartbeatMs = parseHeartbeat(options);
  const clients = new Map<string, Client>();
  const newcomers = new Subject<Newcomer>();

  const peer = <TLogic extends PeerLogic>(id: string): Transport<TLogic> => ({
    losesWhileUp: false,
    survivesDown: true,
    text: textCodec,
    open(receiver) {
      const client: Client = { receiver, socket: undefined, outflow: undefined, session: '' };
      clients.set(id, client);
      return {
        send(frame) {
          client.socket?.send(encodeFrame(frame));
          client.outflow?.noteSent();
        },
        get isFull() {
          return client.outflow?.isFull;
        },
        reopen: (reason) => client.socket && cut(client, client.socket, reason),
        close() {
          if (clients.get(id) === client) clients.delete(id);
          client.socket?.close();
          client.outflow?.stop();
          client.receiver = client.socket = client.outflow = undefined;
        },
      };
    },
  });

  server.on('connection', (socket, request) => {
    greet(socket, (id, hello) => {
      if (!accept(id, request)) return undefined;
      if (!clients.has(id)) newcomers.next({ id, transport: peer(id) });
      const client = clients.get(id);
      if (client === undefined) return undefined;
      if (lifeOf(hello.session) < lifeOf(client.session)) return refuse(socket, hello.session, client.session);
      attach(client, socket, hello, heartbeatMs);
      return client;
    });
  });
  return { peer, newcomers$: newcomers.asObservable() };
}

/** An HTTP server tells of connections too, on which no frame ever comes. */
function refuseOthers(server: unknown): void {
  const isServer = isObject(server) && typeof server.on === 'function';
  const isHttp = isServer && 'listen' in server && !('handleUpgrade' in server);
  const advice = isHttp ? 'Make one of it: `new WebSocketServer({ server })`.' : '';
  if (!isServer || isHttp) expected('a `WebSocketServer` of the package `ws`', server, advice);
}

/** Waits for a connection to say who it is, and then passes on what it says. */
function greet(socket: SocketLike, meet: (id: string, hello: Hello) => Client | undefined): void {
  let client: Client | undefined;
  const turnAway = (why: string) => socket.close(POLICY_VIOLATION, why);
  const timer = setTimeout(() => turnAway('no hello'), HELLO_MS);
  socket.on('message', (data) => {
    const text = data.toString();
    if (text === ASK && client !== undefined) return socket.send(ASK);
    let frame: unknown;
    try {
      frame = decodeFrame(text);
      if (client === undefined) {
        const hello = parseFrame(frame);
        if (hello.type !== 'hello') return turnAway('not a hello');
        clearTimeout(timer);
        client = meet(hello.from, hello);
        return client ?? turnAway('not expected');
      }
    } catch (error) {
      if (client === undefined) return turnAway('not a hello');
      if (client.socket !== socket) return;
      client.receiver?.refused(error);
      return cut(client, socket, error); // what is damaged once is not what was sent, and neither may be what comes next
    }
    if (client.socket === socket) client.receiver?.frame(frame);
  });
  let reason: Error | undefined;
  socket.on('error', (error) => (reason = error));
  socket.on('close', () => {
    clearTimeout(timer);
    if (client !== undefined) detach(client, socket, reason);
  });
}

/** Another life of the client's process has connected: the one that is superseded is told, and cut off. */
function refuse(socket: SocketLike, session: string, newest: string): undefined {
  const why = 'another life has connected';
  socket.send(encodeFrame({ panorama: PROTOCOL, type: 'sorry', to: session, by: lifeOf(newest), why }));
  socket.close(POLICY_VIOLATION, why);
}

/** The newest connection of the newest life of a client is the one. */
function attach(client: Client, socket: SocketLike, hello: Hello, heartbeatMs: number): void {
  const { socket: old, session: before } = client;
  if (old !== undefined) {
    detach(client, old, new Error('the client has connected anew'));
    if (lifeOf(before) < lifeOf(hello.session)) refuse(old, before, hello.session);
    else old.close();
  }
  client.socket = socket;
  client.session = hello.session;
  const outflow = (client.outflow = new Outflow(socket, () => {
    pulse.heard();
    client.receiver?.drained();
  }));
  const pulse = createPulse(
    heartbeatMs,
    () => socket.ping(), // which browsers answer by themselves
    (reason) => cut(client, socket, reason),
    () => outflow.waiting,
  );
  socket.on('message', pulse.heard);
  socket.on('pong', pulse.heard);
  socket.on('close', pulse.stop);
  client.receiver?.up();
  client.receiver?.frame(hello);
}

/** It connects again. */
function cut(client: Client, socket: SocketLike, reason: unknown): void {
  detach(client, socket, reason);
  socket.terminate();
}

function detach(client: Client, socket: SocketLike, reason: unknown): void {
  if (client.socket !== socket) return;
  client.outflow?.stop();
  client.socket = client.outflow = undefined;
  client.receiver?.down(reason);
}
