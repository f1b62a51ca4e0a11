/** Events of several programs in one order, in which nothing is received before it was sent. */
import type { TraceEvent } from '../trace.js';
import type { EventOrder } from './picture.js';
import type { InspectorEvent } from './protocol.js';

type AnyEvent = TraceEvent | InspectorEvent;

/** How long a receipt waits for its sending, in milliseconds: its program may be slow to tell, or be gone. */
const HOLD_MS = 1000;
/** Markers that are remembered: those to a process that is not in the picture are never received there. */
const MOST_MARKS = 10_000;

/**
 * Holds back what a program tells, from the receipt of an envelope on, until the program that sent it has told of that.
 * Programs tell in batches, each in its own order, so a receipt may be heard of first.
 */
export class Interleaving implements EventOrder {
  /** By source: what is held back, oldest first. */
  private readonly held = new Map<object, AnyEvent[]>();
  /** By channel: the highest number of a message whose sending was told of. */
  private readonly sent = new Map<string, number>();
  /** Markers and control messages whose sending was told of, and whose receipt was not. */
  private readonly marks = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param isSentElsewhere Whether what comes on this channel is sent by another source than this one.
   * @param emit Takes the events in their order.
   */
  constructor(
    private readonly isSentElsewhere: (channel: string, source: object) => boolean,
    private readonly emit: (event: AnyEvent) => void,
  ) {}

  take(source: object, event: AnyEvent): void {
    const queue = this.held.get(source);
    if (queue !== undefined) queue.push(event);
    else if (this.isReady(source, event)) this.pass(event);
    else this.held.set(source, [event]);
    this.drain();
  }

  /** Passes everything on, whether its sending was told of or not. */
  flush(): void {
    const queues = [...this.held.values()];
    this.held.clear();
    for (const event of queues.flat()) this.pass(event);
    this.drain();
  }

  private drain(): void {
    let isMoving = true;
    while (isMoving) {
      isMoving = false;
      for (const [source, queue] of this.held) {
        while (queue.length > 0 && this.isReady(source, queue[0]!)) {
          this.pass(queue.shift()!);
          isMoving = true;
        }
        if (queue.length === 0) this.held.delete(source);
      }
    }
    if (this.held.size === 0) {
      clearTimeout(this.timer);
      this.timer = undefined;
    } else this.timer ??= setTimeout(() => this.flush(), HOLD_MS);
  }

  private isReady(source: object, event: AnyEvent): boolean {
    if (!isReceipt(event) || !this.isSentElsewhere(event.channel, source)) return true;
    return 'seq' in event ? (this.sent.get(event.channel) ?? 0) >= event.seq : this.marks.has(markOf(event));
  }

  private pass(event: AnyEvent): void {
    if (event.type === 'message.sent') this.note(event);
    else if (event.type === 'marker.sent' || event.type === 'control.sent') this.mark(event);
    else if (isReceipt(event)) {
      if ('seq' in event) this.note(event);
      else this.marks.delete(markOf(event));
    }
    this.emit(event);
  }

  private mark(event: { readonly channel: string; readonly snapshotId: string }): void {
    this.marks.add(markOf(event));
    const [oldest] = this.marks;
    if (this.marks.size > MOST_MARKS) this.marks.delete(oldest!);
  }

  private note({ channel, seq }: { readonly channel: string; readonly seq: number }): void {
    this.sent.set(channel, Math.max(this.sent.get(channel) ?? 0, seq));
  }
}

function isReceipt(event: AnyEvent): event is AnyEvent & { type: `${'message' | 'marker' | 'control'}.received` } {
  return event.type === 'message.received' || event.type === 'marker.received' || event.type === 'control.received';
}

function markOf({ channel, snapshotId }: { readonly channel: string; readonly snapshotId: string }): string {
  return `${channel} ${snapshotId}`;
}
