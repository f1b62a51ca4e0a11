/** Frames over `postMessage`: threads, workers, iframes. */
import { expected, isObject } from '../checks.js';
import { isFrameLike } from '../links/session/frame.js';
import type { FrameReceiver, PeerLogic, Transport } from '../links/session/transport.js';
import { LifeLine, type LocksLike } from './life-lock.js';

export type { LocksLike } from './life-lock.js';

/** Anything with `postMessage` that tells of messages: in the way of the web, or of Node. */
export type PortLike = { postMessage(message: unknown): void } & (
  | {
      addEventListener(type: string, listener: (event: { readonly data?: unknown }) => void): void;
      removeEventListener(type: string, listener: (event: { readonly data?: unknown }) => void): void;
    }
  | {
      on(event: string, listener: (value: unknown) => void): unknown;
      off(event: string, listener: (value: unknown) => void): unknown;
    }
);

/** How the two ends know of each other's life. */
export interface MessagePortOptions {
  /** Where each end holds a lock as long as it lives; default: `navigator.locks`, where there is one. */
  readonly locks?: LocksLike | undefined;
}

/**
 * Creates a transport over a message port: a `Worker` or the worker's own global scope, a `MessagePort` (of a
 * `MessageChannel`, a `SharedWorker`, or handed to an iframe), Node's `worker_threads` `Worker`, `parentPort` or
 * `MessagePort`, Electron's `MessagePortMain`, `utilityProcess` or `process.parentPort`.
 *
 * The port may carry other messages too: they are left alone. It is not closed when the process stops: it is the caller's.
 *
 * Ports of the web do not tell that their other end is gone. Where both ends have the same Web Locks, as pages and workers of
 * one origin have, each holds one from when its link opens until it stops, and watches the other's: when that is freed and
 * no good-bye was said, as by `worker.terminate()`, the link tells `link.gone`. A worker that is busy keeps its lock. Where
 * there are no such locks, give the peer `silenceMs`.
 *
 * @typeParam TLogic What the peer runs, by which snapshots are typed: `messagePort<typeof workerMachine>(worker)`.
 * @param port The port, whose other end is in the peer's program.
 * @param options Other locks than the browser's: see {@link MessagePortOptions}.
 * @throws `invalid-argument` for what is no such port, such as a window, or carries text alone (see `textPort`).
 */
export function messagePort<TLogic extends PeerLogic = PeerLogic>(
  port: PortLike,
  { locks = (globalThis.navigator as Navigator | undefined)?.locks }: MessagePortOptions = {},
): Transport<TLogic> {
  refuseOthers(port);
  return {
    losesWhileUp: false,
    survivesDown: false,
    open(receiver, { from }) {
      const life = new LifeLine(locks, from, {
        drained,
        gone: () => receiver.gone(new Error('its page or worker is gone: its lock has been freed')),
        sharesLocks: false,
      });
      const stop = listen(port, {
        ...receiver,
        frame(frame) {
          const { lock, session } = frame as { readonly lock?: unknown; readonly session?: unknown };
          if (lock !== undefined) life.heard(lock, session);
          receiver.frame(frame);
        },
      });
      (port as { start?(): void }).start?.();
      void life.held().then(() => receiver.up());
      return {
        send(frame) {
          const { name: lock } = life;
          port.postMessage(frame.type === 'hello' && lock !== undefined ? { ...frame, lock } : frame);
        },
        close() {
          stop();
          life.end();
        },
      };
    },
  };
}

/** Resolves in a task behind those of the messages that have come in. */
async function drained(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  await new Promise((resolve) => {
    port1.onmessage = resolve;
    port2.postMessage('drained');
  });
  port1.close();
}

function listen(port: PortLike, receiver: FrameReceiver): () => void {
  const take = (value: unknown) => {
    if (isFrameLike(value)) receiver.frame(value);
  };
  const damaged = (reason: unknown) => receiver.refused(reason);
  const closed = (reason?: unknown) => receiver.closed(reason);
  const isNode = 'on' in port;
  const listeners: Record<string, (value: unknown) => void> = isNode
    ? {
        // Electron's ports tell of an event, as the web's do.
        message: (value) => take(isFrameLike(value) ? value : (value as { data?: unknown } | undefined)?.data),
        messageerror: damaged,
        close: () => closed(),
        exit: (code) => closed(new Error(`its thread has exited with code ${String(code)}`)),
      }
    : {
        message: (event) => take((event as { data: unknown }).data),
        messageerror: () => damaged(new Error('a message could not be deserialized')),
        close: () => closed(),
      };
  for (const [type, listener] of Object.entries(listeners)) {
    if (isNode) port.on(type, listener);
    else port.addEventListener(type, listener);
  }
  return () => {
    for (const [type, listener] of Object.entries(listeners)) {
      if (isNode) port.off(type, listener);
      else port.removeEventListener(type, listener);
    }
  };
}

/** Refuses what is no port; also what looks like one, and on which nothing would ever arrive. */
function refuseOthers(given: unknown): void {
  const port = (isObject(given) ? given : {}) as Record<string, unknown>;
  const advice = adviceFor(port);
  const has = (name: string) => typeof port[name] === 'function';
  const isPort = () => has('postMessage') && ((has('on') && has('off')) || has('addEventListener'));
  if (advice !== '' || !isPort()) expected('`port` to be a message port, a worker or the like', given, advice);
}

function adviceFor(port: Record<string, unknown>): string {
  // Of a window of another origin, nothing else may be looked at.
  if (port.window === port)
    return 'Hand a port of a `new MessageChannel()` to that window, and give the other one here.';
  if ('scriptURL' in port)
    return 'Hand a port of a `new MessageChannel()` to that service worker, and give the other one here.';
  if (isObject(port.port)) return 'Give the `port` of that shared worker.';
  if ('onMessage' in port || 'send' in port)
    return 'It carries text alone: use `textPort` of "xstate-panorama/text-port".';
  if (globalThis.BroadcastChannel !== undefined && port instanceof BroadcastChannel) return 'Use `broadcastChannel`.';
  return '';
}
