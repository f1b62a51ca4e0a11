import { Subject, type Observable } from 'rxjs';
import type { EventObject } from 'xstate';
import type { Envelope, Message } from './envelope.js';
import { PanoramaError } from './errors.js';
import { createQueue, type PendingChannel, type Schedule } from './schedule.js';

/** The end of a channel that its sender knows. */
export interface SendingEnd {
  /** The channel's id, `from->to`. */
  readonly id: string;
  /** Puts an envelope on the channel, behind all others. */
  send(envelope: Envelope): void;
  /** Throws when the channel could not carry this event. */
  check?(event: EventObject): void;
}

/** The end of a channel that its receiver knows. */
export interface ReceivingEnd {
  /** The channel's id, `from->to`. */
  readonly id: string;
  /** The envelopes as they arrive, each on a clean stack. */
  readonly envelopes$: Observable<Envelope>;
  /** Lets deliveries begin: the receiver has started. */
  open(): void;
}

/** The receiving end of a channel, as far as the channel cares. */
export interface Receiver {
  /** Whether it is in the middle of a step, in which nothing can be handed over with all its consequences. */
  readonly isBusy: boolean;
}

/**
 * A directed FIFO link within one program: envelopes wait until the schedule hands them, oldest first, to an RxJS subject.
 * Delivery never happens on the sender's stack (trap 2), nor before the receiver has started (trap 3).
 */
export class Channel implements PendingChannel, SendingEnd, ReceivingEnd {
  protected readonly queue = createQueue<Envelope>();
  private readonly subject = new Subject<Envelope>();
  private isClosed = false;
  private isOpen = false;
  private isDelivering = false;

  constructor(
    readonly id: string,
    private readonly schedule: Schedule,
    private readonly receiver: Receiver,
  ) {}

  get envelopes$(): Observable<Envelope> {
    return this.subject;
  }

  get size(): number {
    return this.queue.size;
  }

  /** The oldest envelope on it. */
  get head(): Envelope | undefined {
    return this.queue.peek();
  }

  get isMarkerNext(): boolean {
    return this.head?.type === 'marker';
  }

  /** The messages that are on it, oldest first. */
  get messages(): Message[] {
    return [...this.queue].filter((envelope) => envelope.type === 'message');
  }

  /** After {@link close} it goes nowhere: nobody is left to take it. */
  send(envelope: Envelope): void {
    if (this.isClosed) return;
    this.queue.push(envelope);
    if (this.isOpen && !this.isDelivering && this.queue.size === 1) this.schedule.ready(this);
  }

  open(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    if (this.queue.size > 0) this.schedule.ready(this);
  }

  deliver(): void {
    if (this.receiver.isBusy) {
      throw new PanoramaError(
        'not-running',
        `Expected the receiver of channel "${this.id}" to be between two steps, got a delivery from within one of its own actions or subscribers. Deliver after \`send\` has returned.`,
      );
    }
    const envelope = this.queue.shift();
    if (envelope === undefined) return;
    this.isDelivering = true;
    try {
      this.subject.next(envelope);
    } finally {
      this.isDelivering = false;
    }
  }

  /** Ends the channel; what was still on it is dropped. */
  close(): void {
    this.isClosed = true;
    while (this.queue.shift() !== undefined);
    this.subject.complete();
  }
}
