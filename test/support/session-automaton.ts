/**
 * The library's own `Session` as an automaton: what goes in, what comes out, and which states there are.
 *
 * A session cannot be copied. So each of its states is known by the shortest way to it: asked for something new, a session is
 * made, and led along that way once more. Every answer is kept, so that this happens once for each state and input.
 */
import type { sessionMachine } from '../../machines/session.js';
import type { Host } from '../../src/host.js';
import { parseFrame, type Frame, type Hello } from '../../src/links/session/frame.js';
import { OwnLife } from '../../src/links/session/life.js';
import type { Parting, SessionOwner } from '../../src/links/session/session-owner.js';
import { Session } from '../../src/links/session/session.js';
import type { FrameReceiver, Transport } from '../../src/links/session/transport.js';

/** A life of a process, with one link. */
export interface LifeSpec {
  readonly from: string;
  readonly to: string;
  /** The time of day at which it begins. */
  readonly bornAt: number;
  /** Chance, of which it has no more than this. */
  readonly nonce: number;
  /** Of its way: see `Transport`. */
  readonly losesWhileUp: boolean;
  readonly survivesDown: boolean;
  /** Whether it asks whether the peer is there. */
  readonly asks: boolean;
  /** A faulty statechart, in place of the session's. */
  readonly machine?: typeof sessionMachine | undefined;
  /** Makes a session faulty in some other way. */
  readonly spoil?: ((session: Session, life: OwnLife) => void) | undefined;
}

/** What is done to a life. A timer goes by its name, a frame by its text. */
export type Input =
  | { readonly type: 'open' | 'up' | 'down' | 'gone' | 'reroute' | 'goBack' | 'stop' }
  | { readonly type: 'frame' | 'timer' | 'say'; readonly value: string };

/** What a life does. */
export type Effect =
  | { readonly type: 'sent'; readonly frame: string }
  | { readonly type: 'took'; readonly item: string }
  | { readonly type: 'connected'; readonly session: string }
  | { readonly type: 'parted'; readonly how: Parting['how'] }
  | { readonly type: 'failed' | 'refused'; readonly why: string }
  | { readonly type: 'superseded' | 'outbid' | 'cut' | 'waiting' | 'silent' | 'wentBack' };

/** A state of a life. */
export interface LifeState {
  /** Counts the states as they are found. */
  readonly number: number;
  /** The names of the timers that are set. */
  readonly timers: readonly string[];
  readonly session: string;
  readonly peer: string | undefined;
  readonly isConnected: boolean;
  readonly isOver: boolean;
  /** Whether nothing waits to be sent, or acknowledged. */
  readonly isEmpty: boolean;
  readonly epoch: number;
  next(input: Input): { readonly to: LifeState; readonly effects: readonly Effect[] };
}

/** A life that was killed. */
export const DEAD: LifeState = {
  number: -1,
  timers: [],
  session: '',
  peer: undefined,
  isConnected: false,
  isOver: true,
  isEmpty: true,
  epoch: 0,
  next: () => ({ to: DEAD, effects: [] }),
};

/** The state of a life that has just been made. */
export function createLife(spec: LifeSpec): LifeState {
  const states = new Map<string, LifeState>();
  const stateOf = (life: Life, way: Way | undefined): LifeState => {
    const { key, timers } = describe(life);
    const state = states.get(key) ?? createState(states.size, life, timers, way);
    states.set(key, state);
    return state;
  };
  const createState = (number: number, life: Life, timers: readonly string[], way: Way | undefined): LifeState => {
    const moves = new Map<string, ReturnType<LifeState['next']>>();
    return {
      number,
      timers,
      ...life.look(),
      next(input) {
        const name = 'value' in input ? `${input.type} ${input.value}` : input.type;
        const known = moves.get(name);
        if (known !== undefined) return known;
        const again = new Life(spec);
        lead(again, way);
        const effects = again.take(input);
        const move = { to: stateOf(again, { before: way, input }), effects };
        moves.set(name, move);
        return move;
      },
    };
  };
  return stateOf(new Life(spec), undefined);
}

