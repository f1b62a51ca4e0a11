import { Subject, type Observable } from 'rxjs';
import type { EventObject } from 'xstate';
import { expected } from '../checks.js';
import { PanoramaError } from '../errors.js';
import { Queue } from '../schedule/queue.js';
import type { PendingChannel, Schedule } from '../schedule/schedule.js';
import type { Envelope, Message } from './envelope.js';

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
  /** Keeps a message that was handed over and that the receiver does not take now. */
  setAside?(message: Message): void;
  /** The messages that were set aside, oldest first. */
  readonly aside?: readonly Message[];
  /** Will hand over again what was set aside, before all else. */
  putBack?(): void;
}

/** The receiving end of a channel, as far as the channel cares. */
export interface Receiver {
  /** Whether it is in the middle of a step, in which nothing can be handed over with all its consequences. */
  readonly isBusy: boolean;
}

/**
 * A directed link within one program: an RxJS subject on which envelopes wait until the schedule hands them over, oldest
 * first if the channel keeps order. Delivery never happens on the sender's stack (docs/traps.md#synchronous-delivery), nor
 * before the receiver has started (docs/traps.md#messages-of-entry-actions).
 */
export class Channel extends Subject<Envelope> implements PendingChannel, SendingEnd, ReceivingEnd {
  protected readonly queue = new Queue<Envelope>();
  private setApart: Message[] | undefined;
  private isOpen = false;
  private isDelivering = false;
  private isOver = false;

  constructor(
    readonly id: string,
    private readonly schedule: Schedule,
    private readonly receiver: Receiver,
    readonly isFifo = true,
  ) {
    super();
  }

  get envelopes$(): Observable<Envelope> {
    return this;
  }

  get size(): number {
    return this.queue.size;
  }

  /** The oldest envelope on it. */
  get head(): Envelope | undefined {
    return this.queue.peek();
  }

  get isMarkerNext(): boolean {
    const type = this.head?.type;
    return type === 'marker' || type === 'colour';
  }

  /** The position among all that waits of the oldest message that is meant; -1 without one. */
  find(isIt: (message: Message) => boolean): number {
    return [...this.queue].findIndex((envelope) => envelope.type === 'message' && isIt(envelope));
  }

  /** The messages that are on it, oldest first; also those that the receiver has set aside. */
  get messages(): Message[] {
    return [...this.aside, ...[...this.queue].filter((envelope) => envelope.type === 'message')];
  }

  get aside(): readonly Message[] {
    return this.setApart ?? [];
  }

  setAside(message: Message): void {
    (this.setApart ??= []).push(message);
  }

  putBack(): void {
    if (this.setApart === undefined) return;
    const isIdle = this.queue.size === 0;
    this.queue.putBack(this.setApart);
    this.setApart = undefined;
    if (isIdle && this.isOpen && !this.isDelivering) this.schedule.ready(this);
  }

  /** After {@link close} it goes nowhere: its receiver is gone. */
  send(envelope: Envelope): void {
    if (this.isOver) return;
    this.queue.push(envelope);
    if (this.isOpen && !this.isDelivering && this.queue.size === 1) this.schedule.ready(this);
  }

  open(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    if (this.queue.size > 0) this.schedule.ready(this);
  }

  deliver(index = 0): void {
    if (this.receiver.isBusy) {
      throw new PanoramaError(
        'not-running',
        `Expected the receiver of channel "${this.id}" to be between two steps, got a delivery from within one of its own actions or subscribers. Deliver after \`send\` has returned.`,
      );
    }
    if (index !== 0) this.refuseIndex(index);
    const envelope = this.queue.take(index);
    if (envelope === undefined) return;
    this.isDelivering = true;
    try {
      this.next(envelope);
    } finally {
      this.isDelivering = false;
    }
  }

  /** Ends the channel; what was still on it is dropped. */
  close(): void {
    this.isOver = true;
    this.queue.clear();
    this.setApart = undefined;
    this.complete();
  }

  private refuseIndex(index: number): void {
    const { id, size, isFifo } = this;
    if (!isFifo) {
      if (Number.isInteger(index) && index > 0 && index < size) return;
      expected(
        `\`index\` to be a whole number from 0 to ${size - 1}, as ${size} are pending on channel "${id}"`,
        index,
      );
    }
    const advice = 'Declare it without FIFO: ["from", "to", { fifo: false }].';
    expected(`\`index\` to be 0 on channel "${id}", which keeps order`, index, advice);
  }
}
