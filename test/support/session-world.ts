/**
 * A world to explore sessions in: an office, lives of a tab that come one after another, and what lies between them.
 * Timers, tasks, chance and the medium are the explorer's; the sessions are the library's.
 *
 * Two reductions keep it finite. A frame that equals the one before it on its way is not sent twice: a repeat of it by the
 * medium is a step of its own. And a timer fires only when nothing of one's own is under way; one that is far longer than any
 * way, only when nothing is under way to oneself either.
 */
import type { sessionMachine } from '../../machines/session.js';
import type { Frame } from '../../src/links/session/frame.js';
import { lifeOf } from '../../src/links/session/life.js';
import type { Step, StateSpace } from './explore-states.js';
import {
  createLife,
  DEAD,
  frameOf,
  type Effect,
  type Input,
  type LifeSpec,
  type LifeState,
} from './session-automaton.js';

/** What may go wrong; each as often as the world has of it. */
export type Fault =
  /** By the medium: the next frame of a way is lost, or comes once more behind all others, or behind the next. */
  | 'lose'
  | 'repeat'
  | 'swap'
  /** A way is cut, with all that is under way. */
  | 'cut'
  /** A tab stands still; it goes on whenever it likes. */
  | 'freeze'
  /** A process goes back to a checkpoint: it is in the next epoch. */
  | 'goBack'
  /** The office is killed, and begins anew. */
  | 'renewOffice'
  /** A tab says good-bye. */
  | 'stop'
  /** A tab is killed; where all hear everything, the office is told so, as by the lock that each tab holds. */
  | 'kill';

/** What a world is made of. */
export interface WorldOptions {
  /** Lives of the tab. */
  readonly lives: number;
  /**
   * `shared`: everybody hears everything, as on a `BroadcastChannel`. `sockets`: each life has a way of its own, and the one
   * that has connected last is the one that leads on; cut ways are restored. `ports`: reliable ways; a new life takes the place
   * of one that was ended.
   */
  readonly medium: 'shared' | 'sockets' | 'ports';
  /** Items that the office says, and that each tab says. */
  readonly officeSays: number;
  readonly tabSays: number;
  /** How the numbers of later lives compare with those of earlier ones; default: they grow. */
  readonly clocks?: 'growing' | 'equal' | 'falling';
  /** Whether all ask whether their peer is there. */
  readonly asks?: boolean;
  readonly faults?: Readonly<Partial<Record<Fault, number>>>;
  /** A faulty statechart for all sessions. */
  readonly machine?: typeof sessionMachine;
  /** Makes all sessions faulty in some other way. */
  readonly spoil?: LifeSpec['spoil'];
  /** Makes the medium faulty: what comes in, in place of a frame. */
  readonly spoilFrame?: (frame: Frame, receiver: LifeState) => Frame;
}

/** A life of the tab in the world. */
interface Place {
  readonly state: LifeState;
  readonly isFrozen: boolean;
  readonly way: 'none' | 'down' | 'up';
}

/** Between two sessions: what was numbered for the way from one to the other, and how much of it was taken. */
interface Pair {
  readonly numbered: readonly string[];
  readonly taken: number;
}

/** A state of the world: plain, and never changed. */
export interface WorldState {
  readonly office: LifeState;
  /** Which life of the office it is. */
  readonly officeLife: number;
  readonly tabs: readonly Place[];
  /** The tab to which the office's socket leads. */
  readonly attached: string | undefined;
  /** The newest life of the tab that this life of the office has met, or let in. */
  readonly newest: string;
  /** By way: what is under way, oldest first. */
  readonly ways: ReadonlyMap<string, readonly string[]>;
  readonly left: ReadonlyMap<Fault, number>;
  /** By process: how many items it has said, and how many of these it knows may be lost. */
  readonly said: ReadonlyMap<string, number>;
  readonly excused: ReadonlyMap<string, number>;
  readonly pairs: ReadonlyMap<string, Pair>;
  /** By item: who took it. */
  readonly takenBy: ReadonlyMap<string, string>;
  /** How often this life of the office was connected. */
  readonly connections: number;
  readonly wrong: string | undefined;
}

