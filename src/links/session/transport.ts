/** What a transport is: the little that a link needs to know of a port, a tab or a socket. */
import type { AnyActorLogic } from 'xstate';
import type { Frame } from './frame.js';

/** What a peer runs. */
export type PeerLogic = AnyActorLogic;

/** Names the property of {@link Transport} that no transport has. */
declare const PEER_LOGIC: unique symbol;

/** Writes plain values as text, and reads them. */
export interface TextCodec {
  /** Throws for what cannot be written. */
  write(value: unknown): string;
  /** Throws for what was not written like that: it is untrusted. */
  read(text: string): unknown;
}

/** Carries frames between this process and one peer; `transportContract` of `xstate-panorama/testing/contracts` judges it. */
export interface Transport<TLogic extends PeerLogic = PeerLogic> {
  /** What the peer runs, for the compiler alone: snapshots are typed by it. */
  readonly [PEER_LOGIC]?: TLogic;
  /**
   * Whether frames may be lost, repeated, damaged or overtaken while it is up. Then the link sends again what is not
   * acknowledged in time; else nothing is ever sent again, and a gap means that the way is not what it says.
   */
  readonly losesWhileUp: boolean;
  /**
   * Whether it may be up again once it was down. Then the link keeps what the peer has not acknowledged, and goes on where
   * the peer is; else it is over when the way goes down.
   */
  readonly survivesDown: boolean;
  /**
   * How values become text, where text is what it carries. Then frames are small, some 32 KiB, and a larger message goes in
   * pieces: what else there is to say need not wait for all of it. Undefined where values are carried as they are, as by
   * structured clone.
   */
  readonly text?: TextCodec | undefined;
  /**
   * Opens the way to the peer. May be called again after it was closed.
   *
   * @param ends The ids of this process and of the peer, for transports that carry them.
   */
  open(receiver: FrameReceiver, ends: { readonly from: string; readonly to: string }): FrameSender;
}

/** Leads nowhere yet: what is sent waits for another way. */
export const NO_WAY: Transport = {
  losesWhileUp: false,
  survivesDown: false,
  open: () => ({ send: () => undefined, close: () => undefined }),
};

/** What a transport tells its link. */
export interface FrameReceiver {
  /** Frames can be sent now. Again after `down`. */
  up(): void;
  /** A frame came in. It may be anything: the link checks it. */
  frame(value: unknown): void;
  /** Something came in that cannot be a frame, or was damaged on the way. */
  refused(reason: unknown): void;
  /**
   * The way is cut, or could not be opened; the transport tries by itself to restore it, and says `up` when it has.
   *
   * @param nextMs In how many milliseconds it tries again, where that is known.
   */
  down(reason?: unknown, nextMs?: number): void;
  /** Some of what was waiting in this program has gone out: the way lives, and is not full any more. */
  drained(): void;
  /** The peer's program is gone, without a good-bye; the way may lead to another life of it. */
  gone(reason: unknown): void;
  /** The way is gone for good. */
  closed(reason?: unknown): void;
}

/** The link's end of an open transport. */
export interface FrameSender {
  /** Sends a frame if the transport is up. */
  send(frame: Frame): void;
  /**
   * Whether so much is waiting in this program, given to the way and not gone out, that nothing large should be added until
   * {@link FrameReceiver.drained}. Undefined: never.
   */
  readonly isFull?: boolean | undefined;
  /**
   * Makes the way anew, as something was lost on it that loses nothing while it is up: `down`, and `up` again. There where
   * the transport survives being down.
   */
  readonly reopen?: ((reason: Error) => void) | undefined;
  /** Parts from the way; what was sent before still goes out. */
  close(): void;
}

/** Opens a transport, of which nothing is heard any more once it is closed. */
export function openWay(
  transport: Transport,
  receiver: FrameReceiver,
  ends: Parameters<Transport['open']>[1],
): FrameSender {
  let isOpen = true;
  const sender = transport.open(
    {
      up: () => isOpen && receiver.up(),
      frame: (value) => isOpen && receiver.frame(value),
      refused: (reason) => isOpen && receiver.refused(reason),
      down: (reason, nextMs) => isOpen && receiver.down(reason, nextMs),
      drained: () => isOpen && receiver.drained(),
      gone: (reason) => isOpen && receiver.gone(reason),
      closed: (reason) => isOpen && receiver.closed(reason),
    },
    ends,
  );
  return {
    send: (frame) => sender.send(frame),
    get isFull() {
      return sender.isFull;
    },
    reopen: sender.reopen && ((reason) => sender.reopen!(reason)),
    close() {
      isOpen = false;
      sender.close();
    },
  };
}
