/** What both sides of a session count: what has gone out, what has come in, and what of it is known to the other side. */
import type { Envelope } from '../../channel/envelope.js';
import { MAX_ITEMS, type Piece } from './frame.js';

/**
 * What may be under way to a peer that has not taken it: items, and bytes of them. Back-pressure: the others wait on this
 * side. An envelope that was begun goes on, however large, so what the peer has not taken is at most this and one envelope.
 */
const WINDOW = 16 * MAX_ITEMS;
const WINDOW_BYTES = 8 * 2 ** 20;
/** How much of a window passes from one question for credit to the next. */
const ASK = WINDOW / 4;
const ASK_BYTES = WINDOW_BYTES / 4;

/** What is numbered: an envelope, or a piece of one. */
export type Item = Envelope | Piece;

/** Whether an item is a piece of an envelope. */
export function isPiece(item: Item): item is Piece {
  return 'text' in item;
}

/** Whether nothing of the envelope comes after it. */
function isLast({ at, text, length }: Piece): boolean {
  return at + text.length >= length;
}

/** An item that waits to be sent or acknowledged. */
interface Waiting {
  readonly item: Item;
  /** About how many bytes all items up to this one take. */
  readonly end: number;
}

/** What is waiting for a peer, to be sent or to be acknowledged. */
export interface Backlog {
  readonly envelopes: number;
  /** About how many bytes they take as text. */
  readonly bytes: number;
}

/** Items on their way out, numbered from 1. */
export class Outbox {
  /** Not acknowledged, or not sent; from `head` on. The first has the number `first`. */
  private items: Waiting[] = [];
  private head = 0;
  private first = 1;
  private next = 1;
  /** The number after the last that was ever sent. */
  private reached = 1;
  /** Bytes of all items up to the last one, up to the last one sent, and up to the last one that needs not be kept. */
  private pushedBytes = 0;
  private sentBytes = 0;
  private goneBytes = 0;
  private pieces = 0;
  /** Of which items the peer was asked to tell when its process has taken them, and what it has told. */
  private asked: { readonly number: number; readonly end: number }[] = [];
  private taken = { items: 0, bytes: 0 };

  /** The number of the item that is sent next. */
  get nextToSend(): number {
    return this.next;
  }

  /** How many items are waiting. */
  get size(): number {
    return this.items.length - this.head;
  }

  get backlog(): Backlog {
    return { envelopes: this.size - this.pieces, bytes: this.pushedBytes - this.goneBytes };
  }

  /** Whether application messages are among them: of a process that has stopped, only these are missed. */
  get hasMessages(): boolean {
    return this.items.some(({ item }, index) => index >= this.head && isOfMessage(item));
  }

  push(item: Envelope, bytes: number): void {
    this.pushedBytes += bytes;
    this.items.push({ item, end: this.pushedBytes });
  }

  /** The next envelope or piece, if it may be sent. */
  get upNext(): { readonly item: Item; readonly bytes: number } | undefined {
    const waiting = this.at(this.next);
    if (waiting === undefined || !this.hasRoomFor(waiting.item)) return undefined;
    return { item: waiting.item, bytes: waiting.end - this.sentBytes };
  }

  /** Puts pieces in the place of the next envelope. */
  cutNext(pieces: readonly Piece[]): void {
    const index = this.head + this.next - this.first;
    const { end } = this.items[index]!;
    const bytes = (end - this.sentBytes) / pieces.length;
    const waiting = pieces.map((item, n) => ({ item, end: end - (pieces.length - 1 - n) * bytes }));
    this.items.splice(index, 1, ...waiting);
    this.pieces += pieces.length - 1;
  }

  /** The envelopes that go into the next frame: one at least, and as many as take about so many bytes. */
  due(mostBytes = ASK_BYTES): readonly Envelope[] {
    const envelopes: Envelope[] = [];
    const most = Math.min(MAX_ITEMS, WINDOW + this.taken.items - (this.next - 1));
    for (let number = this.next; envelopes.length < most; number++) {
      const waiting = this.at(number);
      if (waiting === undefined || isPiece(waiting.item)) break;
      if (envelopes.length > 0 && waiting.end - this.sentBytes > mostBytes) break;
      envelopes.push(waiting.item);
    }
    return envelopes;
  }

  private at(number: number): Waiting | undefined {
    return this.items[this.head + number - this.first];
  }

  private hasRoomFor(item: Item): boolean {
    if (isPiece(item) && item.at > 0) return true;
    return this.next - 1 - this.taken.items < WINDOW && this.sentBytes - this.taken.bytes < WINDOW_BYTES;
  }

