/** What a session carries once it stands: envelopes, numbered, acknowledged, sent again, held back where they are not taken. */
import type { Envelope } from '../../channel/envelope.js';
import type { Host } from '../../host.js';
import { packItems, parseItems, type Data, type Hello, type Piece } from './frame.js';
import { Inbox, isPiece, Outbox, type Backlog } from './outbox.js';
import { cutEnvelope, PIECE_LENGTH, Reassembly } from './pieces.js';
import { sizeOf } from './size-of.js';
import { Timers } from './timers.js';
import type { TextCodec, Transport } from './transport.js';

/** When to acknowledge at the latest, and when to send again what is not acknowledged (doubles while nothing is). */
const ACKNOWLEDGE_MS = 20;
const RESEND_MS = [500, 8000] as const;
/** At which part of a limit a backlog is told of, and at which it is no more. */
const BACKLOGGED = 1 / 2;
const DRAINED = 1 / 4;

/** The part of a frame with envelopes that is not the session's. */
export type Parcel = Omit<Data, 'panorama' | 'type' | 'session' | 'to'>;

/** What may wait for a peer, and be sent by it or to it. */
export interface DeliveryLimits {
  /** Envelopes that wait to be sent or acknowledged, and about how many bytes of them. */
  readonly maxBuffered: number;
  readonly maxBufferedBytes: number;
  /** Of one envelope, as text; where it goes in pieces. */
  readonly maxMessageBytes: number;
}

/** The session. */
export interface DeliveryOwner extends DeliveryLimits {
  readonly host: Host;
  /** Whether both sides have answered one another. */
  readonly isConnected: boolean;
  /** The way, by its traits: what it may lose is kept and sent again. */
  readonly way: Pick<Transport, 'losesWhileUp' | 'survivesDown' | 'text'>;
  /** Whether nothing large should be given to the way now. */
  readonly isFull: boolean;
  send(parcel: Parcel): void;
  /** An envelope has come in, in order. Throws when that is not so after all. */
  onReceived(envelope: Envelope): void;
  /** Much is waiting for the peer; or not any more. */
  onBacklog(type: 'link.backlogged' | 'link.drained', backlog: Backlog): void;
  /** Makes the way anew, as something was lost on one that loses nothing; or fails. */
  reopen(why: string): void;
  fail(why: string, cause?: unknown): void;
}

/** Both directions of one session. */
export class Delivery {
  private readonly outbox = new Outbox();
  private readonly inbox = new Inbox();
  private readonly reassembly = new Reassembly();
  private readonly timers: Timers<'acknowledge' | 'resend'>;
  private resendMs: number = RESEND_MS[0];
  private isFlushDue = false;
  private isBacklogged = false;
  /** Whether the peer has said something since the session stands, by which it is known to stand at that end. */
  private isAnswered = false;

  constructor(private readonly owner: DeliveryOwner) {
    this.timers = new Timers(owner.host.clock);
  }

  /** What is waiting to be sent or acknowledged. */
  get backlog(): Backlog {
    return this.outbox.backlog;
  }

  /** Whether application messages are among them. */
  get hasMessages(): boolean {
    return this.outbox.hasMessages;
  }

  /** How many items of this peer have come in. */
  get received(): number {
    return this.inbox.received;
  }

  /**
   * Puts an envelope behind all others; it goes out when this task ends. Fails the session when too much was waiting before
   * the task: what is sent within one had no chance to go out, however much it is.
   */
  push(envelope: Envelope): void {
    if (!this.isFlushDue && this.loadOf(this.backlog) >= 1) return this.failAtLimit();
    this.outbox.push(envelope, sizeOf(envelope.type === 'message' ? envelope.event : envelope));
    this.flushSoon();
  }

  /** The process has taken the next envelope. */
  giveCredit(): void {
    this.inbox.noteTaken();
    if (this.inbox.isDue) this.flushSoon();
  }

  /** Whether a hello has come late, behind what acknowledges more than it. */
  isOvertaken(received: number): boolean {
    return this.owner.way.losesWhileUp && this.outbox.isOvertaken(received);
  }

  /** Fails the session if the peer claims to have, or to have taken, what it cannot have. Returns whether it does. */
  refuseClaim(received: number, taken = 0): boolean {
    if (this.outbox.isPossible(received) && taken <= received) return false;
    this.owner.fail(`it claims to have ${received} envelopes of ${this.outbox.nextToSend - 1}`);
    return true;
  }