/** Frames that may be under way on one way; more are a storm. */
const MAX_UNDER_WAY = 16;
/** Timers that are far longer than any way. */
const LONG = new Set(['heartbeat', 'lost', 'linger']);
/** Stands at the end of a way: its socket was closed, or who sent on it was killed. */
const CLOSED = 'closed';
const KILLED = 'killed';
const ENDS: readonly string[] = [CLOSED, KILLED];
/** A socket of the office's that leads nowhere any more, as its tab has made another. */
const BYGONE = 'bygone';
/** A chance of the first life of the office. */
const OFFICE_NONCE = 500;

/** The world, and what has happened in it. */
export class SessionWorld implements StateSpace<WorldState> {
  /** What has happened on any path. */
  readonly seen = new Set<string>();
  readonly initial: WorldState;
  private readonly lives = new Map<string, LifeState>();
  private readonly processes = new Map<number, string>();
  private readonly numbers = new Map<string, number>();
  private readonly keys = new WeakMap<ReadonlyMap<string, unknown>, string>();
  private readonly tales = new Map<string, string>();

  constructor(readonly options: WorldOptions) {
    const { faults = {} } = options;
    const nobody: WorldState = {
      office: this.born('office', 0),
      officeLife: 0,
      tabs: [],
      attached: undefined,
      newest: '',
      ways: new Map(),
      left: new Map(Object.entries(faults) as [Fault, number][]),
      said: new Map(),
      excused: new Map(),
      pairs: new Map(),
      takenBy: new Map(),
      connections: 0,
      wrong: undefined,
    };
    const turn = new Turn(this, nobody);
    turn.open('office');
    this.initial = turn.state;
  }

  /** The most connections that a life of the office may see: one for each life of the tab, and one for each fault. */
  get maxConnections(): number {
    const faults = Object.values(this.options.faults ?? {});
    return this.options.lives + faults.reduce((sum, count) => sum + count, 0);
  }

  /** The n-th life of a process, which has not begun. */
  born(process: string, life: number): LifeState {
    const name = `${process} ${life}`;
    const spec = this.specOf(process, life);
    this.processes.set(spec.nonce, process === 'office' ? process : `t${life}`);
    const state = this.lives.get(name) ?? createLife(spec);
    this.lives.set(name, state);
    return state;
  }

  specOf(process: string, life: number): LifeSpec {
    const { clocks = 'growing', medium, asks = false, machine, spoil } = this.options;
    const order = clocks === 'growing' || process === 'office' ? life : -life;
    const [from, to] = process === 'office' ? ['office', 'tab'] : ['tab', 'office'];
    const nonce = (process === 'office' ? OFFICE_NONCE : OFFICE_NONCE / 2) + order;
    const bornAt = process !== 'office' && clocks === 'equal' ? 1000 : 1000 + 10 * order;
    return {
      from,
      to,
      bornAt,
      nonce,
      losesWhileUp: medium === 'shared',
      survivesDown: medium !== 'ports',
      asks,
      machine,
      spoil,
    };
  }

  /** Which process a session is of. */
  processOf(session: string): string {
    return this.processes.get(parseInt(lifeOf(session).slice(10), 36) % 2 ** 20)!;
  }

  keyOf(state: WorldState): string {
    const numbersOf = (frames: readonly string[]) => frames.map((frame) => this.numberOf(frame)).join();
    const { office, officeLife, attached, newest, connections, wrong } = state;
    return [
      [office.number, officeLife, attached, newest, connections, wrong].join(),
      ...state.tabs.map((tab) => [tab.state.number, tab.isFrozen, tab.way].join()),
      this.keyOfMap(state.ways, numbersOf),
      ...[state.left, state.said, state.excused, state.takenBy].map((map) => this.keyOfMap(map, String)),
      this.keyOfMap(state.pairs, ({ numbered, taken }) => `${taken} of ${numbered.join()}`),
    ].join('|');
  }

  private keyOfMap<V>(map: ReadonlyMap<string, V>, keyOfValue: (value: V) => string): string {
    const known = this.keys.get(map);
    if (known !== undefined) return known;
    const entries = Array.from(map, ([key, value]) => `${this.numberOf(key)}:${keyOfValue(value)}`);
    const key = entries.sort().join(';');
    this.keys.set(map, key);
    return key;
  }

  private numberOf(text: string): number {
    const number = this.numbers.get(text) ?? this.numbers.size;
    this.numbers.set(text, number);
    return number;
  }

  wrongWith({ wrong }: WorldState): string | undefined {
    return wrong;
  }

