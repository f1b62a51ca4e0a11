/** What a session carries once it stands: envelopes, numbered, acknowledged, sent again, held back where they are not taken. */
import type { Envelope } from '../../channel/envelope.js';
import type { Host } from '../../host.js';
import { packItems, parseItems, type Data } from './frame.js';
import { Inbox, Outbox } from './outbox.js';
import { Timers } from './timers.js';

/** When to acknowledge at the latest, and when to send again what is not acknowledged (doubles while nothing is); unreliable transports only. */
const ACKNOWLEDGE_MS = 20;
const RESEND_MS = [500, 8000] as const;

/** The part of a frame with envelopes that is not the session's. */
export type Parcel = Omit<Data, 'panorama' | 'type' | 'session' | 'to'>;

/** The session. */
export interface DeliveryOwner {
  readonly host: Host;
  /** Whether both sides have answered one another. */
  readonly isConnected: boolean;
  /** Whether the transport is: then nothing is acknowledged. */
  readonly isReliable: boolean;
  send(parcel: Parcel): void;
  /** An envelope has come in, in order. Throws when that is not so after all. */
  onReceived(envelope: Envelope): void;
  fail(why: string, cause?: unknown): void;
}

/** Both directions of one session. */
export class Delivery {
  private readonly outbox = new Outbox();
  private readonly inbox = new Inbox();
  private readonly timers: Timers<'acknowledge' | 'resend'>;
  private resendMs: number = RESEND_MS[0];
  private isFlushDue = false;

  constructor(private readonly owner: DeliveryOwner) {
    this.timers = new Timers(owner.host.clock);
  }

  /** How many envelopes are waiting to be sent or acknowledged. */
  get waiting(): number {
    return this.outbox.size;
  }

  /** Whether application messages are among them. */
  get hasMessages(): boolean {
    return this.outbox.hasMessages;
  }

  /** How many envelopes of this peer have come in. */
  get received(): number {
    return this.inbox.received;
  }

  /** Puts an envelope behind all others; it goes out when this task ends. */
  push(envelope: Envelope): void {
    this.outbox.push(envelope);
    this.flushSoon();
  }

  /** The process has taken the next envelope. */
  giveCredit(): void {
    this.inbox.taken++;
    if (this.inbox.isTakenDue) this.flushSoon();
  }

  /** Whether a hello has come late, behind what acknowledges more than it. */
  isOvertaken(received: number): boolean {
    return !this.owner.isReliable && this.outbox.isOvertaken(received);
  }

  /** Fails the session if the peer claims to have, or to have taken, what it cannot have. Returns whether it does. */
  refuseClaim(received: number, taken = 0): boolean {
    if (this.outbox.isPossible(received) && taken <= received) return false;
    this.owner.fail(`it claims to have ${received} envelopes of ${this.outbox.nextToSend - 1}`);
    return true;
  }

  /** The session stands, and the peer has so many envelopes. */
  resume(received: number): void {
    this.acknowledge(received);
    if (!this.owner.isReliable) this.outbox.rewind();
    this.flush();
  }

  /** The way is cut, or leads nowhere. */
  pause(): void {
    for (const name of ['acknowledge', 'resend'] as const) this.timers.cancel(name);
  }

  /** Another life of the peer begins at the first envelope, and knows nothing of what came before. */
  forgetPeer(): void {
    this.inbox.clear();
    this.outbox.forgetTaken();
  }

  /** Drops what is waiting. Returns how many. */
  drop(): number {
    const { size } = this.outbox;
    this.outbox.clear();
    return size;
  }

  // What goes out.

  private flushSoon(): void {
    if (this.isFlushDue) return;
    this.isFlushDue = true;
    this.owner.host.task(() => {
      this.isFlushDue = false;
      this.flush();
    });
  }

  /** Sends what may be sent. */
  flush(): void {
    while (this.owner.isConnected) {
      const due = this.outbox.due();
      if (due.length === 0) break;
      this.send(due, false);
    }
    if (!this.owner.isConnected) return;
    if (this.inbox.isDue) this.send([], false);
    if (!this.owner.isReliable && this.outbox.isUnacknowledged && !this.timers.has('resend')) {
      this.timers.set('resend', this.resendMs, this.resend);
      this.resendMs = Math.min(this.resendMs * 2, RESEND_MS[1]);
    }
  }

  private send(envelopes: readonly Envelope[], again: boolean): void {
    const { nextToSend: first } = this.outbox;
    this.outbox.noteSent(envelopes.length, this.owner.isReliable);
    const { received, taken } = this.inbox.tell();
    const items = packItems(envelopes);
    this.timers.cancel('acknowledge');
    this.owner.send({ first, items, received, taken, again });
  }

  private readonly resend = () => {
    this.outbox.rewind();
    this.flush();
  };

  private acknowledge(received: number): void {
    if (!this.outbox.acknowledge(received)) return;
    this.timers.cancel('resend');
    this.resendMs = RESEND_MS[0];
  }

  // What comes in.

  /** A frame with envelopes has come in. */
  arrive({ first, items, received, taken, again }: Parcel): void {
    if (this.refuseClaim(received, taken)) return;
    if (!this.owner.isReliable) this.acknowledge(received);
    this.outbox.noteTaken(taken);
    const missing = first - this.inbox.received - 1;
    if (missing > 0) this.gap(missing);
    const envelopes = missing > 0 ? [] : parseItems(items, -missing);
    for (const envelope of envelopes) {
      if (!this.owner.isConnected) return;
      this.inbox.received++;
      try {
        this.owner.onReceived(envelope);
      } catch (error) {
        return this.owner.fail('what came in is out of order', error);
      }
    }
    if (!this.owner.isReliable && items.length > 0) this.acknowledgeSoon(envelopes.length === 0);
    if (again) this.resend();
    else if (this.outbox.size > 0) this.flushSoon();
  }

  private gap(missing: number): void {
    if (!this.owner.isReliable) return this.askAgain();
    this.owner.fail(`${missing} envelope(s) after number ${this.inbox.received} are lost`);
  }

  /** Something was damaged on its way, or is missing: the peer is to send it again. */
  askAgain(): void {
    if (!this.timers.has('acknowledge')) this.timers.set('acknowledge', ACKNOWLEDGE_MS, () => this.send([], true));
  }

  private acknowledgeSoon(isRepeat: boolean): void {
    if (this.inbox.isDue) this.flushSoon();
    else if (isRepeat || this.inbox.isUntold) {
      if (!this.timers.has('acknowledge')) this.timers.set('acknowledge', ACKNOWLEDGE_MS, () => this.send([], false));
    }
  }
}
