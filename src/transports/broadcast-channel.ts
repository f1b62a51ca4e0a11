/** Frames over a `BroadcastChannel`: tabs of one origin. */
import { expected, isObject } from '../checks.js';
import type { Hello } from '../links/session/frame.js';
import type { PeerLogic, Transport } from '../links/session/transport.js';
import { LifeLine, type LocksLike } from './life-lock.js';

export type { LocksLike } from './life-lock.js';

/** A `BroadcastChannel`, as far as it is needed. */
export interface BroadcastChannelLike {
  readonly name?: string;
  postMessage(message: unknown): void;
  addEventListener(type: string, listener: (event: { readonly data?: unknown }) => void): void;
  removeEventListener(type: string, listener: (event: { readonly data?: unknown }) => void): void;
}

/** How tabs know of one another's life. */
export interface BroadcastChannelOptions {
  /** Where each tab holds a lock as long as it lives; default: `navigator.locks`, where there is one. */
  readonly locks?: LocksLike | undefined;
}

/** A frame with the ids of the processes that it travels between: everybody hears everything. */
interface Addressed {
  readonly panoramaFrom: string;
  readonly panoramaTo: string;
  readonly frame: unknown;
  /** The name of the lock that the sender holds. */
  readonly lock?: string | undefined;
}

/**
 * Creates a transport to one peer over a `BroadcastChannel`. One channel can serve any number of peers, and other messages.
 *
 * Tabs come late, and one in the back/forward cache hears nothing: both sides say hello until they are answered, and send
 * again what was not acknowledged.
 *
 * Each tab holds a Web Lock from when its link opens until it stops, and watches its peer's: when that is freed and no
 * good-bye was said, the tab was closed, reloaded or killed, or dropped from the back/forward cache (as by Chromium, when
 * something is posted meanwhile). Its process then counts as crashed, and the link tells `link.gone`; at once, however slow
 * timers are in the background. What comes from such a tab later is another life of its process.
 *
 * @typeParam TLogic What the peer runs, by which snapshots are typed: `broadcastChannel<typeof tabMachine>(channel)`.
 * @param given `new BroadcastChannel(name)`, with the same name in every tab, which stays the caller's to close; or the
 *   name alone, of a channel that is opened and closed with the link.
 * @param options Other locks than the browser's: see {@link BroadcastChannelOptions}.
 * @throws `invalid-argument` for what is no channel, and for a name where there are no channels.
 */
export function broadcastChannel<TLogic extends PeerLogic = PeerLogic>(
  given: BroadcastChannelLike | string,
  { locks = (globalThis.navigator as Navigator | undefined)?.locks }: BroadcastChannelOptions = {},
): Transport<TLogic> {
  refuseOthers(given);
  return {
    losesWhileUp: true,
    survivesDown: true,
    open(receiver, { from, to }) {
      const own = typeof given === 'string' ? new BroadcastChannel(given) : undefined;
      const channel = own ?? (given as BroadcastChannelLike);
      const life = new LifeLine(locks, from, {
        drained: () => drained(channel),
        gone: () => receiver.gone(new Error('its page is gone: the browser has freed its lock')),
        sharesLocks: true,
      });
      const take = ({ data }: { readonly data?: unknown }) => {
        const { panoramaFrom, panoramaTo, frame, lock } = (data ?? {}) as Partial<Addressed>;
        if (panoramaFrom !== to || panoramaTo !== from) return;
        life.heard(lock, (frame as Partial<Hello> | undefined)?.session);
        receiver.frame(frame);
      };
      const damaged = () => receiver.refused(new Error('a message could not be deserialized'));
      const shown = (event: { readonly persisted?: boolean }) => {
        if (!event.persisted) return;
        receiver.down(new Error('the page was in the back/forward cache'));
        receiver.up();
      };
      channel.addEventListener('message', take);
      channel.addEventListener('messageerror', damaged);
      globalThis.addEventListener?.('pageshow', shown);
      void life.held().then(() => receiver.up()); // nothing else is told before: not all is said twice
      return {
        send: (frame) =>
          channel.postMessage({
            panoramaFrom: from,
            panoramaTo: to,
            frame,
            ...(life.name !== undefined && { lock: life.name }),
          } satisfies Addressed),
        close() {
          channel.removeEventListener('message', take);
          channel.removeEventListener('messageerror', damaged);
          globalThis.removeEventListener?.('pageshow', shown);
          life.end();
          own?.close();
        },
      };
    },
  };
}

function refuseOthers(given: unknown): void {
  const isChannel =
    isObject(given) && typeof given.postMessage === 'function' && typeof given.addEventListener === 'function';
  if (isChannel || (typeof given === 'string' && 'BroadcastChannel' in globalThis)) return;
  const advice =
    typeof given === 'string' ? 'There is no global `BroadcastChannel` here: give one that is like it.' : '';
  expected('a `BroadcastChannel`, or the name of one', given, advice);
}

/**
 * Resolves when all that was posted before has come in. Posts come in the order in which they were posted; locks are freed
 * beside them.
 */
function drained(channel: BroadcastChannelLike): Promise<void> {
  if (channel.name === undefined || !('BroadcastChannel' in globalThis)) return Promise.resolve();
  const ear = new BroadcastChannel(channel.name);
  const panoramaEcho = crypto.randomUUID();
  return new Promise<void>((resolve) => {
    ear.onmessage = ({ data }: { readonly data: unknown }) => {
      if ((data as { panoramaEcho?: unknown } | undefined)?.panoramaEcho === panoramaEcho) resolve();
    };
    channel.postMessage({ panoramaEcho });
  }).finally(() => ear.close());
}