  /**
   * The peer has said where it is.
   *
   * @param isEntering Whether the session stands only now. When it stood before, and the peer does not say so of itself, it has
   *   fallen back and dropped what came since; or it has not heard yet that the session stands, and will before all else.
   */
  resume({ received, isConnected }: Pick<Hello, 'received' | 'isConnected'>, isEntering: boolean): void {
    this.acknowledge(received);
    const isLost = isEntering || this.owner.way.losesWhileUp || (this.isAnswered && !isConnected);
    this.isAnswered = isConnected;
    if (isLost) this.outbox.rewind();
    if (isLost && this.inbox.received > 0) this.send([]); // what it was told of credit may be lost
    this.flush();
  }

  /** The way is cut, or leads nowhere. */
  pause(): void {
    for (const name of ['acknowledge', 'resend'] as const) this.timers.cancel(name);
  }

  /** Another life of the peer begins at the first envelope, and knows nothing of what came before. */
  forgetPeer(): void {
    this.inbox.clear();
    this.reassembly.clear();
    this.outbox.forgetTaken();
  }

  /** Drops what is waiting. Returns how many envelopes that were. */
  drop(): number {
    const { envelopes } = this.backlog;
    this.outbox.clear();
    this.isBacklogged = false;
    return envelopes;
  }

  /** What may be lost is kept until the peer has it. */
  private get isKept(): boolean {
    return this.owner.way.losesWhileUp || this.owner.way.survivesDown;
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
    while (this.owner.isConnected && !this.owner.isFull && this.sendNext());
    if (this.owner.isConnected) {
      if (this.inbox.isDue) this.send([]);
      if (this.owner.way.losesWhileUp && this.outbox.size > 0) this.resendLater();
    }
    this.tellBacklog();
  }

  /** Sends one frame. Returns whether there was something to send, and room for it. */
  private sendNext(): boolean {
    const { text } = this.owner.way;
    const next = this.outbox.upNext;
    if (next === undefined) return false;
    if (isPiece(next.item)) this.send([], { piece: next.item });
    else if (text === undefined) this.send(this.outbox.due());
    else if (next.bytes > PIECE_LENGTH) return this.cutNext(next.item, text);
    else this.send(this.outbox.due(PIECE_LENGTH));
    return true;
  }

  private cutNext(envelope: Envelope, codec: TextCodec): boolean {
    try {
      this.outbox.cutNext(cutEnvelope(envelope, codec, this.owner.maxMessageBytes));
      return true;
    } catch (error) {
      this.owner.fail('something cannot be sent', error);
      return false;
    }
  }

  private send(envelopes: readonly Envelope[], { piece, again = false, asks = false }: SendOptions = {}): void {
    const { nextToSend: first } = this.outbox;
    const isAsked = this.outbox.noteSent(piece === undefined ? envelopes.length : 1, !this.isKept);
    const { received, taken } = this.inbox.tell();
    const items = packItems(envelopes);
    this.timers.cancel('acknowledge');
    const extra = { ...(piece && { piece }), ...((asks || isAsked) && { asks: true }) };
    this.owner.send({ first, items, received, taken, again, ...extra });
  }

  private resendLater(): void {
    if (this.timers.has('resend')) return;
    this.timers.set('resend', this.resendMs, this.resend);
    this.resendMs = Math.min(this.resendMs * 2, RESEND_MS[1]);
  }

  private readonly resend = () => {
    this.outbox.rewind();
    // What was lost may be the peer's word that there is room.
    if (this.outbox.upNext === undefined && this.owner.isConnected) this.send([], { asks: true });
    this.flush();
  };

  private acknowledge(received: number): void {
    if (!this.outbox.acknowledge(received)) return;
    this.timers.cancel('resend');
    this.resendMs = RESEND_MS[0];
    this.tellBacklog();
  }

  // Limits.

  /** How much of what may wait does; from 1 on it is too much. */
  private loadOf({ envelopes, bytes }: Backlog): number {
    const { maxBuffered, maxBufferedBytes } = this.owner;
    return Math.max(envelopes / maxBuffered, bytes / maxBufferedBytes);
  }

