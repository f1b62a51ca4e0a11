/** Frames over a `BroadcastChannel`: tabs of one origin. */
import type { Transport } from '../links/transport.js';

/** A `BroadcastChannel`, as far as it is needed. */
export interface BroadcastChannelLike {
  postMessage(message: unknown): void;
  addEventListener(type: string, listener: (event: { readonly data?: unknown }) => void): void;
  removeEventListener(type: string, listener: (event: { readonly data?: unknown }) => void): void;
}

/** A frame with the ids of the processes that it travels between: everybody hears everything. */
interface Addressed {
  readonly panoramaFrom: string;
  readonly panoramaTo: string;
  readonly frame: unknown;
}

/**
 * Creates a transport to one peer over a `BroadcastChannel`. One channel can serve any number of peers, and other messages.
 *
 * Tabs come late, and one in the back/forward cache hears nothing: both sides say hello until they are answered, and send
 * again what was not acknowledged. A page that the browser drops from the cache, as Chromium does when something is posted
 * meanwhile, comes back as another life of its process. The channel is not closed when the process stops: it is the caller's.
 *
 * @param channel `new BroadcastChannel(name)`, with the same name in every tab.
 */
export function broadcastChannel(channel: BroadcastChannelLike): Transport {
  return {
    isReliable: false,
    open(receiver, { from, to }) {
      const take = ({ data }: { readonly data?: unknown }) => {
        const { panoramaFrom, panoramaTo, frame } = (data ?? {}) as Partial<Addressed>;
        if (panoramaFrom === to && panoramaTo === from) receiver.frame(frame);
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
      queueMicrotask(() => receiver.up());
      return {
        send: (frame) => channel.postMessage({ panoramaFrom: from, panoramaTo: to, frame } satisfies Addressed),
        close() {
          channel.removeEventListener('message', take);
          channel.removeEventListener('messageerror', damaged);
          globalThis.removeEventListener?.('pageshow', shown);
        },
      };
    },
  };
}
