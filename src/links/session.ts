/** The reliable layer: what is sent on one side comes out on the other in order, once, whole; or the session fails. */
import type { Envelope } from '../envelope.js';
import { PanoramaError } from '../errors.js';
import { itemOf, MAX_ITEMS, parseFrame, parseItem, PROTOCOL, type Data, type Hello, type Item } from './frame.js';
import { Timers } from './timers.js';
import type { FrameReceiver, FrameSender, Transport } from './transport.js';

/** Items that may be under way to a peer that has not taken them: back-pressure. The others wait on this side. */
const WINDOW = 16 * MAX_ITEMS;
/** How long to wait for an answer to a hello before the next one, in milliseconds; doubles up to the second number. */
const HELLO_MS = [100, 4000] as const;
/** When to acknowledge at the latest, and when to send again what is not acknowledged (doubles while nothing is); unreliable transports only. */
const ACKNOWLEDGE_MS = 20;
const RESEND_MS = [500, 8000] as const;
/** How long a session outlives its process at most, to send what is waiting. */
const LINGER_MS = 2000;

/** Whom a session serves. */
export interface SessionOwner {
  /** The ids of the two processes, and which channels there are. */
  readonly from: string;
  readonly to: string;
  readonly sends: boolean;
  readonly receives: boolean;
  /** The most envelopes that wait to be sent or acknowledged. */
  readonly maxBuffered: number;
  /** The sequence number of the first message that this session sends. */
  next(): number;
  /** Whether a new peer can be taken now: what the last one sent has been delivered. */
  isReady(): boolean;
  /** The peer has answered. Throws when its channels do not fit. @param isNew Whether this life of it never did before. */
  connected(hello: Hello, isNew: boolean): void;
  /** An envelope has come in, in order. Throws when that is not so after all. */
  received(envelope: Envelope): void;
  /** Something that came in was not a frame of this link, and was dropped. */
  refused(error: PanoramaError): void;
  /** The way is cut, for now. */
  cut(reason: unknown): void;
  /** The peer has parted, or another life of it has answered: so many envelopes did not reach it. */
  left(how: 'left' | 'replaced', unsent: number): void;
  /** It is over. */
  failed(error: PanoramaError): void;
}

/** Numbers, acknowledges and resends the envelopes of one link, over whatever transport. */
export class Session {
  private readonly id = randomId();
  private sender: FrameSender | undefined;
  private phase: 'idle' | 'down' | 'up' | 'connected' | 'over' = 'idle';
  private peer: string | undefined;
  /** Whether this life of the peer has never been connected. */
  private isUnmet = true;

  /** Not acknowledged (unreliable transports) or not sent. The first has the number `first`. */
  private outbox: Item[] = [];
  private first = 1;
  private nextToSend = 1;
  private takenByPeer = 0;
  private isFlushDue = false;

  private received = 0;
  private taken = 0;
  private told = { received: 0, taken: 0 };

  private helloMs: number = HELLO_MS[0];
  private resendMs: number = RESEND_MS[0];
  private readonly timers = new Timers<'hello' | 'acknowledge' | 'resend' | 'linger'>();
  private isClosing = false;

  constructor(
    private readonly owner: SessionOwner,
    private readonly transport: Transport,
  ) {}

  get isConnected(): boolean {
    return this.phase === 'connected';
  }

  open(): void {
    if (this.phase !== 'idle') return;
    this.phase = 'down';
    const { from, to } = this.owner;
    const receiver: FrameReceiver = {
      up: () => this.up(),
      frame: (value) => this.frame(value),
      refused: (reason) => this.refused(reason),
      down: (reason) => this.down(reason),
      closed: (reason) => this.fail('the way to it is closed', reason),
    };
    this.sender = this.transport.open(receiver, { from, to });
  }

  /**
   * Sends what is waiting, says good-bye, and parts.
   *
   * @param lingers Whether it may take a moment, if the peer has not answered yet or still has much to take.
   */
  close(lingers: boolean): void {
    if (this.phase === 'over' || this.isClosing) return;
    this.flush();
    if (!lingers || this.phase === 'idle' || this.outbox.length === 0) return this.part();
    this.isClosing = true;
    this.timers.set('linger', LINGER_MS, () =>
      this.fail(`${this.outbox.length} envelopes had not reached it when the process stopped`),
    );
  }

  private partIfDone(): void {
    if (this.isClosing && this.outbox.length === 0 && this.phase !== 'over') this.part();
  }

  private part(): void {
    this.sayBye();
    this.end();
  }

  /** Puts an envelope behind all others; it goes out when this task ends. */
  push(envelope: Envelope): void {
    if (this.phase === 'over' || this.isClosing) return;
    if (this.outbox.length >= this.owner.maxBuffered) {
      this.fail(
        `${this.outbox.length} envelopes wait for it (\`maxBuffered\`): it takes them too slowly, or is not there`,
      );
      return;
    }
    this.outbox.push(itemOf(envelope));
    this.flushSoon();
  }