  /** All have met, or know that they are over; nothing is under way, or lost without a word. */
  isSettled(state: WorldState): boolean {
    const { office, tabs, ways, pairs } = state;
    if ([...ways.values()].some((frames) => frames.length > 0)) return false;
    const acting = tabs.filter((tab) => !tab.state.isOver);
    if (acting.some(({ isFrozen, way }) => isFrozen || way !== 'up')) return false;
    if (acting.length === 0) return !office.isConnected;
    const [{ state: tab }] = acting as [Place];
    const isPair = acting.length === 1 && tab.peer === office.session && office.peer === tab.session;
    if (!isPair || !tab.isConnected || !office.isConnected || tab.epoch !== office.epoch) return false;
    const current = [pairOf(tab.session, office.session), pairOf(office.session, tab.session)];
    if (current.some((pair) => !isEmptied(pairs.get(pair)))) return false;
    return tab.isEmpty && office.isEmpty && this.itemsAwaited(state).length === 0;
  }

  /** What was said, was not taken, and is not known to be lost. */
  private itemsAwaited({ said, excused, takenBy }: WorldState): string[] {
    return [...said].flatMap(([process, count]) => {
      const items = Array.from({ length: count }, (_, index) => itemOf(process, index + 1));
      return items.slice(excused.get(process) ?? 0).filter((item) => !takenBy.has(item));
    });
  }

  *stepsFrom(state: WorldState): Iterable<Step<WorldState>> {
    if (state.wrong !== undefined) return;
    const step = (name: string, act: (turn: Turn) => void): Step<WorldState> => {
      const turn = new Turn(this, state);
      act(turn);
      return { name, to: turn.state };
    };
    const fault = (kind: Fault, name: string, act: (turn: Turn) => void): Step<WorldState>[] => {
      const left = state.left.get(kind) ?? 0;
      if (left === 0) return [];
      this.seen.add(kind);
      return [
        step(name, (turn) => {
          turn.state.left = withValue(state.left, kind, left - 1);
          act(turn);
        }),
      ];
    };
    const { lives, officeSays, tabSays, medium } = this.options;
    const { tabs, ways, office } = state;
    if (tabs.length < lives) yield step(`t${tabs.length} begins`, (turn) => turn.begin());

    for (const [way, frames] of ways) {
      const [from, to] = way.split('>') as [string, string];
      const frame = frames[0];
      if (frame === undefined || this.isFrozen(state, to)) continue;
      const what = `${way} ${this.tell(frame)}`;
      yield step(what, (turn) => turn.deliver(from, to));
      if (ENDS.includes(frame)) continue;
      yield* fault('lose', `${what}: lost`, (turn) => turn.pull(way));
      yield* fault('repeat', `${what}: repeated`, (turn) => turn.setWay(way, [...frames, frame]));
      const [, second, ...others] = frames;
      if (second === undefined || ENDS.includes(second)) continue;
      yield* fault('swap', `${what}: overtaken`, (turn) => turn.setWay(way, [second, frame, ...others]));
    }

    for (const [name, { state: life, isFrozen, way }] of placesOf(state)) {
      if (isFrozen) yield step(`${name} thaws`, (turn) => turn.place(name, { isFrozen: false }));
      if (life.isOver || isFrozen) continue;
      for (const timer of this.timersOf(state, name, life)) {
        yield step(`${name}: ${timer}`, (turn) => turn.act(name, { type: 'timer', value: timer }));
      }
      const said = state.said.get(name) ?? 0;
      if (said < (name === 'office' ? officeSays : tabSays)) {
        const value = itemOf(name, said + 1);
        yield step(`${name} says ${value}`, (turn) => {
          turn.state.said = withValue(state.said, name, said + 1);
          turn.act(name, { type: 'say', value });
        });
      }
      yield* fault('goBack', `${name} goes back`, (turn) => turn.act(name, { type: 'goBack' }));
      if (name === 'office') continue;
      if (way === 'down') yield step(`${name}'s way is restored`, (turn) => turn.up(name));
      else if (medium !== 'ports') yield* fault('cut', `${name}'s way is cut`, (turn) => turn.cut(name));
      yield* fault('freeze', `${name} freezes`, (turn) => turn.place(name, { isFrozen: true }));
      yield* fault('kill', `${name} is killed`, (turn) => turn.kill(name));
      yield* fault('stop', `${name} stops`, (turn) => turn.act(name, { type: 'stop' }));
    }
    if (!office.isOver && medium !== 'ports') {
      yield* fault('renewOffice', 'the office begins anew', (turn) => turn.renewOffice());
    }
    const { attached } = state;
    if (attached !== undefined && !turnedTo(state, attached)) {
      yield step('the office sees the cut', (turn) => turn.detach());
    }
  }

