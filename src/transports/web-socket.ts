/** Frames over a WebSocket: the client's side. */
import { webSocket as connect, type WebSocketSubject } from 'rxjs/webSocket';
import type { FrameReceiver, Transport } from '../links/transport.js';
import { decodeFrame, encodeFrame } from './text-frame.js';

/** How long to wait before connecting again, in milliseconds; doubles up to the second number. */
const RECONNECT_MS = [100, 10_000] as const;

/** How a socket is made. */
export interface WebSocketOptions {
  /** The `WebSocket` class; default: the global one. In Node 20, give that of the package `ws`. */
  readonly WebSocket?: (new (url: string) => object) | undefined;
}

/**
 * Creates a transport over a WebSocket, with RxJS's `webSocket`. When the connection is cut it connects again, at growing
 * intervals and for as long as the process runs; nothing is lost or repeated over that.
 *
 * @param url The address of the server, which uses `webSocketServer`.
 */
export function webSocket(url: string, options: WebSocketOptions = {}): Transport {
  const { WebSocket } = options;
  return {
    isReliable: false,
    open(receiver) {
      let isOpen = true;
      let delayMs: number = RECONNECT_MS[0];
      let timer: ReturnType<typeof setTimeout> | undefined;
      const up = () => {
        delayMs = RECONNECT_MS[0];
        receiver.up();
      };
      const down = (reason?: unknown) => {
        if (!isOpen) return;
        receiver.down(reason);
        timer = setTimeout(() => subscribe(socket, receiver, down), delayMs);
        delayMs = Math.min(delayMs * 2, RECONNECT_MS[1]);
      };
      const socket = connect<string>({
        url,
        ...(WebSocket === undefined ? undefined : { WebSocketCtor: WebSocket as never }),
        openObserver: { next: up },
        serializer: (text) => text,
        deserializer: ({ data }) => data as string,
      });
      subscribe(socket, receiver, down);
      return {
        send: (frame) => socket.next(encodeFrame(frame)),
        close() {
          isOpen = false;
          clearTimeout(timer);
          socket.complete();
        },
      };
    },
  };
}

function subscribe(socket: WebSocketSubject<string>, receiver: FrameReceiver, down: (reason?: unknown) => void): void {
  socket.subscribe({
    next: (data) => {
      let frame: unknown;
      try {
        frame = decodeFrame(data);
      } catch (error) {
        return receiver.refused(error);
      }
      receiver.frame(frame);
    },
    error: (error: unknown) =>
      down(error instanceof Error ? error : new Error('the connection failed', { cause: error })),
    complete: () => down(),
  });
}
