/** Frames over a WebSocket: the client's side. */
import type { Subscription } from 'rxjs';
import { webSocket as connect, type WebSocketSubject } from 'rxjs/webSocket';
import { expected } from '../checks.js';
import type { PeerLogic, Transport } from '../links/session/transport.js';
import { Outflow, type BufferingSocket } from './outflow.js';
import { ASK, createPulse, parseHeartbeat, type Pulse, type PulseOptions } from './pulse.js';
import { decodeFrame, encodeFrame, textCodec } from './text-frame.js';

/** How long to wait before connecting again, in milliseconds; doubles up to the second number. */
const RECONNECT_MS = [100, 10_000] as const;

/** How a socket is made. */
export interface WebSocketOptions extends PulseOptions {
  /** The `WebSocket` class; default: the global one. In Node 20, give that of the package `ws`. */
  readonly WebSocket?: (new (url: string) => object) | undefined;
}

/**
 * Creates a transport over a WebSocket, with RxJS's `webSocket`. When the connection is cut, or the server does not answer
 * any more, it connects again, at growing intervals (up to 10 s) and for as long as the process runs; nothing is lost or
 * repeated over that. Each attempt that fails is told by `process.links$` (`link.waiting`).
 *
 * @typeParam TLogic What the peer runs, by which snapshots are typed: `webSocket<typeof serverMachine>(url)`.
 * @param url The address of the server, which uses `webSocketServer`.
 * @throws `invalid-argument` for a bad option, for what is no such address, and where there is no `WebSocket`.
 */
export function webSocket<TLogic extends PeerLogic = PeerLogic>(
  url: string,
  options: WebSocketOptions = {},
): Transport<TLogic> {
  const { WebSocket } = options;
  const heartbeatMs = parseHeartbeat(options);
  refuseNoSocket(WebSocket);
  if (!isAddress(url)) expected('`url` to be the address of a WebSocket server, such as "wss://example.org"', url);
  return {
    losesWhileUp: false,
    survivesDown: true,
    text: textCodec,
    open(receiver) {
      let delayMs: number = RECONNECT_MS[0];
      let timer: ReturnType<typeof setTimeout> | undefined;
      let pulse: Pulse | undefined;
      let outflow: Outflow | undefined;
      let connection: Subscription | undefined;
      let socket: WebSocketSubject<string>;
      const up = ({ target }: Event) => {
        delayMs = RECONNECT_MS[0];
        const flow = (outflow = new Outflow(target as BufferingSocket, () => {
          pulse?.heard();
          receiver.drained();
        }));
        pulse = createPulse(
          heartbeatMs,
          () => socket.next(ASK),
          down,
          () => flow.waiting,
        );
        receiver.up();
      };
      function down(reason?: unknown): void {
        part();
        receiver.down(reason, delayMs);
        timer = setTimeout(subscribe, delayMs);
        delayMs = Math.min(delayMs * 2, RECONNECT_MS[1]);
      }
      // A dead socket takes its time to close: the next one neither waits for it nor hears of it.
      function part(): void {
        clearTimeout(timer);
        pulse?.stop();
        outflow?.stop();
        outflow = undefined;
        connection?.unsubscribe();
      }
      function subscribe(): void {
        socket = connect<string>({
          url,
          ...(WebSocket === undefined ? undefined : { WebSocketCtor: WebSocket as never }),
          openObserver: { next: up },
          serializer: (text) => text,
          deserializer: ({ data }) => data as string,
        });
        connection = socket.subscribe({
          next: (data) => {
            pulse?.heard();
            if (data !== ASK) take(data);
          },
          error: (error: unknown) => down(failure(url, error)),
          complete: () => down(),
        });
      }
      // What is damaged once is not what was sent, and neither may be what comes next.
      function take(data: string): void {
        let frame: unknown;
        try {
          frame = decodeFrame(data);
        } catch (error) {
          receiver.refused(error);
          return down(error);
        }
        receiver.frame(frame);
      }
      subscribe();
      return {
        send(frame) {
          socket.next(encodeFrame(frame));
          outflow?.noteSent();
        },
        get isFull() {
          return outflow?.isFull;
        },
        reopen: down,
        close: part,
      };
    },
  };
}

function refuseNoSocket(given: unknown): void {
  if (typeof given === 'function' || (given === undefined && 'WebSocket' in globalThis)) return;
  const advice = 'There is no global one here: give that of the package `ws`, as `{ WebSocket }`.';
  expected('`WebSocket` to be a class', given, given === undefined ? advice : '');
}

/** Whether a connection to it can be tried at all; a page may say it relative to its own address. */
function isAddress(url: unknown): boolean {
  const { location } = globalThis as { readonly location?: { readonly href: string } };
  try {
    return /^(wss?|https?)[:+]/.test(new URL(url as string, location?.href).protocol);
  } catch {
    return false;
  }
}

/** An error; or an event, which in browsers keeps to itself what it knows. */
function failure(url: string, error: unknown): Error {
  if (error instanceof Error) return error;
  const { message, code } = error as { readonly message?: string; readonly code?: number };
  return new Error(`no connection to ${url}${message || code ? ` (${message || code})` : ''}`, { cause: error });
}