  /** The process has taken the next envelope. */
  take(): void {
    this.taken++;
    if (this.taken - this.told.taken >= WINDOW / 4) this.flushSoon();
  }

  fail(why: string, cause?: unknown): void {
    if (this.phase === 'over') return;
    // Of a process that has stopped, only messages are missed.
    if (this.isClosing && !this.outbox.some((item) => Array.isArray(item))) return this.end();
    const { from, to } = this.owner;
    const because = cause instanceof Error ? `${why}: ${cause.message}` : why;
    this.sayBye();
    this.end();
    this.owner.failed(
      new PanoramaError(
        'link-failed',
        `Expected a link between "${from}" and "${to}" that carries everything, got one that failed: ${because}. Both channels are closed; add the peer again over a new one.`,
        { channels: [`${from}->${to}`, `${to}->${from}`], cause },
      ),
    );
  }

  private end(): void {
    this.phase = 'over';
    this.timers.cancelAll();
    this.sender?.close();
    this.outbox = [];
  }

  private sayBye(): void {
    if (this.phase !== 'up' && this.phase !== 'connected') return;
    this.guard(() => this.sender!.send({ panorama: PROTOCOL, type: 'bye', session: this.id }));
  }

  // The way.

  private up(): void {
    if (this.phase !== 'down') return;
    // A transport may be up before `open` has returned its other end.
    if (this.sender === undefined) return queueMicrotask(() => this.up());
    this.phase = 'up';
    this.helloMs = HELLO_MS[0];
    this.sayHello();
  }

  private down(reason: unknown): void {
    if (this.phase !== 'up' && this.phase !== 'connected') return;
    if (this.transport.isReliable) return this.fail('the way to it is cut', reason);
    const wasConnected = this.isConnected;
    this.phase = 'down';
    for (const name of ['hello', 'acknowledge', 'resend'] as const) this.timers.cancel(name);
    if (wasConnected && !this.isClosing) this.owner.cut(reason);
  }

  private refused(reason: unknown): void {
    if (this.phase === 'over') return;
    const error =
      reason instanceof PanoramaError
        ? reason
        : new PanoramaError('invalid-envelope', `Expected frames alone from "${this.owner.to}", got: ${say(reason)}.`, {
            cause: reason,
          });
    this.owner.refused(error);
    if (this.isConnected && !this.transport.isReliable) this.askAgain();
  }

  // The handshake.

  private sayHello(): void {
    const { from, to, sends, receives } = this.owner;
    this.guard(() =>
      this.sender!.send({
        panorama: PROTOCOL,
        type: 'hello',
        from,
        to,
        session: this.id,
        of: this.peer,
        received: this.received,
        isConnected: this.isConnected,
        sends,
        receives,
        next: this.owner.next(),
      }),
    );
    if (this.phase !== 'up') return;
    this.timers.set('hello', this.helloMs, () => this.sayHello());
    this.helloMs = Math.min(this.helloMs * 2, HELLO_MS[1]);
  }

  private greeted(hello: Hello): void {
    const { from, to } = this.owner;
    if (hello.from !== to || hello.to !== from) {
      return this.fail(
        `it leads from "${hello.to}" to "${hello.from}". Name the peer by its id, or give the id: { transport, id }`,
      );
    }
    const isNew = hello.session !== this.peer;
    if (isNew && !this.owner.isReady()) return; // it will say so again
    if (isNew) this.meet(hello.session);
    // Of a cut that only the other side noticed, this side hears by its hello.
    if (isNew || hello.of !== this.id || (this.isConnected && !hello.isConnected)) this.sayHello();
    if (hello.of === this.id) this.connect(hello);
  }

  /** Another life of the peer begins at the first item, and knows nothing of what came before. */
  private meet(session: string): void {
    const hadPeer = this.peer !== undefined;
    this.peer = session;
    this.forgetPeer();
    if (hadPeer) this.parted('replaced');
  }

  private forgetPeer(): void {
    this.received = this.taken = this.takenByPeer = 0;
    this.told = { received: 0, taken: 0 };
    this.isUnmet = true;
    if (this.phase === 'connected') this.phase = 'up';
  }

  private parted(how: 'left' | 'replaced'): void {
    const unsent = this.outbox.length;
    this.outbox = [];
    this.first = this.nextToSend = 1;
    if (!this.isClosing) this.owner.left(how, unsent);
  }

  private connect(hello: Hello): void {
    if (hello.received >= this.nextToSend || (!this.transport.isReliable && hello.received + 1 < this.first)) {
      return this.fail(`it claims to have ${hello.received} envelopes of ${this.nextToSend - 1}`);
    }
    if (!this.isConnected) {
      try {
        if (!this.isClosing) this.owner.connected(hello, this.isUnmet);
      } catch (error) {
        return this.fail('its channels do not fit', error);
      }
      this.phase = 'connected';
      this.isUnmet = false;
      this.timers.cancel('hello');
    }
    this.acknowledged(hello.received);
    if (!this.transport.isReliable) this.nextToSend = this.first;
    this.flush();
  }

