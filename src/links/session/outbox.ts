/** What both sides of a session count: what has gone out, what has come in, and what of it is known to the other side. */
import type { Envelope } from '../../channel/envelope.js';
import { MAX_ITEMS } from './frame.js';

/** Items that may be under way to a peer that has not taken them: back-pressure. The others wait on this side. */
const WINDOW = 16 * MAX_ITEMS;

/** Items on their way out, numbered from 1. */
export class Outbox {
  /** Not acknowledged (unreliable transports) or not sent. The first has the number `first`. */
  private items: Envelope[] = [];
  private first = 1;
  private next = 1;
  private takenByPeer = 0;

  /** The number of the item that is sent next. */
  get nextToSend(): number {
    return this.next;
  }

  /** How many are waiting. */
  get size(): number {
    return this.items.length;
  }

  /** Whether some were sent and not acknowledged. */
  get isUnacknowledged(): boolean {
    return this.next > this.first;
  }

  /** Whether application messages are among them: of a process that has stopped, only these are missed. */
  get hasMessages(): boolean {
    return this.items.some(({ type }) => type === 'message');
  }

  push(item: Envelope): void {
    this.items.push(item);
  }

  /** The next items that may be sent, at most a frame of them; the caller sends them and calls {@link noteSent}. */
  due(): readonly Envelope[] {
    const index = this.next - this.first;
    const room = WINDOW + this.takenByPeer - (this.next - 1);
    return room <= 0 ? [] : this.items.slice(index, index + Math.min(room, MAX_ITEMS));
  }

  /** @param isForGood Whether they need not be kept for being sent again. */
  noteSent(count: number, isForGood: boolean): void {
    this.next += count;
    if (!isForGood) return;
    this.items = this.items.slice(this.next - this.first);
    this.first = this.next;
  }

  /** Whether the peer can have had so many. */
  isPossible(received: number): boolean {
    return received < this.next;
  }

  /** Whether the peer has said since that it has had more. */
  isOvertaken(received: number): boolean {
    return received + 1 < this.first;
  }

  /** The peer has these. Returns whether that was news. */
  acknowledge(received: number): boolean {
    const count = received + 1 - this.first;
    if (count <= 0) return false;
    this.items = this.items.slice(count);
    this.first += count;
    this.next = Math.max(this.next, this.first);
    return true;
  }

  /** The peer's process has taken so many. */
  noteTaken(count: number): void {
    this.takenByPeer = Math.max(this.takenByPeer, count);
  }

  /** Everything that is not acknowledged is sent again. */
  rewind(): void {
    this.next = this.first;
  }

  /** Another life of the peer has taken nothing yet. */
  forgetTaken(): void {
    this.takenByPeer = 0;
  }

  /** Drops everything, and counts from 1 again. */
  clear(): void {
    this.items = [];
    this.first = this.next = 1;
    this.takenByPeer = 0;
  }
}

/** Items that came in, and what the peer has been told of them. */
export class Inbox {
  /** Without a gap. */
  received = 0;
  /** Of these, how many the process has taken. */
  taken = 0;
  private told = { received: 0, taken: 0 };

  /** Whether the peer may stand still soon if it is not told. */
  get isDue(): boolean {
    return this.isTakenDue || this.received - this.told.received >= WINDOW / 4;
  }

  get isTakenDue(): boolean {
    return this.taken - this.told.taken >= WINDOW / 4;
  }

  get isUntold(): boolean {
    return this.received > this.told.received;
  }

  /** What the peer is told now. */
  tell(): { readonly received: number; readonly taken: number } {
    const { received, taken } = this;
    return (this.told = { received, taken });
  }

  clear(): void {
    this.received = this.taken = 0;
    this.told = { received: 0, taken: 0 };
  }
}
