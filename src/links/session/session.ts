/** One end of a link: over whatever way, it meets the peer, parts, and meets again, as the statechart decides. */
import { sessionMachine, type SessionEvent } from '../../../machines/session.js';
import type { Envelope } from '../../channel/envelope.js';
import { messageOf, PanoramaError } from '../../errors.js';
import { Decider } from '../../decider.js';
import { tabulate } from '../../state-table.js';
import { Delivery } from './delivery.js';
import { parseFrame, PROTOCOL, type Frame, type Hello, type Sorry } from './frame.js';
import { Heartbeat } from './heartbeat.js';
import { lifeOf } from './life.js';
import type { Backlog } from './outbox.js';
import { helloFrom, type Parting, type SessionOwner } from './session-owner.js';
import { Timers } from './timers.js';
import { openWay, type FrameReceiver, type FrameSender, type Transport } from './transport.js';

/** How long to wait for an answer to a hello before the next one, in milliseconds; doubles up to the second number. */
const HELLO_MS = [100, 4000] as const;
/** How long nobody may answer before that is told, in milliseconds. */
const UNANSWERED_MS = 30_000;
/** How long a way may be down before the peer counts as gone, in milliseconds. */
const LOST_MS = 30_000;
/** How long a session outlives its process while nothing of what is waiting goes out, in milliseconds. */
const LINGER_MS = 2000;
/** How long a peer that has left is given to answer, once it is needed again. */
const RETURN_MS = 3000;

type EventType = SessionEvent['type'];
type StateValue = 'over' | 'superseded' | { readonly open: Readonly<Record<'owner' | 'way' | 'peer', string>> };

/** What comes with an event. */
interface Told {
  readonly hello?: Hello;
  /** How the peer parts. */
  readonly how?: Parting;
  /** What is wrong, or why the way is as it is. */
  readonly why?: string;
  readonly reason?: unknown;
  readonly nextMs?: number | undefined;
  /** The session that is told that it is none. */
  readonly to?: string;
  /** A later life of this process. */
  readonly by?: string;
}

/** The actions of the statechart. */
type Act =
  | 'sayHello'
  | 'saySuperseded'
  | 'sayBroken'
  | 'sayBye'
  | 'greet'
  | 'stopGreeting'
  | 'meet'
  | 'connect'
  | 'resume'
  | 'pause'
  | 'part'
  | 'renew'
  | 'drop'
  | 'linger'
  | 'tellCut'
  | 'tellWaiting'
  | 'tellBroken'
  | 'tellSuperseded'
  | 'leave';

/** The reliable layer of a link: what is sent at one end comes out at the other in order, once, whole; or the session breaks. */
export class Session {
  private id: string;
  /** The peer's session. Frames count between these two, and no others. */
  private peer: string | undefined;
  /** The newest session of the peer that has said hello, in whatever epoch, and whose life has not parted since. */
  private heard: string | undefined;
  /** The newest life of the peer that was ever heard of. */
  private newestLife = '';
  /** Whether the peer's session has been connected. */
  private wasConnected = false;
  private readonly decider: Decider<EventType, Act, StateValue, Told>;

  private readonly delivery: Delivery;
  private readonly timers: Timers<'greeting' | 'linger' | 'lost'>;
  private sender: FrameSender | undefined;
  private heartbeat: Heartbeat | undefined;
  private helloMs: number = HELLO_MS[0];
  /** What waited when it was last looked at, once the process has stopped. */
  private lingeringBytes = Infinity;
  private greetedSince = 0;
  private isUnansweredTold = false;

