/** Frames over `postMessage`: threads, workers, iframes. */
import { isFrameLike } from '../links/session/frame.js';
import type { FrameReceiver, PeerLogic, Transport } from '../links/session/transport.js';

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

/**
 * Creates a transport over a message port: a `Worker` or the worker's own global scope, a `MessagePort` (of a
 * `MessageChannel`, a `SharedWorker`, or handed to an iframe), Node's `worker_threads` `Worker`, `parentPort` or `MessagePort`.
 *
 * The port may carry other messages too: they are left alone. It is not closed when the process stops: it is the caller's.
 *
 * @typeParam TLogic What the peer runs, by which snapshots are typed: `messagePort<typeof workerMachine>(worker)`.
 * @param port The port, whose other end is in the peer's program.
 */
export function messagePort<TLogic extends PeerLogic = PeerLogic>(port: PortLike): Transport<TLogic> {
  return {
    isReliable: true,
    open(receiver) {
      const stop = listen(port, receiver);
      (port as { start?(): void }).start?.();
      queueMicrotask(() => receiver.up());
      return { send: (frame) => port.postMessage(frame), close: stop };
    },
  };
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
        message: take,
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
