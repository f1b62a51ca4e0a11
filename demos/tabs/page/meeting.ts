/** How tabs find one another, and learn that one is gone. */
import type { LinkedProcessFace } from 'xstate-panorama';
import { broadcastChannel } from 'xstate-panorama/broadcast-channel';

/** What tabs call out: that they are there. */
interface Call {
  readonly here: string;
  /** Whether the others are to call back. */
  readonly isNew: boolean;
}

const lockOf = (id: string) => `tab ${id}`;

/** Where a tab stands in the meeting. */
export interface MeetingOptions {
  readonly id: string;
  readonly name: string;
  readonly process: Pick<LinkedProcessFace, 'addPeer' | 'removePeer' | 'links$'>;
  readonly onJoined: (id: string) => void;
  readonly onGone: (id: string) => void;
}

/**
 * Joins the meeting: all tabs of this origin that use the same name.
 *
 * A tab holds a lock for as long as it lives, and whoever gets the lock of another tab knows that this one is gone, however
 * it went. A heartbeat would not do: the timers of tabs in the background are slow.
 */
export async function joinMeeting({ id, name, process, onJoined, onGone }: MeetingOptions): Promise<void> {
  const channel = new BroadcastChannel(name);
  const known = new Set<string>();
  const part = (peer: string) => {
    if (!known.delete(peer)) return;
    onGone(peer);
    process.removePeer(peer);
  };
  const meet = (peer: string) => {
    if (known.has(peer)) return;
    known.add(peer);
    process.addPeer(peer, broadcastChannel(channel));
    onJoined(peer);
    void navigator.locks.request(lockOf(peer), { mode: 'shared' }, () => part(peer));
  };
  process.links$.subscribe(({ type, peer }) => {
    if (type === 'link.left') part(peer);
  });
  channel.addEventListener('message', ({ data }: MessageEvent<Partial<Call>>) => {
    const { here, isNew } = data ?? {};
    if (typeof here !== 'string' || here === id) return;
    if (isNew) call(false);
    meet(here);
  });
  const call = (isNew: boolean) => channel.postMessage({ here: id, isNew } satisfies Call);
  await new Promise<void>((resolve) => {
    void navigator.locks.request(lockOf(id), () => {
      resolve();
      return new Promise(() => undefined); // until the tab is gone
    });
  });
  call(true);
}