  private tellBacklog(): void {
    const { backlog } = this;
    const load = this.loadOf(backlog);
    if (this.isBacklogged ? load > DRAINED : load < BACKLOGGED) return;
    this.isBacklogged = !this.isBacklogged;
    this.owner.onBacklog(this.isBacklogged ? 'link.backlogged' : 'link.drained', backlog);
  }

  private failAtLimit(): void {
    const { envelopes, bytes } = this.backlog;
    const limit = envelopes >= this.owner.maxBuffered ? '`maxBuffered`' : '`maxBufferedBytes`';
    this.owner.fail(
      `${envelopes} envelopes wait for it, about ${Math.round(bytes)} bytes (${limit}): it takes them too slowly, or is not there`,
    );
  }

  // What comes in.

  /** A frame with envelopes has come in. */
  arrive(parcel: Parcel): void {
    const { first, items, piece, received, taken, again, asks } = parcel;
    if (this.refuseClaim(received, taken)) return;
    this.isAnswered = true;
    if (this.isKept) this.acknowledge(received);
    this.outbox.noteTaken(taken);
    const missing = first - this.inbox.received - 1;
    const count = piece === undefined ? items.length / 2 : 1;
    if (missing > 0) this.gap(missing);
    else if (!this.take(parcel, -missing)) return;
    if (asks && missing <= 0) this.inbox.noteAsked(first + count - 1);
    if (this.isKept && count > 0) this.acknowledgeSoon(count + missing <= 0);
    if (again && this.owner.way.losesWhileUp) this.resend();
    else if (this.outbox.size > 0 || this.inbox.isDue) this.flushSoon();
  }

  /** Hands over what is new of a frame. Returns whether the session still stands. */
  private take({ items, piece }: Parcel, known: number): boolean {
    if (piece !== undefined) return known > 0 || this.takePiece(piece);
    const envelopes = this.unpack(items, known);
    if (envelopes === undefined) return false;
    if (envelopes.length > 0 && this.reassembly.pieces > 0) {
      this.owner.fail('what came in is out of order', new Error('the pieces of an envelope were next'));
    }
    return envelopes.every((envelope) => this.takeEnvelope(envelope, 1));
  }

  /** It came as it was sent, so that to ask for it again would bring the same. */
  private unpack(items: Data['items'], known: number): Envelope[] | undefined {
    try {
      return parseItems(items, known);
    } catch (error) {
      this.owner.fail('it sent what is no envelope', error);
      return undefined;
    }
  }

  private takePiece(piece: Piece): boolean {
    const { maxMessageBytes, way } = this.owner;
    const pieces = this.reassembly.pieces + 1;
    try {
      const envelope = this.reassembly.add(piece, way.text!, maxMessageBytes);
      if (envelope !== undefined) return this.takeEnvelope(envelope, pieces);
      this.inbox.received++;
      return true;
    } catch (error) {
      this.owner.fail('what came in cannot be put together', error);
      return false;
    }
  }

  private takeEnvelope(envelope: Envelope, pieces: number): boolean {
    if (!this.owner.isConnected) return false;
    this.inbox.received++;
    this.inbox.noteWhole(pieces);
    try {
      this.owner.onReceived(envelope);
      return true;
    } catch (error) {
      this.owner.fail('what came in is out of order', error);
      return false;
    }
  }

  private gap(missing: number): void {
    if (this.owner.way.losesWhileUp) this.askAgain();
    else this.owner.reopen(`${missing} envelope(s) after number ${this.inbox.received} are lost`);
  }

  /** Something was damaged on its way, or is missing: the peer is to send it again, if the way is one on which that happens. */
  askAgain(): void {
    if (!this.owner.way.losesWhileUp || this.timers.has('acknowledge')) return;
    this.timers.set('acknowledge', ACKNOWLEDGE_MS, () => this.send([], { again: true }));
  }

  private acknowledgeSoon(isRepeat: boolean): void {
    if (this.inbox.isDue) this.flushSoon();
    else if ((isRepeat || this.inbox.isUntold) && !this.timers.has('acknowledge')) {
      this.timers.set('acknowledge', ACKNOWLEDGE_MS, () => this.send([]));
    }
  }
}

interface SendOptions {
  readonly piece?: Piece | undefined;
  readonly again?: boolean;
  readonly asks?: boolean;
}
