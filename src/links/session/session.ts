/** The life of one link: over whatever way, it meets the peer, parts, and meets again. */
import type { Envelope } from '../../channel/envelope.js';
import { messageOf, PanoramaError } from '../../errors.js';
import { Delivery } from './delivery.js';
import { parseFrame, PROTOCOL, type Beat, type Hello } from './frame.js';
import { Heartbeat } from './heartbeat.js';
import { randomId } from './random-id.js';
import { helloFrom, type Parting, type SessionOwner } from './session-owner.js';
import type { Standing } from './standing.js';
import { Timers } from './timers.js';
import { openWay, type FrameReceiver, type FrameSender, type Transport } from './transport.js';

/** How long to wait for an answer to a hello before the next one, in milliseconds; doubles up to the second number. */
const HELLO_MS = [100, 4000] as const;
/** How long a session outlives its process at most, to send what is waiting. */
const LINGER_MS = 2000;
/** How long a peer that has left is given to answer, once it is needed again. */
const RETURN_MS = 3000;

/** The reliable layer of a link: what is sent on one side comes out on the other in order, once, whole; or the session fails. */
export class Session {
  private id = randomId();
  private sender: FrameSender | undefined;
  private phase: 'idle' | 'down' | 'up' | 'connected' | 'over' = 'idle';
  private peer: string | undefined;
  /** The peer's session in the epoch before, until it is known to be in this one. */
  private peerBefore: string | undefined;
  /** Whether the peer has said hello, in this epoch or an earlier one, and has not gone since. */
  private isThere = false;
  /** Whether this life of the peer has never been connected. */
  private isUnmet = true;

  private readonly delivery: Delivery;
  private helloMs: number = HELLO_MS[0];
  private readonly timers = new Timers<'hello' | 'linger'>();
  private heartbeat: Heartbeat | undefined;
  private isClosing = false;

  constructor(
    private readonly owner: SessionOwner,
    private transport: Transport,
  ) {
    const isConnected = () => this.isConnected;
    const isReliable = () => this.transport.isReliable;
    this.delivery = new Delivery({
      get isConnected() {
        return isConnected();
      },
      get isReliable() {
        return isReliable();
      },
      send: (parcel) =>
        this.guard(() => this.sender!.send({ panorama: PROTOCOL, type: 'data', session: this.id, ...parcel })),
      onReceived: (envelope) => {
        if (!this.isClosing) this.owner.onReceived(envelope);
      },
      fail: (why, cause) => this.fail(why, cause),
    });
  }

  get isConnected(): boolean {
    return this.phase === 'connected';
  }

  get isOver(): boolean {
    return this.phase === 'over';
  }

  open(): void {
    if (this.phase !== 'idle') return;
    this.phase = 'down';
    const { from, to } = this.owner;
    const receiver: FrameReceiver = {
      up: () => this.wayUp(),
      frame: (value) => this.receiveFrame(value),
      refused: (reason) => this.refuse(reason),
      down: (reason, nextMs) => this.wayDown(reason, nextMs),
      gone: (reason) => this.peerGone(reason),
      closed: (reason) => this.fail('the way to it is closed', reason),
    };
    this.sender = openWay(this.transport, receiver, { from, to });
  }

  /** Begins anew, as another epoch has begun: what was sent in the last one goes nowhere. */
  restart(): void {
    if (this.phase === 'over') return;
    this.delivery.drop();
    this.forgetPeer();
    this.peerBefore = this.peer ?? this.peerBefore;
    this.beginLife();
    if (this.phase === 'up') this.sayHello();
  }

  /** The peer has left, and is needed again: if it does not answer, it is missed. */
  awaitReturn(): void {
    this.listen(this.owner.silenceMs ?? RETURN_MS, () => this.owner.onMissed());
  }

  /** Goes on over another way. What is waiting for a peer that was never met goes out over that. */
  reroute(transport: Transport): void {
    if (this.phase === 'over') return;
    const wasOpen = this.phase !== 'idle';
    this.sender?.close();
    this.sender = undefined;
    this.transport = transport;
    this.phase = 'idle';
    const hadPeer = this.peer !== undefined;
    this.forgetPeer();
    this.beginLife();
    this.heartbeat?.stop();
    this.isThere = false;
    if (hadPeer) this.tellParted({ how: 'replaced' });
    if (wasOpen) this.open();
  }