  /** @param machine What it decides by. */
  constructor(
    private readonly owner: SessionOwner,
    private transport: Transport,
    machine = sessionMachine,
  ) {
    this.id = owner.life.nextSession();
    this.timers = new Timers(owner.host.clock);
    this.decider = new Decider(() => tabulate(machine), this.acts);
    const isConnected = () => this.isConnected;
    const way = () => this.transport;
    const isFull = () => this.sender?.isFull === true;
    const { host, maxBuffered, maxBufferedBytes, maxMessageBytes } = owner;
    this.delivery = new Delivery({
      host,
      maxBuffered,
      maxBufferedBytes,
      maxMessageBytes,
      get isConnected() {
        return isConnected();
      },
      get way() {
        return way();
      },
      get isFull() {
        return isFull();
      },
      send: (parcel) => this.say({ type: 'data', ...parcel }),
      onReceived: (envelope) => {
        if (!this.isParting) this.owner.onReceived(envelope);
      },
      onBacklog: (type, backlog) => this.owner.onBacklog(type, backlog),
      reopen: (why) => (this.sender?.reopen ? this.sender.reopen(new Error(why)) : this.break(why)),
      fail: (why, cause) => this.break(why, cause),
    });
  }

  private regions() {
    const { value } = this.decider;
    return typeof value === 'string' ? undefined : value.open;
  }

  /** What is waiting for the peer. */
  get backlog(): Backlog {
    return this.delivery.backlog;
  }

  get isConnected(): boolean {
    return this.regions()?.peer === 'connected';
  }

  /** Whether it carries nothing any more, and never will. */
  get isOver(): boolean {
    return this.regions() === undefined;
  }

  private get isParting(): boolean {
    return this.regions()?.owner === 'parting';
  }

  // Deciding.

  private decide(type: EventType, told: Told = {}): void {
    this.decider.decide(type, told);
  }

  private readonly acts: Readonly<Record<Act, (told: Told) => void>> = {
    sayHello: () => this.sayHello(),
    saySuperseded: ({ to }) =>
      this.send({ panorama: PROTOCOL, type: 'sorry', to: to!, by: this.newestLife, why: 'another life has come' }),
    sayBroken: ({ why }) => this.peer !== undefined && this.say({ type: 'sorry', by: undefined, why: why ?? '' }),
    sayBye: () => this.say({ type: 'bye' }),
    greet: () => {
      this.greetedSince = this.owner.host.clock.now();
      this.isUnansweredTold = false;
      this.helloMs = HELLO_MS[0];
      this.greetLater();
    },
    stopGreeting: () => this.timers.cancel('greeting'),
    meet: ({ hello }) => this.meet(hello!.session),
    connect: ({ hello }) => this.connect(hello!),
    resume: ({ hello }) => this.delivery.resume(hello!, false),
    pause: () => this.delivery.pause(),
    part: ({ how }) => {
      this.heard = undefined;
      this.heartbeat?.stop();
      this.renew();
      this.tellParted(how!);
    },
    renew: () => this.renew(),
    drop: () => void this.delivery.drop(),
    linger: () => this.linger(),
    tellCut: ({ reason }) => {
      if (!this.timers.has('lost')) this.timers.set('lost', LOST_MS, () => this.lose(reason));
      if (!this.isParting) this.owner.onCut(reason);
    },
    tellWaiting: ({ reason, nextMs }) => this.isParting || this.owner.onWaiting(reason, nextMs),
    tellBroken: ({ why, reason }) => this.owner.onFailed(this.failure(why ?? '', reason)),
    tellSuperseded: ({ by }) => this.owner.onSuperseded(by!),
    leave: () => {
      this.heartbeat?.stop();
      this.timers.cancelAll();
      this.delivery.pause();
      this.sender?.close();
    },
  };

  // What its owner asks.

  open(): void {
    if (this.regions()?.way !== 'none') return;
    this.decide('session.opened');
    this.openWay();
  }

  private openWay(): void {
    const { from, to } = this.owner;
    const receiver: FrameReceiver = {
      up: () => this.wayUp(),
      frame: (value) => this.receiveFrame(value),
      refused: (reason) => this.refuse(reason),
      down: (reason, nextMs) => this.wayDown(reason, nextMs),
      drained: () => this.wayDrained(),
      gone: (reason) => this.peerGone('peer.gone', reason),
      closed: (reason) => this.decide('way.closed', { why: 'the way to it is closed', reason }),
    };
    this.sender = openWay(this.transport, receiver, { from, to });
  }