  private isFrozen({ tabs }: WorldState, name: string): boolean {
    return name !== 'office' && tabs[Number(name.slice(1))]!.isFrozen;
  }

  private timersOf(state: WorldState, name: string, life: LifeState): readonly string[] {
    if (life.timers.length === 0) return [];
    const busy = [...state.ways].filter(([, frames]) => frames.length > 0).map(([way]) => way.split('>'));
    const awaited = busy.filter(([, to]) => !this.isFrozen(state, to!));
    if (awaited.some(([from]) => from === name)) return [];
    return life.timers.filter((timer) => !LONG.has(timer) || !awaited.some(([, to]) => to === name));
  }

  /** A frame, for people. */
  private tell(text: string): string {
    const tale = this.tales.get(text) ?? this.describe(text);
    this.tales.set(text, tale);
    return tale;
  }

  private describe(text: string): string {
    if (ENDS.includes(text)) return text;
    const frame = frameOf(text);
    const short = (session: string | undefined) =>
      session === undefined ? '-' : `${this.processOf(session)}#${parseInt(session.slice(-6), 36)}`;
    switch (frame.type) {
      case 'hello':
        return `hello ${short(frame.session)} of ${short(frame.of)} has ${frame.received}${frame.isConnected ? ', connected' : ''}`;
      case 'data': {
        const items = frame.items.flatMap((item, index) => (index % 2 > 0 ? [(item as { type: string }).type] : []));
        return `data ${short(frame.session)}>${short(frame.to)} ${frame.first}:[${items.join()}] has ${frame.received}${frame.again ? ', again' : ''}`;
      }
      case 'sorry':
        return `sorry ${short(frame.to)} ${frame.by === undefined ? 'broken' : 'superseded'}`;
      default:
        return `${frame.type} ${short(frame.session)}>${short(frame.to)}`;
    }
  }
}

/** The item that a process says as its n-th. */
function itemOf(process: string, index: number): string {
  return `${process}.${index}`;
}

function pairOf(from: string, to: string | undefined): string {
  return `${from}>${to}`;
}

function isEmptied(pair: Pair | undefined): boolean {
  return pair === undefined || pair.taken === pair.numbered.length;
}

function placesOf({ office, tabs }: WorldState): [string, Place][] {
  const places = tabs.map((tab, index) => [`t${index}`, tab] as [string, Place]);
  return [['office', { state: office, isFrozen: false, way: 'up' }], ...places];
}

/** Whether a tab's socket is the one that leads to the office. */
function turnedTo({ tabs, attached }: WorldState, name: string): boolean {
  const tab = tabs[Number(name.slice(1))];
  return attached === name && tab?.way === 'up' && !tab.state.isOver;
}

/** A map with another value for a key. */
function withValue<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
  return new Map(map).set(key, value);
}

function without<K, V>(map: ReadonlyMap<K, V>, ...keys: K[]): ReadonlyMap<K, V> {
  return new Map([...map].filter(([key]) => !keys.includes(key)));
}

/** A state in the making. */
type Draft = { -readonly [K in keyof WorldState]: WorldState[K] };

/** One step: what comes of it, and what was wrong with that. */
class Turn {
  readonly state: Draft;
  /** What is being taken. */
  private arriving: Frame | undefined;

  constructor(
    private readonly world: SessionWorld,
    before: WorldState,
  ) {
    this.state = { ...before };
  }

  private get medium() {
    return this.world.options.medium;
  }

  private lifeOf(name: string): LifeState {
    return name === 'office' ? this.state.office : this.state.tabs[Number(name.slice(1))]!.state;
  }

  place(name: string, change: Partial<Place>): void {
    this.state.tabs = this.state.tabs.map((tab, index) => (name === `t${index}` ? { ...tab, ...change } : tab));
  }

  begin(): void {
    const { tabs } = this.state;
    const name = `t${tabs.length}`;
    const state = this.world.born('tab', tabs.length);
    if (this.medium === 'ports') this.connectPort(tabs.length);
    this.state.tabs = [...this.state.tabs, { state, isFrozen: false, way: 'none' }];
    this.open(name);
  }

