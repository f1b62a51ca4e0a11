/** What a transport is: the little that a link needs to know of a port, a tab or a socket. */
import type { AnyActorLogic } from 'xstate';
import type { Frame } from './frame.js';

/** What a peer runs. */
export type PeerLogic = AnyActorLogic;

/** Names the property of {@link Transport} that no transport has. */
declare const PEER_LOGIC: unique symbol;

/** Carries frames between this process and one peer; `transportContract` of `xstate-panorama/testing/contracts` judges it. */
export interface Transport<TLogic extends PeerLogic = PeerLogic> {
  /** What the peer runs, for the compiler alone: snapshots are typed by it. */
  readonly [PEER_LOGIC]?: TLogic;
  /**
   * Whether frames arrive in order, each once and undamaged, for as long as the transport is up; and whether it is over
   * once it goes down. Where not, the link numbers, acknowledges and resends, and makes it so.
   */
  readonly isReliable: boolean;
  /**
   * Opens the way to the peer. May be called again after it was closed.
   *
   * @param ends The ids of this process and of the peer, for transports that carry them.
   */
  open(receiver: FrameReceiver, ends: { readonly from: string; readonly to: string }): FrameSender;
}

/** Leads nowhere yet: what is sent waits for another way. */
export const NO_WAY: Transport = {
  isReliable: true,
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
  /** The peer's program is gone, without a good-bye; the way may lead to another life of it. */
  gone(reason: unknown): void;
  /** The way is gone for good. */
  closed(reason?: unknown): void;
}

/** The link's end of an open transport. */
export interface FrameSender {
  /** Sends a frame if the transport is up. */
  send(frame: Frame): void;
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
      gone: (reason) => isOpen && receiver.gone(reason),
      closed: (reason) => isOpen && receiver.closed(reason),
    },
    ends,
  );
  return {
    send: (frame) => sender.send(frame),
    close() {
      isOpen = false;
      sender.close();
    },
  };
}