  /** Begins anew, as another epoch has begun, or another life: what was sent before goes nowhere. */
  restart(): void {
    this.decide('session.renewed');
  }

  /** The peer has left, and is needed again: if it does not answer, it is missed. */
  awaitReturn(): void {
    this.listen(this.owner.silenceMs ?? RETURN_MS, () => this.owner.onMissed());
  }

  /** Goes on over another way. What is waiting for a peer that was never met goes out over that. */
  reroute(transport: Transport): void {
    if (this.isOver) return;
    this.sender?.close();
    this.sender = undefined;
    this.transport = transport;
    this.heartbeat?.stop();
    this.heard = undefined;
    const hadPeer = this.peer !== undefined;
    const wasOpen = this.regions()!.way !== 'none';
    this.decide('way.replaced');
    if (hadPeer) this.tellParted({ how: 'replaced' });
    if (wasOpen) this.openWay();
  }

  /**
   * Sends what is waiting, says good-bye, and parts.
   *
   * @param lingers Whether it may take a moment, if the peer has not answered yet or still has much to take.
   */
  close(lingers: boolean): void {
    if (this.isParting) return;
    this.delivery.flush();
    const isWaiting = this.delivery.backlog.envelopes > 0 && this.regions()?.way !== 'none';
    this.decide(lingers && isWaiting ? 'session.closing' : 'session.closed');
  }

  /** As long as something of what waits goes out. */
  private linger(): void {
    const { bytes } = this.delivery.backlog;
    if (bytes >= this.lingeringBytes) return this.giveUp();
    this.lingeringBytes = bytes;
    this.timers.set('linger', LINGER_MS, () => this.linger());
  }

  /** Another life of its process acts in its place: it is over, without a good-bye. */
  supersede(by: string): void {
    this.decide('sorry.superseded', { by });
  }

  private giveUp(): void {
    this.break(`${this.delivery.backlog.envelopes} envelopes had not reached it when the process stopped`);
  }

  /** Puts an envelope behind all others; it goes out when this task ends. */
  push(envelope: Envelope): void {
    const peer = this.regions()?.peer;
    if (peer === undefined || peer === 'broken' || this.isParting) return;
    this.delivery.push(envelope);
  }

  /** The process has taken the next envelope. */
  giveCredit(): void {
    this.delivery.giveCredit();
  }

  // The way.

  private wayUp(): void {
    // A transport may be up before `open` has returned its other end.
    if (this.sender === undefined) return this.owner.host.task(() => this.isOver || this.wayUp());
    this.decide('way.up');
  }

  private wayDown(reason: unknown, nextMs: number | undefined): void {
    const isLost = !this.transport.survivesDown && this.regions()?.way === 'up';
    if (isLost) this.decide('way.closed', { why: 'the way to it is cut', reason });
    else this.decide('way.down', { reason, nextMs });
  }

  private wayDrained(): void {
    this.heartbeat?.heard();
    this.delivery.flush();
  }

  private lose(reason: unknown): void {
    this.decide('way.lost', {
      how: {
        how: 'gone',
        reason: new Error(`it was cut off ${LOST_MS} ms ago, and has not come back: ${messageOf(reason)}`),
      },
    });
    this.partIfDone();
  }

  private peerGone(type: 'peer.gone' | 'peer.silent', reason: unknown): void {
    if (this.heard === undefined) return; // it has said good-bye
    this.decide(type, { how: { how: 'gone', reason } });
    this.partIfDone();
  }

  private refuse(reason: unknown): void {
    if (this.isOver) return;
    const error =
      reason instanceof PanoramaError
        ? reason
        : new PanoramaError(
            'invalid-envelope',
            `Expected frames alone from "${this.owner.to}", got: ${messageOf(reason)}.`,
            { cause: reason },
          );
    this.owner.onRefused(error);
    if (this.isConnected) this.delivery.askAgain();
  }

