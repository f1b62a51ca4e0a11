/** The WebSocket server of `@xstate/inspect`, safe to have open beside an application. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from '@xstate/inspect/lib/server.js';
import { WebSocketServer, type WebSocket } from 'ws';
import { createBridge, type Bridge, type BridgeOptions } from './bridge.js';
import type { DevTools } from './service.js';

/** Where viewers connect to. */
export interface ServeBridgeOptions extends Pick<BridgeOptions, 'redact' | 'onError'> {
  /** Default 0: a port that is free. */
  readonly port?: number | undefined;
  /** Default 127.0.0.1; another one only with a `token`, as others can then reach it. */
  readonly host?: string | undefined;
  /** A secret of at least 16 characters that viewers give as `?token=` of the address. */
  readonly token?: string | undefined;
  /** Pages that may connect, such as `https://stately.ai`. Default: pages of this machine, and programs. */
  readonly origins?: readonly string[] | undefined;
}

/** A bridge that is being served. */
export interface ServedBridge {
  /** What shows actors. */
  readonly bridge: Bridge;
  /** The address for viewers, with the token. */
  readonly url: string;
  readonly port: number;
  /** Disconnects all viewers and stops the server. */
  stop(): Promise<void>;
}

/** Bytes that wait for a viewer that is slow; with more it is let go. */
const MOST_WAITING_BYTES = 16 * 2 ** 20;
/** What a viewer sends is an event. */
const MOST_MESSAGE_BYTES = 2 ** 20;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[?::1\]?)$/;

/**
 * Serves `@xstate/inspect` to viewers over WebSockets, and gives a bridge that shows them XState 5 actors. Without a
 * viewer nothing is made known, and an event costs a check.
 *
 * @throws TypeError for a host other than loopback without a token.
 */
export async function serveBridge(options: ServeBridgeOptions = {}): Promise<ServedBridge> {
  const { port = 0, host = '127.0.0.1', token } = options;
  if (!LOOPBACK.test(host) && (token === undefined || token.length < 16)) {
    throw new TypeError(
      `Expected a \`token\` of at least 16 characters for host ${JSON.stringify(host)}, which others can reach, got ${token === undefined ? 'none' : 'a shorter one'}.`,
    );
  }
  const server = new WebSocketServer({
    port,
    host,
    maxPayload: MOST_MESSAGE_BYTES,
    verifyClient: ({ req }: { req: IncomingMessage }) => isWelcome(req, options),
  });
  await new Promise<void>((resolve, reject) => server.once('listening', resolve).once('error', reject));
  const { port: actualPort } = server.address() as AddressInfo;

  const hub = (theHub ??= new Hub());
  const bridge = createBridge({ ...options, devTools: () => (server.clients.size > 0 ? hub.devTools : undefined) });
  server.on('connection', (client) => {
    hub.add(client);
    bridge.register();
  });
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    bridge,
    port: actualPort,
    url: `ws://${name}:${actualPort}/${token === undefined ? '' : `?token=${encodeURIComponent(token)}`}`,
    stop: () =>
      new Promise((resolve) => {
        for (const client of server.clients) client.terminate();
        server.close(() => resolve());
      }),
  };
}

/** `lib/server` of `@xstate/inspect` has one list of services for the whole program, so it is started once. */
let theHub: Hub | undefined;

/** What `@xstate/inspect` takes for a server: viewers whose messages are commands, and who keep up. */
class Hub {
  readonly devTools: DevTools;
  readonly clients = new Set<Viewer>();
  private connected!: (viewer: Viewer) => void;

  constructor() {
    const own = globalThis as { __xstate__?: DevTools | undefined };
    const before = own.__xstate__;
    inspect({ server: this as never });
    this.devTools = own.__xstate__!;
    own.__xstate__ = before;
  }

  on(event: string, listener: (viewer: Viewer) => void): void {
    if (event === 'connection') this.connected = listener;
  }

  add(client: WebSocket): void {
    const viewer = new Viewer(client);
    this.clients.add(viewer);
    client.on('close', () => this.clients.delete(viewer));
    this.connected(viewer);
  }
}

class Viewer {
  readonly OPEN = 1;

  constructor(private readonly client: WebSocket) {}

  get readyState(): number {
    return this.client.readyState;
  }

  send(text: string): void {
    if (this.client.bufferedAmount > MOST_WAITING_BYTES) this.client.terminate();
    else this.client.send(text);
  }

  on(_event: 'message', listener: (data: string, isBinary: boolean) => void): void {
    this.client.on('error', () => this.client.terminate());
    this.client.on('message', (data: { toString(): string }, isBinary) => {
      const text = data.toString();
      if (!isBinary && isCommand(text)) listener(text, false);
    });
  }
}

/** Whether it is one of the two messages that viewers have; anything else would end the application. */
function isCommand(text: string): boolean {
  try {
    const { type, event } = JSON.parse(text) as { type?: unknown; event?: unknown };
    if (type === 'xstate.inspecting') return true;
    return type === 'xstate.event' && typeof JSON.parse(event as string) === 'object' && event !== 'null';
  } catch {
    return false;
  }
}

/**
 * Pages of other sites can make a browser connect here: they have another `Origin`, and when their name was rebound to this
 * machine's address, another `Host`.
 */
function isWelcome(
  { headers, url }: IncomingMessage,
  { host = '127.0.0.1', token, origins }: ServeBridgeOptions,
): boolean {
  const name = headers.host?.replace(/:\d+$/, '') ?? '';
  if (LOOPBACK.test(host) && !LOOPBACK.test(name)) return false;
  const { origin } = headers;
  if (origin !== undefined && !(origins ?? []).includes(origin) && !isOfThisMachine(origin)) return false;
  const given = new URL(url ?? '/', 'ws://localhost').searchParams.get('token');
  return token === undefined || isSame(given ?? '', token);
}

function isOfThisMachine(origin: string): boolean {
  return URL.canParse(origin) && LOOPBACK.test(new URL(origin).hostname);
}

function isSame(given: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