  private beginLife(): void {
    this.id = randomId();
    this.peer = undefined;
    this.helloMs = HELLO_MS[0];
    this.pause();
  }

  /** The way is cut, or leads nowhere. */
  private pause(): void {
    this.timers.cancel('hello');
    this.delivery.pause();
  }

  private listen(silenceMs: number, silent: () => void): void {
    this.heartbeat?.stop();
    this.heartbeat = new Heartbeat({ silenceMs, clock: this.owner.clock, ask: () => this.beat('ping'), silent });
    this.heartbeat.start();
  }

  /** In whatever epoch the other side is: it may be long on its way to this one. */
  private beat(type: Beat['type']): void {
    if (this.phase === 'up' || this.isConnected)
      this.guard(() => this.sender!.send({ panorama: PROTOCOL, type, session: this.id }));
  }

  /**
   * Sends what is waiting, says good-bye, and parts.
   *
   * @param lingers Whether it may take a moment, if the peer has not answered yet or still has much to take.
   */
  close(lingers: boolean): void {
    if (this.phase === 'over' || this.isClosing) return;
    this.delivery.flush();
    if (!lingers || this.phase === 'idle' || this.delivery.waiting === 0) return this.part();
    this.isClosing = true;
    this.timers.set('linger', LINGER_MS, () =>
      this.fail(`${this.delivery.waiting} envelopes had not reached it when the process stopped`),
    );
  }

  private partIfDone(): void {
    if (this.isClosing && this.delivery.waiting === 0 && this.phase !== 'over') this.part();
  }

  private part(): void {
    this.sayBye();
    this.end();
  }

  /** Puts an envelope behind all others; it goes out when this task ends. */
  push(envelope: Envelope): void {
    if (this.phase === 'over' || this.isClosing) return;
    if (this.delivery.waiting >= this.owner.maxBuffered) {
      this.fail(
        `${this.delivery.waiting} envelopes wait for it (\`maxBuffered\`): it takes them too slowly, or is not there`,
      );
      return;
    }
    this.delivery.push(envelope);
  }

  /** The process has taken the next envelope. */
  giveCredit(): void {
    this.delivery.giveCredit();
  }

  fail(why: string, cause?: unknown): void {
    if (this.phase === 'over') return;
    if (this.isClosing && !this.delivery.hasMessages) return this.end();
    const { from, to } = this.owner;
    const because = cause instanceof Error ? `${why}: ${cause.message}` : why;
    this.sayBye();
    this.end();
    this.owner.onFailed(
      new PanoramaError(
        'link-failed',
        `Expected a link between "${from}" and "${to}" that carries everything, got one that failed: ${because}. Both channels are closed; add the peer again over a new one.`,
        { channels: [`${from}->${to}`, `${to}->${from}`], cause },
      ),
    );
  }

  private end(): void {
    this.phase = 'over';
    this.heartbeat?.stop();
    this.timers.cancelAll();
    this.delivery.pause();
    this.sender?.close();
    this.delivery.drop();
  }

  private sayBye(): void {
    if (this.phase !== 'up' && this.phase !== 'connected') return;
    this.guard(() => this.sender!.send({ panorama: PROTOCOL, type: 'bye', session: this.id }));
  }

  // The way.

  private wayUp(): void {
    if (this.phase !== 'down') return;
    // A transport may be up before `open` has returned its other end.
    if (this.sender === undefined) return queueMicrotask(() => this.wayUp());
    this.phase = 'up';
    this.helloMs = HELLO_MS[0];
    this.sayHello();
  }

  private wayDown(reason: unknown, nextMs: number | undefined): void {
    if (this.phase === 'down' && !this.isClosing) return this.owner.onWaiting(reason, nextMs);
    if (this.phase !== 'up' && this.phase !== 'connected') return;
    if (this.transport.isReliable) return this.fail('the way to it is cut', reason);
    const wasConnected = this.isConnected;
    this.phase = 'down';
    this.pause();
    if (wasConnected && !this.isClosing) this.owner.onCut(reason);
  }

  private refuse(reason: unknown): void {
    if (this.phase === 'over') return;
    const error =
      reason instanceof PanoramaError
        ? reason
        : new PanoramaError(
            'invalid-envelope',
            `Expected frames alone from "${this.owner.to}", got: ${messageOf(reason)}.`,
            { cause: reason },
          );
    this.owner.onRefused(error);
    if (this.isConnected && !this.transport.isReliable) this.delivery.askAgain();
  }

  // The handshake.