/** Everything that has gone in, last things first. */
interface Way {
  readonly before: Way | undefined;
  readonly input: Input;
}

function lead(life: Life, way: Way | undefined): void {
  const inputs: Input[] = [];
  for (let step = way; step !== undefined; step = step.before) inputs.unshift(step.input);
  for (const input of inputs) life.take(input);
}

/** A timer that is set. */
class Timer {
  constructor(readonly run: () => void) {}
}

/** What of a session its owner sees of it otherwise: tests alone look inside. */
interface Inside {
  readonly id: string;
  readonly peer: string | undefined;
  readonly delivery: { readonly backlog: { readonly envelopes: number } };
}

/** A session, its owner and its machine, in as far as they are its own. */
class Life {
  readonly timers = new Set<Timer>();
  private effects: Effect[] = [];
  private readonly tasks: (() => void)[] = [];
  private receiver: FrameReceiver | undefined;
  private readonly transport: Transport;
  readonly life: OwnLife;
  readonly session: Session;
  epoch = 0;
  /** The numbers of the messages that come next, on both channels. */
  nextOut = 1;
  nextIn = 1;

  constructor(private readonly spec: LifeSpec) {
    const host: Host = {
      clock: {
        setTimeout: (run: () => void) => {
          const timer = new Timer(run);
          this.timers.add(timer);
          return timer;
        },
        clearTimeout: (timer: never) => void this.timers.delete(timer),
        now: () => 0,
      },
      timeOfDay: () => spec.bornAt,
      random: () => spec.nonce,
      task: (run) => void this.tasks.push(run),
    };
    this.life = new OwnLife(host);
    this.transport = {
      losesWhileUp: spec.losesWhileUp,
      survivesDown: spec.survivesDown,
      open: (receiver: FrameReceiver) => {
        this.receiver = receiver;
        return {
          send: (frame: Frame) => this.note({ type: 'sent', frame: JSON.stringify(frame) }),
          close: () => undefined,
        };
      },
    };
    this.session = new Session(this.owner(host), this.transport, spec.machine);
    spec.spoil?.(this.session, this.life);
  }

  /** What a process does with a link, in small: see `Link`. */
  private owner(host: Host): SessionOwner {
    const { spec, life } = this;
    const note = (effect: Effect) => () => this.note(effect);
    return {
      from: spec.from,
      to: spec.to,
      sends: true,
      receives: true,
      silenceMs: spec.asks ? 15_000 : undefined,
      clock: host.clock,
      host,
      life,
      maxBuffered: 100,
      maxBufferedBytes: 2 ** 20,
      maxMessageBytes: 2 ** 20,
      describeChannels: () => ({ next: 1, expects: this.nextIn }),
      mayMeet: () => true,
      onBacklog: () => undefined,
      describeSelf: () => ({ met: undefined, epoch: this.epochNow, stranded: undefined }),
      judge: (hello) => this.judge(hello),
      misfitOf: ({ next }) => (next === this.nextIn ? undefined : `message ${this.nextIn} was next, not ${next}`),
      onConnected: ({ session }) => this.note({ type: 'connected', session }),
      onReceived: (envelope) => {
        if (envelope.type !== 'message') throw new Error(`a message was next, got ${envelope.type}`);
        if (envelope.seq !== this.nextIn) throw new Error(`message ${this.nextIn} was next, got ${envelope.seq}`);
        this.nextIn++;
        this.note({ type: 'took', item: envelope.event.type });
        this.session.giveCredit();
      },
      onRefused: ({ message }) => this.note({ type: 'refused', why: message }),
      onCut: note({ type: 'cut' }),
      onWaiting: note({ type: 'waiting' }),
      onParted: ({ how }) => this.part({ type: 'parted', how }),
      onSilent: note({ type: 'silent' }),
      onMissed: () => undefined,
      onFailed: ({ message }) => this.part({ type: 'failed', why: message.replace(/.*got one that failed: /, '') }),
      onSuperseded: note({ type: 'superseded' }),
      onOutbid: () => {
        this.note({ type: 'outbid' });
        this.session.restart();
      },
    };
  }

