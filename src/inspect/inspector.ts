import { Subscription } from 'rxjs';
import { endsOf } from '../channel/topology.js';
import { expected, isObject } from '../checks.js';
import { messageOf, PanoramaError } from '../errors.js';
import type { GlobalSnapshot } from '../global-snapshot.js';
import type { TraceEvent } from '../trace.js';
import { Line, type Connection, type Viewer } from './line.js';
import { LocalSource, type WatchedNetwork } from './local-source.js';
import {
  addLayouts,
  addStates,
  type CreateEventOrder,
  type EventOrder,
  type GuestNews,
  type GuestPlace,
  type Layout,
  type PictureSource,
} from './picture.js';
import { toInspectorEvent, type PlainableEvent, type PlainOptions } from './plain-event.js';
import type { Playback } from './playback.js';
import { INSPECTOR_VERSION, type Ability, type InspectorEvent, type ViewerCommand } from './protocol.js';
import type { Scene } from './scene.js';
import { hasChildren } from './state-view.js';

/** What an inspector is made with. */
export interface InspectorOptions extends PlainOptions {
  /**
   * How many of the last events are kept for viewers to come. Default 0: without a viewer nothing is watched, and it costs
   * a check an event.
   */
  readonly history?: number | undefined;
  /** The most events that wait for a viewer that is slow for a moment; default 10,000. One that is slower goes on from the present. */
  readonly maxBuffered?: number | undefined;
  /** The playback whose schedule and clock the network has: then viewers may play, pause and step. */
  readonly playback?: Playback | undefined;
  /** How the network likes to be pictured. */
  readonly scene?: Scene | undefined;
  /** Makes a new network for viewers who begin again. */
  readonly restart?: ((seed: number | undefined) => InspectedNetwork) | undefined;
  /** Makes a new network that goes on from a snapshot. */
  readonly restore?: ((snapshot: GlobalSnapshot) => InspectedNetwork) | undefined;
}

/** A network, and the playback that paces it, if one does. */
export interface InspectedNetwork {
  readonly network: WatchedNetwork;
  readonly playback?: Playback | undefined;
  /** Sets it going; called when it is watched, so that nothing is missed. */
  start(): void;
}

/** Shows networks to viewers. */
export interface Inspector {
  /**
   * Shows this network from now on, in place of the one before; or processes alone of this program, which add up to one
   * picture. Before their `start()`, nothing is missed.
   */
  watch(network: WatchedNetwork | readonly WatchedNetwork[], playback?: Playback): void;
  /**
   * Gives a guest a part in the picture: another program, for which `openFeed` does this.
   *
   * @param createOrder How the events of all are brought into one order; that of the first guest.
   */
  join(guest: PictureSource, createOrder: CreateEventOrder): GuestPlace;
  connect(viewer: Viewer): Connection;
  /** Disconnects all viewers and watches no more. */
  stop(): void;
}

/** `maxBuffered`, unless told otherwise. */
const MAX_BUFFERED = 10_000;
/** Events handed over at a time. */
const BATCH = 2_000;
/** How often viewers are told what is new, in milliseconds. */
const TELL_EVERY_MS = 30;

/** Creates an inspector. Nothing leaves the program but through the viewers that you connect. */
export function createInspector(options: InspectorOptions = {}): Inspector {
  return new Emitter(options);
}

