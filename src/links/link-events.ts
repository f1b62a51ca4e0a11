/** What a process tells of its links: to who subscribes, or to the log. */
import type { Observable } from 'rxjs';
import { messageOf, PanoramaError } from '../errors.js';
import { OrderedSubject } from '../ordered-subject.js';
import type { Backlog } from './session/outbox.js';

/** What has happened to a link. */
export type LinkEvent = { readonly peer: string } & (
  | { readonly type: 'link.connected' | 'link.left' }
  /** The way is cut for now, and is being restored; envelopes wait. */
  | { readonly type: 'link.cut'; readonly reason: unknown }
  /**
   * The way could not be opened, or restored, and is tried again: for the how many-th time in a row, for how long by now,
   * and when next, where that is known. The first of a row is logged when there is no subscriber.
   */
  | {
      readonly type: 'link.waiting';
      readonly reason: unknown;
      readonly tries: number;
      readonly waitedMs: number;
      readonly nextMs: number | undefined;
    }
  /** The peer's program is gone, without a good-bye. Another life of it may come. */
  | { readonly type: 'link.gone'; readonly reason: unknown }
  /** Another life of the peer has answered; what the last one had not got is lost. */
  | { readonly type: 'link.replaced' }
  /** Nothing was heard of the peer for its `silenceMs`: it may be gone. */
  | { readonly type: 'link.silent' }
  /**
   * Half of what may wait for the peer does, as an earlier task left it: it takes things more slowly than they are sent, or
   * is not there. At the limit the link fails. Ends with `link.drained`, at a quarter; or with the link's peer.
   */
  | { readonly type: 'link.backlogged' | 'link.drained'; readonly backlog: Backlog }
  /** Something that came in was dropped. */
  | { readonly type: 'link.refused'; readonly error: PanoramaError }
  /** Another life of this process, known to the peer, acts in its place: see `onSuperseded`. */
  | { readonly type: 'life.superseded'; readonly by: string; readonly error: PanoramaError }
  /** Under supervision, the peer has not come back: for so long that somebody should see to it. */
  | { readonly type: 'link.overdue'; readonly error: PanoramaError }
  /** The link is over, and its channels with it; or an event could not be sent, as the peer has left. */
  | { readonly type: 'link.failed'; readonly error: PanoramaError }
);

/** The events of all links of one process. */
export class LinkEvents {
  private readonly events = new OrderedSubject<LinkEvent>();
  /** Peers that have left, and that events were sent to since. */
  private readonly missed = new Set<string>();

  /** @param log Takes what must not go unheard, and nobody has subscribed to. */
  constructor(
    private readonly id: string,
    private readonly log: (message: string) => void,
  ) {}

  get links$(): Observable<LinkEvent> {
    return this.events.asObservable();
  }

  tell(event: LinkEvent): void {
    if (this.events.observed) this.events.next(event);
    else if ('error' in event) this.log(event.error.message);
    else if (event.type === 'link.waiting' && event.tries === 1) this.log(sayWaiting(this.id, event));
  }

  /** An event for a peer that has left was dropped. A subscriber is told of each; the log of the first. */
  tellUnsent(peer: string, type: string): void {
    if (this.missed.has(peer) && !this.events.observed) return;
    this.missed.add(peer);
    const message = `Expected a peer that is there, got event "${type}" for "${peer}", which has left. The event was dropped.`;
    this.tell({ type: 'link.failed', peer, error: new PanoramaError('no-channel', message) });
  }

  /** A peer is there again. */
  forgive(peer: string): void {
    this.missed.delete(peer);
  }

  complete(): void {
    this.events.complete();
  }
}

function sayWaiting(id: string, { peer, reason }: LinkEvent & { readonly type: 'link.waiting' }): string {
  const why = messageOf(reason);
  return `Expected a way from process "${id}" to "${peer}", got none yet: ${why}. It is tried again and again; \`links$\` tells (\`link.waiting\`).`;
}

/** Why a life of a process acts no more. */
export function superseded(id: string, peer: string): PanoramaError {
  return new PanoramaError(
    'superseded',
    `Expected this to be the only life of process "${id}", got word from "${peer}" of a later one: this one acts no more. Create it anew to act in place of the other; or give each an id of its own (\`unique\`).`,
  );
}