  private get epochNow(): Hello['epoch'] {
    return { number: this.epoch, decision: '', snapshotId: '' };
  }

  /** As a process that goes back when it hears of a later epoch: see `Rollbacks`. */
  private judge({ epoch: { number } }: Hello) {
    if (number === this.epoch) return 'fits';
    if (number < this.epoch) return 'behind';
    this.tasks.push(() => {
      if (number > this.epoch) this.goBack(number);
    });
    return 'ahead';
  }

  private goBack(epoch: number): void {
    this.epoch = epoch;
    this.part({ type: 'wentBack' });
    this.session.restart();
  }

  private part(effect: Effect): void {
    this.nextIn = this.nextOut = 1;
    this.note(effect);
  }

  private note(effect: Effect): void {
    this.effects.push(effect);
  }

  look() {
    const { id: session, peer, delivery } = this.session as unknown as Inside;
    const { isConnected, isOver } = this.session;
    return { session, peer, isConnected, isOver, isEmpty: delivery.backlog.envelopes === 0, epoch: this.epoch };
  }

  /** All that comes of an input, until nothing is left to be done. */
  take(input: Input): readonly Effect[] {
    this.effects = [];
    this.act(input);
    for (let task = this.tasks.shift(); task !== undefined; task = this.tasks.shift()) task();
    return this.effects;
  }

  private act(input: Input): void {
    switch (input.type) {
      case 'open':
        return this.session.open();
      case 'up':
        return this.receiver!.up();
      case 'down':
        return this.receiver!.down(new Error('cut'));
      case 'gone':
        return this.receiver!.gone(new Error('killed'));
      case 'reroute':
        return this.session.reroute(this.transport);
      case 'goBack':
        return this.goBack(this.epoch + 1);
      case 'stop':
        return this.session.close(true);
      case 'frame':
        return this.receiver!.frame(JSON.parse(input.value));
      case 'timer':
        return this.fire(input.value);
      case 'say':
        return this.session.push({ type: 'message', seq: this.nextOut++, event: { type: input.value } });
    }
  }

  private fire(name: string): void {
    const timer = describe(this).byName.get(name)!;
    this.timers.delete(timer);
    timer.run();
  }
}

/**
 * What is no part of the state: what never changes, and how long timers are, as those that are set may fire at any time.
 */
const NO_STATE = new Set([
  ...['owner', 'options', 'clock', 'host', 'transport', 'sender', 'acts'],
  ...['helloMs', 'resendMs', 'greetedSince', 'isUnansweredTold'],
]);

/** Everything that a session keeps, by which its states are told apart; and the timers that it has set, by name. */
function describe({ session, life, timers, epoch, nextIn, nextOut }: Life) {
  const byName = new Map<string, Timer>();
  const plain = (value: unknown, name: string): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Timer) {
      if (!timers.has(value)) return undefined;
      byName.set(name === 'timer' ? 'heartbeat' : name, value);
      return 'set';
    }
    if (Array.isArray(value)) return value.map((item) => plain(item, name));
    const entries: (readonly [string, unknown])[] =
      value instanceof Map ? [...(value as Map<string, unknown>)].sort() : Object.entries(value);
    return entries.map(([key, item]) =>
      NO_STATE.has(key) || typeof item === 'function' ? 0 : [key, plain(item, key)],
    );
  };
  const key = session.isOver ? 'over' : JSON.stringify([plain({ session, life }, ''), epoch, nextIn, nextOut]);
  if (!session.isOver && byName.size < timers.size)
    throw new Error('Expected timers that are kept by name, got others too.');
  if (session.isOver && timers.size > 0) throw new Error('Expected no timers once a session is over, got some.');
  return { key, byName, timers: [...byName.keys()].sort() };
}

const frames = new Map<string, Frame>();

/** What a text stands for that was sent. */
export function frameOf(text: string): Frame {
  const frame = frames.get(text) ?? parseFrame(JSON.parse(text));
  frames.set(text, frame);
  return frame;
}