  /** A new port leads from the office to a life; with the old one, the life before it has ended. */
  private connectPort(life: number): void {
    if (life > 0) {
      this.kill(`t${life - 1}`);
      this.empty(`t${life - 1}`);
      this.act('office', { type: 'reroute' });
    }
    this.act('office', { type: 'up' });
  }

  kill(name: string): void {
    this.place(name, { state: DEAD });
    this.leave(name);
    if (this.medium === 'shared') this.put(`${name}>office`, KILLED);
  }

  open(name: string): void {
    this.act(name, { type: 'open' });
    this.up(name);
  }

  up(name: string): void {
    this.place(name, { way: 'up' });
    if (this.state.attached === name) this.state.attached = BYGONE;
    // The way from the office stands at once where all hear everything; else when somebody has connected.
    if (name !== 'office' || this.medium === 'shared') this.act(name, { type: 'up' });
  }

  cut(name: string): void {
    this.empty(name);
    this.place(name, { way: 'down' });
    this.act(name, { type: 'down' });
  }

  private empty(name: string): void {
    this.state.ways = without(this.state.ways, `${name}>office`, `office>${name}`);
  }

  renewOffice(): void {
    const { state } = this;
    const old = state.office;
    state.officeLife++;
    state.office = this.world.born('office', state.officeLife);
    state.newest = '';
    state.connections = 0;
    this.excuse('office');
    state.attached = undefined;
    this.world.seen.add(old.isConnected ? 'renewed while connected' : 'renewed');
    this.open('office');
    if (this.medium !== 'sockets') return;
    state.tabs.forEach(({ way }, index) => way === 'up' && this.cut(`t${index}`));
  }

  /** The office's server sees that a socket is no more. */
  detach(): void {
    this.state.attached = undefined;
    this.act('office', { type: 'down' });
  }

  // What is under way.

  /** Takes the next frame out of its way. */
  pull(way: string): string {
    const [frame, ...others] = this.state.ways.get(way)!;
    this.setWay(way, others);
    return frame!;
  }

  setWay(way: string, frames: readonly string[]): void {
    const { ways } = this.state;
    this.state.ways = frames.length > 0 ? withValue(ways, way, frames) : without(ways, way);
  }

  private put(way: string, frame: string): void {
    const frames = this.state.ways.get(way) ?? [];
    if (frames.includes(frame)) return;
    this.setWay(way, [...frames, frame]);
    if (frames.length >= MAX_UNDER_WAY) this.isWrong(`more than ${MAX_UNDER_WAY} frames are under way on ${way}`);
  }

  private send(from: string, frame: string): void {
    if (from !== 'office') return this.put(`${from}>office`, frame);
    this.state.tabs.forEach(({ state, way }, index) => {
      const name = `t${index}`;
      const isReached = this.medium === 'sockets' ? turnedTo(this.state, name) : way === 'up' && !state.isOver;
      if (isReached) this.put(`office>${name}`, frame);
    });
  }

  deliver(from: string, to: string): void {
    const text = this.pull(`${from}>${to}`);
    if (text === CLOSED) return this.cut(to);
    if (text === KILLED) return this.noteKilled(from);
    const { spoilFrame = (frame) => frame } = this.world.options;
    const frame = frameOf(text);
    if (to === 'office' && this.medium === 'sockets' && this.state.attached !== from) return this.connect(from, frame);
    this.arriving = frame;
    this.act(to, { type: 'frame', value: JSON.stringify(spoilFrame(frame, this.lifeOf(to))) });
    this.arriving = undefined;
  }

  /** Whose lock it was is known of the life that was heard last. */
  private noteKilled(name: string): void {
    const { peer } = this.state.office;
    if (peer === undefined || this.world.processOf(peer) === name) this.act('office', { type: 'gone' });
  }

  /** What a server does with the first frame of a socket: see `webSocketServer`. */
  private connect(name: string, hello: Frame): void {
    const { state } = this;
    if (hello.type !== 'hello') return this.put(`office>${name}`, CLOSED);
    if (lifeOf(hello.session) < state.newest) {
      const { panorama, session: to } = hello;
      this.put(`office>${name}`, JSON.stringify({ panorama, type: 'sorry', to, by: state.newest, why: 'refused' }));
      return this.put(`office>${name}`, CLOSED);
    }
    state.newest = lifeOf(hello.session);
    const before = state.attached;
    if (before !== undefined) this.detach();
    if (before !== undefined && state.tabs[Number(before.slice(1))]?.way === 'up') this.put(`office>${before}`, CLOSED);
    state.attached = name;
    this.act('office', { type: 'up' });
    this.arriving = hello;
    this.act('office', { type: 'frame', value: JSON.stringify(hello) });
    this.arriving = undefined;
  }

