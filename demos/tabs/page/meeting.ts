/** How tabs find one another, and learn that one is gone. */
import type { LinkedProcessHandle } from 'xstate-panorama';
import { broadcastChannel } from 'xstate-panorama/broadcast-channel';

/** What tabs call out: that they are there. */
interface Call {
  readonly here: string;
  /** Whether the others are to call back. */
  readonly isNew: boolean;
}

/** Where a tab stands in the meeting. */
export interface MeetingOptions {
  readonly id: string;
  readonly name: string;
  readonly process: Pick<LinkedProcessHandle, 'addPeer' | 'removePeer' | 'links$'>;
  readonly onJoined: (id: string) => void;
  readonly onGone: (id: string) => void;
}

/**
 * Joins the meeting: all tabs of this origin that use the same name. The links tell when one stops or is gone, however it
 * went: a `broadcastChannel` knows by a Web Lock.
 */
export function joinMeeting({ id, name, process, onJoined, onGone }: MeetingOptions): void {
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
  };
  process.links$.subscribe(({ type, peer }) => {
    if (type === 'link.left' || type === 'link.gone') part(peer);
  });
  channel.addEventListener('message', ({ data }: MessageEvent<Partial<Call>>) => {
    const { here, isNew } = data ?? {};
    if (typeof here !== 'string' || here === id) return;
    if (isNew) call(false);
    meet(here);
  });
  const call = (isNew: boolean) => channel.postMessage({ here: id, isNew } satisfies Call);
  call(true);
}