class Emitter implements Inspector {
  private readonly lines = new Set<Line>();
  /** The last events, each made plain when the first viewer takes it; the number of the first of them, and of the next. */
  private readonly entries: (PlainableEvent | InspectorEvent)[] = [];
  private first = 0;
  /** Whether every viewer has fallen behind, and goes on from the present with its next batch: until then nothing is kept. */
  private isPassedOver = false;
  private networks: readonly LocalSource[] = [];
  private readonly guests = new Set<PictureSource>();
  private order: EventOrder | undefined;
  private playback: Playback | undefined;
  private watching: Subscription | undefined;
  private stopListening: (() => void) | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: InspectorOptions) {}

  private get n(): number {
    return this.first + this.entries.length;
  }

  watch(network: WatchedNetwork | readonly WatchedNetwork[], playback = this.options.playback): void {
    const networks = Array.isArray(network) ? (network as readonly WatchedNetwork[]) : [network as WatchedNetwork];
    this.stopWatching();
    this.networks = networks.map((each) => new LocalSource(parseNetwork(each), this.options.redact));
    this.playback = playback;
    for (const line of this.lines) line.begin([this.described(), ...this.statesOfGuests()], this.n);
    if (this.lines.size > 0 || this.options.history) this.startWatching();
    this.wake();
  }

  join(guest: PictureSource, createOrder: CreateEventOrder): GuestPlace {
    this.guests.add(guest);
    const isSentElsewhere = (channel: string, source: object) => {
      const [sender] = endsOf(channel);
      return this.sources.some((other) => other !== source && other.has(sender));
    };
    this.order ??= createOrder(isSentElsewhere, (event) => this.keep(event));
    return {
      redact: this.options.redact,
      tell: (news) => this.hear(guest, news),
      leave: () => {
        this.guests.delete(guest);
        this.hear(guest, 'layout');
      },
    };
  }

  connect(viewer: Viewer): Connection {
    const line: Line = new Line(viewer, {
      execute: (command) => this.execute(command, (error) => this.tellFailure(line, error)),
      failed: (error) => this.tellFailure(line, error),
      take: () => this.take(line),
      settled: () => this.wake(),
      closed: () => this.disconnect(line),
    });
    this.lines.add(line);
    if (this.sources.length > 0) {
      if (this.options.history) line.begin([this.described(), ...this.skipped(this.first)], this.first);
      else {
        if (this.watching === undefined) this.startWatching();
        this.isPassedOver = false;
        line.begin([this.described(), this.captured()], this.n);
      }
    }
    this.wake();
    return line;
  }

  stop(): void {
    for (const line of [...this.lines]) line.close();
    this.stopWatching();
    this.networks = [];
    this.guests.clear();
  }

  private disconnect(line: Line): void {
    this.lines.delete(line);
    if (this.lines.size === 0 && !this.options.history) this.stopWatching();
  }

  private startWatching(): void {
    this.watching = new Subscription();
    for (const source of this.networks) this.watching.add(source.subscribe((event) => this.happened(source, event)));
    this.stopListening = this.playback?.onChange(() => {
      for (const line of this.lines)
        line.extra.push(this.numbered({ type: 'playback.changed', playback: this.playback!.state }));
      this.wake();
    });
  }

  private happened(source: LocalSource, event: TraceEvent): void {
    if (this.order === undefined) this.keep(event);
    else this.order.take(source, event);
  }

  /** A guest tells something. Without a viewer nothing is kept. */
  private hear(guest: PictureSource, news: GuestNews): void {
    if (this.watching === undefined) return;
    if (typeof news === 'object' && this.isAboutUs(news)) return;
    if (news === 'layout') this.changeTopology();
    else if (news === 'state') this.keep(this.captured());
    else this.order!.take(guest, news);
  }

  /** What runs here speaks for itself: another program may not. */
  private isAboutUs(news: InspectorEvent): boolean {
    return 'process' in news && this.networks.some((source) => source.has(news.process));
  }

  private changeTopology(): void {
    this.keep(this.numbered({ type: 'topology.changed', ...this.layout }));
  }

  private stopWatching(): void {
    this.order?.flush();
    this.watching?.unsubscribe();
    this.stopListening?.();
    this.watching = undefined;
    this.first = this.n;
    this.entries.length = 0;
    this.isPassedOver = false;
  }

  private keep(event: TraceEvent | InspectorEvent): void {
    if (event.type === 'topology.changed' && !('n' in event)) return this.changeTopology();
    if (this.isPassedOver) {
      this.first++;
      return this.wake();
    }
    // Children go on changing behind an immutable snapshot: those are looked at now, all others when a viewer takes them.
    const isLive = event.type === 'step.ended' && 'snapshot' in event && hasChildren(event.snapshot);
    if ('n' in event) this.entries.push({ ...event, n: this.n });
    else this.entries.push(isLive ? toInspectorEvent(event, this.n, this.options) : event);
    const { history = 0, maxBuffered = MAX_BUFFERED } = this.options;
    const most = Math.max(history, this.lines.size > 0 ? maxBuffered : 0);
    if (this.entries.length >= most * 1.25) {
      this.isPassedOver = history === 0 && [...this.lines].every(({ next }) => next < this.n - most);
      this.drop(this.isPassedOver ? this.entries.length : this.entries.length - most);
    }
    this.wake();
  }

  private drop(count: number): void {
    this.entries.splice(0, count);
    this.first += count;
  }

  /** What everybody has had is dropped, but for the history. */
  private dropRead(): void {
    const read = Math.min(...Array.from(this.lines, ({ next }) => next));
    const count = Math.min(read, this.n - (this.options.history ?? 0)) - this.first;
    if (count > 0 && count < Infinity) this.drop(count);
  }

  private wake(): void {
    if (this.timer !== undefined || this.lines.size === 0) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      for (const line of this.lines) {
        if (!line.isBusy) line.tell(this.take(line));
      }
      this.dropRead();
    }, TELL_EVERY_MS);
  }

  /** What a line has not had yet, at most a batch of it. */
  private take(line: Line): InspectorEvent[] {
    if (line.next < this.first) {
      // What is left of the past would be a puzzle: the viewer goes on from the present.
      line.extra.push(...this.skipped(this.n - line.next), this.captured());
      line.next = this.n;
      this.isPassedOver = false;
    }
    const start = line.next - this.first;
    const end = Math.min(start + BATCH, this.entries.length);
    line.next = this.first + end;
    for (let index = start; index < end; index++) {
      const entry = this.entries[index]!;
      if (!('n' in entry)) this.entries[index] = toInspectorEvent(entry, this.first + index, this.options);
    }
    return [...line.extra.splice(0), ...(this.entries.slice(start, end) as InspectorEvent[])];
  }

  private execute(command: ViewerCommand, fail: (error: unknown) => void): void {
    const { playback, options } = this;
    if (!this.abilities().includes(abilityFor(command))) {
      throw new PanoramaError(
        'invalid-argument',
        `Expected a command for what can be done here (${this.abilities().join(', ')}), got "${command.type}".`,
      );
    }
    if (command.type === 'snapshot.take') {
      const { initiators } = command;
      this.networkOf(initiators).takeSnapshot({ initiators }).catch(fail);
    } else if (command.type === 'playback.play') playback!.play();
    else if (command.type === 'playback.pause') playback!.pause();
    else if (command.type === 'playback.speed') playback!.setSpeed(command.speed);
    else if (command.type === 'playback.step') playback!.step(command.channel);
    else {
      const next =
        command.type === 'network.restart' ? options.restart!(command.seed) : options.restore!(command.snapshot);
      this.watch(next.network, next.playback);
      next.start();
    }
  }

  /** The network that has these initiators: of several processes alone, each can only begin snapshots itself. */
  private networkOf(initiators: readonly string[] = []): WatchedNetwork {
    const isHere = ({ processes }: WatchedNetwork) => initiators.every((id) => Object.hasOwn(processes, id));
    const found = this.networks.find(({ network }) => isHere(network));
    if (found !== undefined) return found.network;
    const here = this.networks.map(({ network }) => Object.keys(network.processes).join(', '));
    return expected(`initiators that can begin a snapshot together here (${here.join(' | ')})`, initiators.join(', '));
  }

  private abilities(): Ability[] {
    const { restart, restore } = this.options;
    return [
      ...(this.networks.length === 0 ? [] : ['snapshot' as const]),
      ...(this.playback === undefined ? [] : ['playback' as const]),
      ...(restart === undefined ? [] : ['restart' as const]),
      ...(restore === undefined ? [] : ['restore' as const]),
    ];
  }

  private tellFailure(line: Line, error: unknown): void {
    const message = messageOf(error);
    line.extra.push(this.numbered({ type: 'command.failed', message }));
    this.wake();
  }

  private get sources(): readonly PictureSource[] {
    return [...this.networks, ...this.guests];
  }

  private get layout(): Layout {
    return addLayouts(this.sources.map(({ layout }) => layout));
  }

  private described(): InspectorEvent {
    const { scene } = this.options;
    return this.numbered({
      type: 'network.described',
      version: INSPECTOR_VERSION,
      ...this.layout,
      abilities: this.abilities(),
      ...(this.playback === undefined ? {} : { playback: this.playback.state }),
      ...(scene === undefined ? {} : { scene }),
    });
  }

  private captured(): InspectorEvent {
    return this.numbered({
      type: 'network.captured',
      ...addStates([...this.guests, ...this.networks].map(({ state }) => state)),
    });
  }

  /** Networks that are watched from their start on tell their states themselves; other programs have told theirs. */
  private statesOfGuests(): InspectorEvent[] {
    const states = Array.from(this.guests, ({ state }) => state);
    return states.length === 0 ? [] : [this.numbered({ type: 'network.captured', ...addStates(states) })];
  }

  private skipped(count: number): InspectorEvent[] {
    return count > 0 ? [this.numbered({ type: 'events.skipped', count })] : [];
  }

  private numbered<T extends object>(event: T): T & { readonly n: number; readonly time: number } {
    return { n: this.n, time: this.playback?.clock.now() ?? Date.now(), ...event };
  }
}

/** The inspector itself, or a new one that shows this network. */
export function inspectorOf(shown: Inspector | WatchedNetwork): Inspector {
  if (isObject(shown) && 'connect' in shown) return shown as unknown as Inspector;
  const inspector = createInspector();
  inspector.watch(shown as WatchedNetwork);
  return inspector;
}

function parseNetwork(network: WatchedNetwork): WatchedNetwork {
  if (isObject(network) && 'trace$' in network && 'topology' in network) return network;
  return expected('a network, or a process alone (createProcess, attachProcess, processOf)', network);
}

function abilityFor({ type }: ViewerCommand): Ability {
  if (type === 'network.restart') return 'restart';
  if (type === 'network.restore') return 'restore';
  return type === 'snapshot.take' ? 'snapshot' : 'playback';
}