  // What goes out.

  /** Says something in this session, to the peer's. */
  private say(said: Said): void {
    this.send({ panorama: PROTOCOL, session: this.id, to: this.peer, ...said } as Frame);
  }

  private send(frame: Frame): void {
    if (this.regions()?.way === 'down') return;
    try {
      this.sender?.send(frame);
    } catch (reason) {
      // A transport that throws has failed: the link with it, and never the application.
      this.owner.host.task(() => this.decide('way.closed', { why: 'it cannot be sent to', reason }));
    }
  }

  private sayHello(): void {
    const { id: session, peer: of, isConnected } = this;
    const { received } = this.delivery;
    this.send(helloFrom(this.owner, { session, of, received, isConnected }));
  }

  private greetLater(): void {
    this.timers.set('greeting', this.helloMs, () => {
      this.helloMs = Math.min(this.helloMs * 2, HELLO_MS[1]);
      this.decide('greeting.due');
      this.greetLater();
      this.tellUnanswered();
    });
  }

  private tellUnanswered(): void {
    if (this.isUnansweredTold || this.owner.host.clock.now() - this.greetedSince < UNANSWERED_MS) return;
    this.isUnansweredTold = true;
    this.owner.onWaiting(new Error(`nobody has answered for ${UNANSWERED_MS} ms`), this.helloMs);
  }

  private listen(silenceMs: number, silent: () => void): void {
    this.heartbeat?.stop();
    this.heartbeat = new Heartbeat({
      silenceMs,
      clock: this.owner.clock,
      ask: () => this.say({ type: 'ping' }),
      silent,
    });
    this.heartbeat.start();
  }

  // What comes in.

  private receiveFrame(value: unknown): void {
    if (this.regions()?.way !== 'up') return;
    try {
      const frame = parseFrame(value);
      if (frame.type === 'sorry') this.receiveSorry(frame);
      else if (lifeOf(frame.session) < this.newestLife) this.decide('life.outdated', { to: frame.session });
      else this.receive(frame);
    } catch (error) {
      this.refuse(error);
    }
    this.partIfDone();
  }

  private receive(frame: Exclude<Frame, Sorry>): void {
    this.heartbeat?.heard();
    if (frame.type === 'hello') return this.receiveHello(frame);
    if (frame.type === 'ping') return this.receivePing(frame);
    if (frame.type === 'bye') return this.receiveBye(frame);
    const isOfPair = frame.session === this.peer && frame.to === this.id;
    if (frame.type === 'data' && isOfPair && this.isConnected) this.delivery.arrive(frame);
    else if (isOfPair || this.peer === undefined) this.decide('peer.unaware');
  }

  /** In whatever epoch the other side is: it may be long on its way to this one. */
  private receivePing({ session }: { readonly session: string }): void {
    this.say({ type: 'pong' });
    if (session === this.peer) this.decide('peer.unaware');
  }

  private receiveHello(hello: Hello): void {
    const { from, to } = this.owner;
    if (hello.from !== to || hello.to !== from) {
      return this.break(
        `it leads from "${hello.to}" to "${hello.from}". Name the peer by its id, or give the id: { transport, id }`,
      );
    }
    this.newestLife = lifeOf(hello.session);
    if (this.heard !== undefined) {
      if (hello.session < this.heard) return; // it comes late
      if (lifeOf(this.heard) < this.newestLife) this.decide('life.outdated', { to: this.heard });
    }
    this.heard = hello.session;
    const standing = this.owner.judge(hello);
    if (standing === 'fits') return this.receiveFitting(hello);
    if (standing === 'ahead' && this.owner.describeSelf().stranded !== undefined) this.decide('hello.unfollowed');
    if (standing === 'behind' || standing === 'stranger') this.decide(`hello.${standing}`);
  }

