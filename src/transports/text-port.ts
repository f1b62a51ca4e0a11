/** Frames as text over a port that carries no more than JSON: to a browser's extension, or between Node's processes. */
import { expected, isObject, isRecord } from '../checks.js';
import type { FrameReceiver, PeerLogic, Transport } from '../links/session/transport.js';
import { decodeFrame, encodeFrame, textCodec } from './text-frame.js';

/** A `chrome.runtime.Port` (`browser.runtime.Port`), as far as it is needed. */
export interface ExtensionPortLike {
  postMessage(message: object): void;
  readonly onMessage: ExtensionEventLike;
  readonly onDisconnect: ExtensionEventLike;
}

/** An event of an extension's port. */
export interface ExtensionEventLike {
  addListener(listener: (value: unknown) => void): void;
  removeListener(listener: (value: unknown) => void): void;
}

/** A Node process with a channel to another: a `ChildProcess` that was forked, or the child's own `process`. */
export interface ForkedProcessLike {
  /** Undefined in a process that was not forked. */
  send?(message: object, callback: (error: Error | null) => void): unknown;
  on(event: string, listener: (value: unknown) => void): unknown;
  off(event: string, listener: (value: unknown) => void): unknown;
}

/** Something over which text goes, and other things. */
interface TextWay {
  send(message: object): void;
  listen(take: (value: unknown) => void, closed: (reason?: unknown) => void): () => void;
}

/**
 * Creates a transport over a port that carries JSON alone: a `chrome.runtime.Port` between the parts of an extension, or
 * Node's channel to a child process (`fork(…)` in the parent, `process` in the child). What JSON loses is kept: `Map`,
 * `Set`, `Date`, `BigInt`, `undefined`, cycles.
 *
 * The port may carry other messages too: they are left alone. It is not closed when the process stops: it is the caller's.
 *
 * @typeParam TLogic What the peer runs, by which snapshots are typed: `textPort<typeof workerMachine>(port)`.
 * @param port The port, whose other end is in the peer's program.
 * @throws `invalid-argument` for what is no such port, and for a process without a channel.
 */
export function textPort<TLogic extends PeerLogic = PeerLogic>(
  port: ExtensionPortLike | ForkedProcessLike,
): Transport<TLogic> {
  const way = wayOver(port);
  return {
    losesWhileUp: false,
    survivesDown: false,
    text: textCodec,
    open(receiver) {
      const stop = way.listen(
        (value) => take(value, receiver),
        (reason) => receiver.closed(reason),
      );
      queueMicrotask(() => receiver.up());
      return { send: (frame) => way.send({ panoramaText: encodeFrame(frame) }), close: stop };
    },
  };
}

function take(value: unknown, receiver: FrameReceiver): void {
  if (!isRecord(value) || !('panoramaText' in value)) return;
  let frame: unknown;
  try {
    frame = decodeFrame(value.panoramaText);
  } catch (error) {
    return receiver.refused(error);
  }
  receiver.frame(frame);
}

function wayOver(port: ExtensionPortLike | ForkedProcessLike): TextWay {
  if (isObject(port)) {
    if (isObject(port.onMessage)) return extensionPort(port as unknown as ExtensionPortLike);
    if (typeof port.send === 'function' && typeof port.on === 'function') return forkedProcess(port as never);
  }
  const advice = isObject(port)
    ? 'postMessage' in port
      ? 'Use `messagePort`.'
      : 'A process has a channel if it was forked, or spawned with "ipc" in its `stdio`.'
    : '';
  return expected('`port` to be a `chrome.runtime.Port`, or a process with a channel', port, advice);
}

function extensionPort(port: ExtensionPortLike): TextWay {
  return {
    send: (message) => port.postMessage(message),
    listen(take, closed) {
      const disconnected = () => closed((port as { readonly error?: unknown }).error);
      port.onMessage.addListener(take);
      port.onDisconnect.addListener(disconnected);
      return () => {
        port.onMessage.removeListener(take);
        port.onDisconnect.removeListener(disconnected);
      };
    },
  };
}

function forkedProcess(process: ForkedProcessLike): TextWay {
  let broken: (reason: unknown) => void = () => undefined;
  return {
    send: (message) => process.send!(message, (error) => error && broken(error)), // without it, that is thrown as uncaught
    listen(take, closed) {
      broken = closed;
      const disconnected = () => closed();
      const exited = (code: unknown) => closed(new Error(`its program has exited with code ${String(code)}`));
      const listeners = { message: take, disconnect: disconnected, exit: exited };
      for (const [type, listener] of Object.entries(listeners)) process.on(type, listener);
      return () => {
        for (const [type, listener] of Object.entries(listeners)) process.off(type, listener);
      };
    },
  };
}