  // What goes out.

  private flushSoon(): void {
    if (this.isFlushDue) return;
    this.isFlushDue = true;
    queueMicrotask(() => {
      this.isFlushDue = false;
      this.flush();
    });
  }

  private flush(): void {
    if (!this.isConnected) return;
    while (this.isConnected) {
      const index = this.nextToSend - this.first;
      const room = WINDOW + this.takenByPeer - (this.nextToSend - 1);
      const items = this.outbox.slice(index, index + Math.min(room, MAX_ITEMS));
      if (room <= 0 || items.length === 0) break;
      this.send(items, false);
      if (!this.transport.isReliable) continue;
      this.outbox = this.outbox.slice(index + items.length);
      this.first = this.nextToSend;
    }
    if (this.taken - this.told.taken >= WINDOW / 4 || this.received - this.told.received >= WINDOW / 4) {
      this.send([], false);
    }
    if (!this.transport.isReliable && this.nextToSend > this.first && !this.timers.has('resend')) {
      this.timers.set('resend', this.resendMs, this.resend);
      this.resendMs = Math.min(this.resendMs * 2, RESEND_MS[1]);
    }
  }

  private send(items: readonly Item[], again: boolean): void {
    const { received, taken, nextToSend: first } = this;
    this.nextToSend += items.length;
    this.told = { received, taken };
    this.timers.cancel('acknowledge');
    this.guard(() =>
      this.sender!.send({ panorama: PROTOCOL, type: 'data', session: this.id, first, items, received, taken, again }),
    );
  }

  private readonly resend = () => {
    this.nextToSend = this.first;
    this.flush();
  };

  private acknowledged(received: number): void {
    const count = received + 1 - this.first;
    if (count <= 0) return;
    this.timers.cancel('resend');
    this.resendMs = RESEND_MS[0];
    this.outbox = this.outbox.slice(count);
    this.first += count;
    this.nextToSend = Math.max(this.nextToSend, this.first);
  }

  /** A transport that throws has failed: the link with it, and never the application. */
  private guard(send: () => void): void {
    try {
      send();
    } catch (error) {
      queueMicrotask(() => this.fail('it cannot be sent to', error));
    }
  }

  // What comes in.

  private frame(value: unknown): void {
    if (this.phase !== 'up' && this.phase !== 'connected') return;
    try {
      const frame = parseFrame(value);
      if (frame.type === 'hello') this.greeted(frame);
      else if (frame.session !== this.peer)
        return; // of an earlier life of the peer
      else if (frame.type === 'data') this.data(frame);
      else this.goodbye();
    } catch (error) {
      this.refused(error);
    }
    this.partIfDone();
  }

  private data({ first, items, received, taken, again }: Data): void {
    if (!this.isConnected) return; // it is sent again when both have said hello
    if (received >= this.nextToSend || taken > received) {
      return this.fail(`it claims to have ${received} envelopes of ${this.nextToSend - 1}`);
    }
    if (!this.transport.isReliable) this.acknowledged(received);
    this.takenByPeer = Math.max(this.takenByPeer, taken);
    const missing = first - this.received - 1;
    if (missing > 0) return this.gap(missing);
    const envelopes = items.slice(-missing).map(parseItem);
    for (const envelope of envelopes) {
      if (this.phase !== 'connected') return;
      this.received++;
      try {
        if (!this.isClosing) this.owner.received(envelope);
      } catch (error) {
        return this.fail('what came in is out of order', error);
      }
    }
    if (!this.transport.isReliable && items.length > 0) this.acknowledgeSoon(envelopes.length === 0);
    if (again) this.resend();
    else if (this.outbox.length > 0) this.flushSoon();
  }

  private gap(missing: number): void {
    if (this.transport.isReliable) this.fail(`${missing} envelope(s) after number ${this.received} are lost`);
    else this.askAgain();
  }

  private askAgain(): void {
    if (!this.timers.has('acknowledge')) this.timers.set('acknowledge', ACKNOWLEDGE_MS, () => this.send([], true));
  }

  private acknowledgeSoon(isRepeat: boolean): void {
    if (this.received - this.told.received >= WINDOW / 4) this.flushSoon();
    else if (isRepeat || this.received > this.told.received) {
      if (!this.timers.has('acknowledge')) this.timers.set('acknowledge', ACKNOWLEDGE_MS, () => this.send([], false));
    }
  }

  private goodbye(): void {
    this.peer = undefined;
    this.forgetPeer();
    this.timers.cancel('hello');
    this.timers.cancel('resend');
    this.timers.cancel('acknowledge');
    this.parted('left');
  }
}

function say(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join('');
}