  private receiveFitting(hello: Hello): void {
    const isNew = hello.session !== this.peer;
    // From a session that it knows to another: the channels begin anew first, and only then can they be compared.
    const isAnswering = hello.of === this.id && (!isNew || this.peer === undefined);
    if (isNew && !this.owner.mayMeet(hello)) return; // it will say so again
    if (!isNew && isAnswering && this.delivery.isOvertaken(hello.received)) return;
    if (isAnswering) {
      if (this.delivery.refuseClaim(hello.received)) return;
      const misfit = (isNew || !this.wasConnected) && this.owner.misfitOf(hello);
      if (misfit) return this.break(`its channels do not fit: ${misfit}`);
    }
    const kind = isNew ? 'hello.new' : 'hello.known';
    if (!isAnswering) this.decide(kind, { hello });
    else if (isNew || hello.isConnected) this.decide(`${kind}.answering`, { hello });
    else this.decide('hello.known.unconnected', { hello });
  }

  private meet(session: string): void {
    const hadPeer = this.peer !== undefined;
    this.forgetPeer();
    this.peer = session;
    if (hadPeer) this.tellParted({ how: 'replaced' });
  }

  private connect(hello: Hello): void {
    this.timers.cancel('lost');
    if (!this.isParting) this.owner.onConnected(hello);
    this.owner.life.noteMet(lifeOf(hello.session));
    this.wasConnected = true;
    const { silenceMs } = this.owner;
    if (silenceMs === undefined) this.heartbeat?.stop();
    else this.listen(silenceMs, () => this.fallSilent(silenceMs));
    this.delivery.resume(hello, true);
  }

  private fallSilent(silenceMs: number): void {
    this.owner.onSilent();
    this.peerGone('peer.silent', new Error(`nothing was heard of it for ${silenceMs} ms`));
  }

  /** It may have been said before the peer had heard of this epoch; but not by an earlier life of it. */
  private receiveBye({ session }: { readonly session: string }): void {
    if (this.heard !== undefined && lifeOf(session) === lifeOf(this.heard)) {
      this.decide('bye.received', { how: { how: 'left' } });
    }
  }

  private receiveSorry({ to, by, why }: Sorry): void {
    const { life } = this.owner;
    if (by === undefined) {
      if (to === this.id) this.decide('sorry.broken', { why: `its end has failed${why && `: ${why}`}` });
    } else if (lifeOf(to) === life.id && by > life.id) {
      if (life.outbid(by, this.newestLife)) this.owner.onOutbid();
      else this.decide('sorry.superseded', { by });
    }
  }

  // Its ends.

  /** Another session of this life. */
  private renew(): void {
    this.timers.cancel('lost');
    this.forgetPeer();
    this.id = this.owner.life.nextSession();
  }

  private forgetPeer(): void {
    this.peer = undefined;
    this.wasConnected = false;
    this.delivery.forgetPeer();
  }

  private tellParted(how: Parting): void {
    const unsent = this.delivery.drop();
    if (!this.isParting) this.owner.onParted(how, unsent);
  }

  private partIfDone(): void {
    if (this.isParting && this.delivery.backlog.envelopes === 0) this.decide('session.closed');
  }

  private break(why: string, reason?: unknown): void {
    // Of a process that has stopped, only messages are missed.
    if (this.isParting && !this.delivery.hasMessages) this.decide('session.closed');
    else this.decide('session.broke', { why, reason });
  }

  private failure(why: string, cause: unknown): PanoramaError {
    const { from, to } = this.owner;
    const because = (cause instanceof Error ? `${why}: ${cause.message}` : why).replace(/\.$/, '');
    const advice = this.isOver ? 'add the peer again over a new one' : 'they begin anew when either process does';
    return new PanoramaError(
      'link-failed',
      `Expected a link between "${from}" and "${to}" that carries everything, got one that failed: ${because}. Both channels are closed; ${advice}.`,
      { channels: [`${from}->${to}`, `${to}->${from}`], cause },
    );
  }
}

/** What of a frame is not the session's. */
type Said = { readonly type: string } & Readonly<Record<string, unknown>>;