  // What comes of it.

  act(name: string, input: Input): void {
    const { to, effects } = this.lifeOf(name).next(input);
    if (name === 'office') this.state.office = to;
    else this.place(name, { state: to });
    for (const effect of effects) this.note(name, effect, input);
    if (to.isOver) this.leave(name);
  }

  /** Its end of the medium is closed; what it has sent still goes out. */
  private leave(name: string): void {
    this.state.ways = without(this.state.ways, `office>${name}`);
    this.excuse(name);
  }

  /** A process knows that what it has said may be lost. */
  private excuse(name: string): void {
    const { state } = this;
    state.excused = withValue(state.excused, name, state.said.get(name) ?? 0);
  }

  private note(name: string, effect: Effect, input: Input): void {
    this.world.seen.add(effect.type === 'parted' ? `parted: ${effect.how}` : effect.type);
    switch (effect.type) {
      case 'sent':
        this.noteNumbers(name, frameOf(effect.frame));
        return this.send(name, effect.frame);
      case 'took':
        return this.noteTaken(name, effect.item);
      case 'connected':
        return name === 'office' ? this.noteConnected(effect.session) : undefined;
      case 'parted':
      case 'wentBack':
        return this.excuse(name);
      case 'failed':
        // One that stops waits for a time, and not for ever.
        return input.type === 'timer' && input.value === 'linger'
          ? undefined
          : this.isWrong(`${name} breaks: ${effect.why}`);
      case 'refused':
        return this.isWrong(`${name} refuses what came in: ${effect.why}`);
      default:
        return undefined;
    }
  }

  private noteConnected(session: string): void {
    const { state, world } = this;
    if (lifeOf(session) > state.newest) state.newest = lifeOf(session);
    state.connections++;
    if (state.connections > world.maxConnections) this.isWrong(`the office was connected ${state.connections} times`);
  }

  /** The number of an item of a pair is its own for ever. */
  private noteNumbers(name: string, frame: Frame): void {
    if (frame.type !== 'data' || frame.items.length === 0) return;
    const { pairs, newest } = this.state;
    const key = pairOf(frame.session, frame.to);
    const pair = pairs.get(key) ?? { numbered: [], taken: 0 };
    const numbered = [...pair.numbered];
    for (let index = 0; 2 * index < frame.items.length; index++) {
      const item = (frame.items[2 * index + 1] as { type: string }).type;
      const number = frame.first + index;
      if (number > numbered.length + 1) this.isWrong(`${name} leaves out number ${numbered.length + 1}`);
      if (number <= numbered.length && numbered[number - 1] !== item) {
        this.isWrong(`${name} gives number ${number} to ${numbered[number - 1]} and to ${item}`);
      }
      numbered[number - 1] = item;
    }
    this.state.pairs = withValue(pairs, key, { ...pair, numbered });
    if (name === 'office' && (frame.to === undefined || lifeOf(frame.to) < newest)) {
      this.isWrong(`the office sends to ${this.world.processOf(frame.to ?? '')}, which it knows to be superseded`);
    }
  }

  private noteTaken(name: string, item: string): void {
    const { pairs, takenBy, newest } = this.state;
    const frame = this.arriving;
    if (frame?.type !== 'data' || frame.to === undefined) return this.isWrong(`${name} takes ${item} out of nothing`);
    const { session, to } = frame;
    const by = takenBy.get(item);
    this.state.takenBy = withValue(takenBy, item, name);
    if (by !== undefined) return this.isWrong(`${name} takes ${item}, which ${by} has taken`);
    if (this.world.processOf(to) !== name) return this.isWrong(`${name} takes ${item}, which was sent to another life`);
    if (name === 'office' && lifeOf(session) < newest)
      return this.isWrong(`the office takes ${item} of a superseded life`);
    const key = pairOf(session, to);
    const { numbered, taken } = pairs.get(key)!;
    this.state.pairs = withValue(pairs, key, { numbered, taken: taken + 1 });
    if (numbered[taken] !== item) this.isWrong(`${name} takes ${item} where ${numbered[taken]} is next`);
  }

  private isWrong(what: string): void {
    this.state.wrong ??= what;
  }
}