  /**
   * @param isForGood Whether they need not be kept for being sent again.
   * @returns Whether the peer is to tell when its process has taken them.
   */
  noteSent(count: number, isForGood: boolean): boolean {
    if (count === 0) return false;
    this.next += count;
    this.reached = Math.max(this.reached, this.next);
    this.sentBytes = this.at(this.next - 1)!.end;
    const asks = this.ask();
    if (isForGood) this.drop(this.next - this.first);
    return asks;
  }

  private ask(): boolean {
    const number = this.next - 1;
    const { number: before, end } = this.asked.at(-1) ?? { number: this.taken.items, end: this.taken.bytes };
    if (number - before < ASK && this.sentBytes - end < ASK_BYTES) return false;
    this.asked.push({ number, end: this.sentBytes });
    return true;
  }

  private drop(count: number): void {
    for (let n = 0; n < count; n++) {
      const { item, end } = this.items[this.head + n]!;
      if (isPiece(item) && !isLast(item)) this.pieces--;
      this.goneBytes = end;
    }
    this.head += count;
    this.first += count;
    if (2 * this.head <= this.items.length) return;
    this.items = this.items.slice(this.head);
    this.head = 0;
  }

  /** Whether the peer can have had so many. */
  isPossible(received: number): boolean {
    return received < this.reached;
  }

  /** Whether the peer has said since that it has had more. */
  isOvertaken(received: number): boolean {
    return received + 1 < this.first;
  }

  /** The peer has these. Returns whether that was news. */
  acknowledge(received: number): boolean {
    const count = received + 1 - this.first;
    if (count <= 0) return false;
    this.drop(count);
    if (this.next < this.first) this.rewind();
    return true;
  }

  /** The peer's process has taken so many. */
  noteTaken(count: number): void {
    if (count <= this.taken.items) return;
    let { bytes } = this.taken;
    while (this.asked.length > 0 && this.asked[0]!.number <= count) bytes = this.asked.shift()!.end;
    this.taken = { items: count, bytes };
  }

  /** Everything that is not acknowledged is sent again. */
  rewind(): void {
    this.next = this.first;
    this.sentBytes = this.goneBytes;
    this.asked = this.asked.filter(({ number }) => number < this.first);
  }

  /** Another life of the peer has taken nothing yet. */
  forgetTaken(): void {
    this.asked = [];
    this.taken = { items: 0, bytes: 0 };
  }

  /** Drops everything, and counts from 1 again. */
  clear(): void {
    this.items = [];
    this.head = this.pieces = 0;
    this.first = this.next = this.reached = 1;
    this.pushedBytes = this.sentBytes = this.goneBytes = 0;
    this.forgetTaken();
  }
}

function isOfMessage(item: Item): boolean {
  return isPiece(item) ? item.seq !== null : item.type === 'message';
}

/** Items that came in, and what the peer has been told of them. */
export class Inbox {
  /** Without a gap. */
  received = 0;
  /** Of these, how many the process has taken. */
  taken = 0;
  private told = 0;
  private envelopes = { received: 0, taken: 0 };
  /** Which envelopes came in more than one piece. */
  private cut: { readonly envelope: number; readonly pieces: number }[] = [];
  /** The peer wants to know when so many are taken. */
  private asked: number[] = [];

  /** Whether the peer waits to be told that something is taken. */
  get isDue(): boolean {
    return this.asked.length > 0 && this.asked[0]! <= this.taken;
  }

  get isUntold(): boolean {
    return this.received > this.told;
  }

  /** An envelope is whole. */
  noteWhole(pieces: number): void {
    const envelope = ++this.envelopes.received;
    if (pieces > 1) this.cut.push({ envelope, pieces });
  }

  /** The process has taken the next envelope. */
  noteTaken(): void {
    const envelope = ++this.envelopes.taken;
    this.taken += this.cut[0]?.envelope === envelope ? this.cut.shift()!.pieces : 1;
  }

  /** The peer wants to know when so many are taken. */
  noteAsked(number: number): void {
    if (number > (this.asked.at(-1) ?? -1)) this.asked.push(number);
  }

  /** What the peer is told now. */
  tell(): { readonly received: number; readonly taken: number } {
    const { received, taken } = this;
    while (this.isDue) this.asked.shift();
    this.told = received;
    return { received, taken };
  }

  clear(): void {
    this.received = this.taken = this.told = 0;
    this.envelopes = { received: 0, taken: 0 };
    this.cut = [];
    this.asked = [];
  }
}
