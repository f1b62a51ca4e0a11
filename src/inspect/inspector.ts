import type { Subscription } from 'rxjs';
import type { AnyActor, AnyActorLogic } from 'xstate';
import { messageOf, PanoramaError } from '../errors.js';
import type { GlobalSnapshot } from '../global-snapshot.js';
import type { RunningNetwork } from '../network/network.js';
import type { Network } from '../network/types.js';
import type { TraceEvent } from '../trace.js';
import { describeChart } from './chart.js';
import { Line, type Connection, type Viewer } from './line.js';
import { stateOf, toInspectorEvent, type PlainOptions } from './plain-event.js';
import type { Playback } from './playback.js';
import { INSPECTOR_VERSION, type Ability, type InspectorEvent, type ViewerCommand } from './protocol.js';
import type { Scene } from './scene.js';
import { hasChildren } from './state-view.js';

/** What an inspector takes of a network, whatever its processes. */
export interface AnyNetwork extends Pick<Network, 'topology' | 'trace$'> {
  readonly processes: object;
  takeSnapshot(options: { readonly initiators?: readonly never[] }): Promise<unknown>;
}

/** What an inspector is made with. */
export interface InspectorOptions extends PlainOptions {
  /**
   * How many of the last events are kept for viewers to come. Default 0: without a viewer nothing is watched, and it costs
   * a check an event.
   */
  readonly history?: number;
  /** The most events that wait for a viewer that is slow for a moment; default 10,000. One that is slower goes on from the present. */
  readonly maxBuffered?: number;
  /** The playback whose schedule and clock the network has: then viewers may play, pause and step. */
  readonly playback?: Playback;
  /** How the network likes to be pictured. */
  readonly scene?: Scene | undefined;
  /** Makes a new network for viewers who begin again. */
  readonly restart?: (seed: number | undefined) => InspectedNetwork;
  /** Makes a new network that goes on from a snapshot. */
  readonly restore?: (snapshot: GlobalSnapshot) => InspectedNetwork;
}

/** A network, and the playback that paces it, if one does. */
export interface InspectedNetwork {
  readonly network: AnyNetwork;
  readonly playback?: Playback | undefined;
  /** Sets it going; called when it is watched, so that nothing is missed. */
  start(): void;
}

/** Shows networks to viewers. */
export interface Inspector {
  /** Shows this network from now on, in place of the one before. Before its `start()`, nothing of it is missed. */
  watch(network: AnyNetwork, playback?: Playback): void;
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
  private readonly entries: (TraceEvent | InspectorEvent)[] = [];
  private first = 0;
  /** Whether every viewer has fallen behind, and goes on from the present with its next batch: until then nothing is kept. */
  private isPassedOver = false;
  private network: AnyNetwork | undefined;
  private playback: Playback | undefined;
  private watching: Subscription | undefined;
  private stopListening: (() => void) | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: InspectorOptions) {}

  private get n(): number {
    return this.first + this.entries.length;
  }

  watch(network: AnyNetwork, playback = this.options.playback): void {
    this.stopWatching();
    this.network = network;
    this.playback = playback;
    for (const line of this.lines) line.begin([this.described()], this.n);
    if (this.lines.size > 0 || this.options.history) this.startWatching();
    this.wake();
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
    if (this.network !== undefined) {
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
    this.network = undefined;
  }

  private disconnect(line: Line): void {
    this.lines.delete(line);
    if (this.lines.size === 0 && !this.options.history) this.stopWatching();
  }

  private startWatching(): void {
    this.watching = this.network!.trace$.subscribe((event) => this.keep(event));
    this.stopListening = this.playback?.onChange(() => {
      for (const line of this.lines)
        line.extra.push(this.numbered({ type: 'playback.changed', playback: this.playback!.state }));
      this.wake();
    });
  }

  private stopWatching(): void {
    this.watching?.unsubscribe();
    this.stopListening?.();
    this.watching = undefined;
    this.first = this.n;
    this.entries.length = 0;
    this.isPassedOver = false;
  }

  private keep(event: TraceEvent): void {
    if (this.isPassedOver) {
      this.first++;
      return this.wake();
    }
    // Children go on changing behind an immutable snapshot: those are looked at now, all others when somebody takes them.
    const isLive = event.type === 'step.ended' && hasChildren(event.snapshot);
    this.entries.push(isLive ? toInspectorEvent(event, this.n, this.options) : event);
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
    const { network, playback, options } = this;
    if (network === undefined) return;
    if (!this.abilities().includes(abilityFor(command))) {
      throw new PanoramaError(
        'invalid-argument',
        `Expected a command for what can be done here (${this.abilities().join(', ')}), got "${command.type}".`,
      );
    }
    if (command.type === 'snapshot.take') {
      const { initiators } = command;
      network.takeSnapshot(initiators === undefined ? {} : { initiators: initiators as readonly never[] }).catch(fail);
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

  private abilities(): Ability[] {
    const { restart, restore } = this.options;
    return [
      'snapshot',
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

  private described(): InspectorEvent {
    const { topology } = this.network!;
    const { scene } = this.options;
    return this.numbered({
      type: 'network.described',
      version: INSPECTOR_VERSION,
      processes: processesOf(this.network!).map(({ id, actor }) => {
        const chart = describeChart(actor.logic as AnyActorLogic);
        return { id, ...(chart === undefined ? {} : { chart }) };
      }),
      channels: topology,
      abilities: this.abilities(),
      ...(this.playback === undefined ? {} : { playback: this.playback.state }),
      ...(scene === undefined ? {} : { scene }),
    });
  }

  private captured(): InspectorEvent {
    const states = processesOf(this.network!).map(
      ({ id, actor }) => [id, { snapshot: actor.getSnapshot() as unknown }] as const,
    );
    const { inFlight } = this.network as Partial<RunningNetwork>;
    const now = { processes: Object.fromEntries(states), channels: inFlight?.call(this.network) ?? {} };
    return this.numbered({ type: 'network.captured', ...stateOf(now, this.options.redact) });
  }

  private skipped(count: number): InspectorEvent[] {
    return count > 0 ? [this.numbered({ type: 'events.skipped', count })] : [];
  }

  private numbered<T extends object>(event: T): T & { readonly n: number; readonly time: number } {
    return { n: this.n, time: this.playback?.clock.now() ?? Date.now(), ...event };
  }
}

function processesOf({ processes }: AnyNetwork): { readonly id: string; readonly actor: AnyActor }[] {
  return Object.values(processes) as { id: string; actor: AnyActor }[];
}

function abilityFor({ type }: ViewerCommand): Ability {
  if (type === 'network.restart') return 'restart';
  if (type === 'network.restore') return 'restore';
  return type === 'snapshot.take' ? 'snapshot' : 'playback';
}