  private sayHello(): void {
    const { id: session, peer: of, isConnected } = this;
    const { received } = this.delivery;
    this.guard(() => this.sender!.send(helloFrom(this.owner, { session, of, received, isConnected })));
    if (this.phase !== 'up') return;
    this.timers.set('hello', this.helloMs, () => this.sayHello());
    this.helloMs = Math.min(this.helloMs * 2, HELLO_MS[1]);
  }

  private receiveHello(hello: Hello): void {
    const { from, to } = this.owner;
    if (hello.from !== to || hello.to !== from) {
      return this.fail(
        `it leads from "${hello.to}" to "${hello.from}". Name the peer by its id, or give the id: { transport, id }`,
      );
    }
    this.isThere = true;
    const standing = this.owner.judge(hello);
    if (standing !== 'fits') return this.keepAway(standing);
    const isNew = hello.session !== this.peer;
    if (isNew && !this.owner.isReady()) return; // it will say so again
    if (!isNew && hello.of === this.id && this.delivery.isOvertaken(hello.received)) return;
    if (isNew) this.meet(hello.session);
    // Of a cut that only the other side noticed, this side hears by its hello.
    if (isNew || hello.of !== this.id || (this.isConnected && !hello.isConnected)) this.sayHello();
    if (hello.of === this.id) this.connect(hello);
  }

  /**
   * A peer that is behind learns by our hello what it has missed; one that is ahead, that we cannot follow; one that comes too
   * late, that it was known before.
   */
  private keepAway(standing: Standing): void {
    if (standing === 'ahead' && this.owner.describeSelf().stranded !== undefined) this.sayHello();
    if (standing === 'behind' && this.phase === 'up') this.sayHello();
    if (standing !== 'stranger' || !this.isConnected) return;
    this.phase = 'up';
    this.helloMs = HELLO_MS[0];
    this.sayHello();
  }

  /** Another life of the peer begins at the first item, and knows nothing of what came before. */
  private meet(session: string): void {
    const hadPeer = this.peer !== undefined;
    this.peer = session;
    this.peerBefore = undefined;
    this.forgetPeer();
    if (hadPeer) this.tellParted({ how: 'replaced' });
  }

  private forgetPeer(): void {
    this.delivery.forgetPeer();
    this.isUnmet = true;
    if (this.phase === 'connected') this.phase = 'up';
  }

  private tellParted(how: Parting): void {
    const unsent = this.delivery.drop();
    if (!this.isClosing) this.owner.onParted(how, unsent);
  }

  private connect(hello: Hello): void {
    if (this.delivery.refuseClaim(hello.received)) return;
    if (!this.isConnected) {
      try {
        if (!this.isClosing) this.owner.onConnected(hello, this.isUnmet);
      } catch (error) {
        return this.fail('its channels do not fit', error);
      }
      this.phase = 'connected';
      this.isUnmet = false;
      const { silenceMs } = this.owner;
      if (silenceMs === undefined) this.heartbeat?.stop();
      else this.listen(silenceMs, () => this.owner.onSilent());
      this.timers.cancel('hello');
    }
    this.delivery.resume(hello.received);
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

  private receiveFrame(value: unknown): void {
    if (this.phase !== 'up' && this.phase !== 'connected') return;
    try {
      const frame = parseFrame(value);
      this.heartbeat?.heard();
      if (frame.type === 'hello') this.receiveHello(frame);
      else if (frame.type === 'ping') this.beat('pong');
      else if (frame.type === 'bye') this.receiveBye(frame.session);
      else if (frame.type === 'data' && frame.session === this.peer && this.isConnected) this.delivery.arrive(frame);
    } catch (error) {
      this.refuse(error);
    }
    this.partIfDone();
  }

  /** It may have been said before the peer had heard of this epoch; but not by an earlier life of it. */
  private receiveBye(session: string): void {
    if (session === (this.peer ?? this.peerBefore)) this.goOnWithout({ how: 'left' });
  }

  private peerGone(reason: unknown): void {
    if (this.phase === 'over' || !this.isThere) return; // it has said good-bye
    this.goOnWithout({ how: 'gone', reason });
    this.partIfDone();
  }

  /** The peer has gone; another life of it may come. */
  private goOnWithout(how: Parting): void {
    this.peer = this.peerBefore = undefined;
    this.isThere = false;
    this.forgetPeer();
    this.heartbeat?.stop();
    this.pause();
    this.tellParted(how);
  }
}
