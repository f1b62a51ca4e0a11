import type { Subscription } from 'rxjs';
import type { AnyActor, AnyActorLogic, EventObject } from 'xstate';
import { describe, PanoramaError } from '../errors.js';
import type { GlobalSnapshot } from '../global-snapshot.js';
import type { Network, RunningNetwork } from '../network.js';
import type { TraceEvent } from '../trace.js';
import { describeChart } from './chart.js';
import { toPlain, UNBOUNDED, type Redact } from './plain.js';
import type { Playback } from './playback.js';
import { INSPECTOR_VERSION, type Ability, type InspectorEvent, type Verdict, type ViewerCommand } from './protocol.js';
import type { Scene } from './scene.js';
import { hasChildren, viewState } from './state-view.js';

/** What an inspector takes of a network, whatever its processes. */
export interface AnyNetwork extends Pick<Network, 'topology' | 'trace$'> {
  readonly processes: object;
  takeSnapshot(options: { readonly initiators?: readonly never[] }): Promise<unknown>;
}

/** What an inspector is made with. */
export interface InspectorOptions {
  /** Is asked of everything before it leaves the program: leave out what nobody should see. */
  readonly redact?: Redact;
  /**
   * How many of the last events are kept for viewers to come. Default 0: without a viewer nothing is watched, and it costs
   * a check an event.
   */
  readonly history?: number;
  /** How many events are kept for a viewer that is slow for a moment. Default 20,000; the oldest are skipped first. */
  readonly buffer?: number;
  /** The playback whose schedule and clock the network has: then viewers may play, pause and step. */
  readonly playback?: Playback;
  /**
   * Properties looked for in every global snapshot, such as `deadlocked(config.processes)` of `xstate-panorama/detect`: viewers
   * are told which hold, with what they gave.
   */
  readonly properties?: Readonly<Record<string, (snapshot: GlobalSnapshot) => unknown>> | undefined;
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

/** Somebody who looks. */
export interface Viewer {
  /**
   * Takes the next events. No more come before what it returns has settled; whoever takes too long misses some, and is
   * told so. A viewer that throws is disconnected.
   */
  receive(events: readonly InspectorEvent[]): void | Promise<void>;
}

/** A viewer's line to the inspector. */
export interface Connection {
  /** Does what the viewer asks; what is refused comes back as `command.failed`. */
  command(command: ViewerCommand): void;
  /** Settles when the viewer has taken all that has happened up to then, without waiting for its time. */
  flush(): Promise<void>;
  close(): void;
}

/** Shows networks to viewers. */
export interface Inspector {
  /** Shows this network from now on, in place of the one before. Before its `start()`, nothing of it is missed. */
  watch(network: AnyNetwork, playback?: Playback): void;
  connect(viewer: Viewer): Connection;
  /** Disconnects everybody and watches no more. */
  close(): void;
}

/** Events kept for a viewer that is slow. */
const BUFFER = 20_000;
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
        line.begin([this.described(), this.captured()], this.n);
      }
    }
    this.wake();
    return line;
  }

  close(): void {
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
  }

  private keep(event: TraceEvent): void {
    // Children go on changing behind an immutable snapshot: those are looked at now, all others when somebody takes them.
    const isLive = event.type === 'step.ended' && hasChildren(event.snapshot);
    this.entries.push(isLive ? this.toPlain(event, this.n) : event);
    const { history = 0, buffer = BUFFER } = this.options;
    const most = Math.max(history, this.lines.size > 0 ? buffer : 0);
    if (this.entries.length >= most * 1.25) this.drop(this.entries.length - most);
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
    }
    const start = line.next - this.first;
    const end = Math.min(start + BATCH, this.entries.length);
    line.next = this.first + end;
    for (let index = start; index < end; index++) {
      const entry = this.entries[index]!;
      if (!('n' in entry)) this.entries[index] = this.toPlain(entry, this.first + index);
    }
    return [...line.extra.splice(0), ...(this.entries.slice(start, end) as InspectorEvent[])];
  }

  private execute(command: ViewerCommand, fail: (error: unknown) => void): void {
    const { network, playback, options } = this;
    if (network === undefined) return;
    if (!this.abilities().includes(abilityFor(command))) {
      throw new PanoramaError(
        'invalid-argument',
        `Expected a command for what can be done here (${this.abilities().join(', ')}), got ${describe(command.type)}.`,
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
    const message = error instanceof Error ? error.message : String(error);
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
    const { redact } = this.options;
    const states = processesOf(this.network!).map(
      ({ id, actor }) => [id, viewState(actor.getSnapshot(), redact)] as const,
    );
    const { inFlight } = this.network as Partial<RunningNetwork>;
    const channels = toPlain(inFlight?.call(this.network) ?? {}, redact, UNBOUNDED) as GlobalSnapshot['channels'];
    return this.numbered({ type: 'network.captured', processes: Object.fromEntries(states), channels });
  }

  private stateOf({ processes, channels }: Pick<GlobalSnapshot, 'processes' | 'channels'>) {
    const { redact } = this.options;
    const states = Object.entries(processes).map(([id, { snapshot }]) => [id, viewState(snapshot, redact)] as const);
    return {
      processes: Object.fromEntries(states),
      channels: toPlain(channels, redact, UNBOUNDED) as GlobalSnapshot['channels'],
    };
  }

  private skipped(count: number): InspectorEvent[] {
    return count > 0 ? [this.numbered({ type: 'events.skipped', count })] : [];
  }

  private numbered<T extends object>(event: T): T & { readonly n: number; readonly time: number } {
    return { n: this.n, time: this.playback?.clock.now() ?? Date.now(), ...event };
  }

  private toPlain(event: TraceEvent, n: number): InspectorEvent {
    const { redact } = this.options;
    if (event.type === 'step.ended') {
      const { snapshot, ...rest } = event;
      return { n, ...rest, state: viewState(snapshot, redact) };
    }
    if (event.type === 'state.recorded') {
      const { state: _, ...rest } = event;
      return { n, ...rest };
    }
    if (event.type === 'network.rolled-back') {
      const { snapshot, ...rest } = event;
      return { n, ...rest, snapshotId: snapshot.id, ...this.stateOf(snapshot) };
    }
    if (event.type === 'snapshot.aborted') {
      const { error, ...rest } = event;
      return { n, ...rest, message: error.message };
    }
    if (event.type === 'snapshot.completed') {
      const verdicts = judge(event.snapshot, this.options);
      return { n, ...event, snapshot: toPlain(event.snapshot, redact, UNBOUNDED) as GlobalSnapshot, verdicts };
    }
    return 'event' in event ? { n, ...event, event: toPlain(event.event, redact) as EventObject } : { n, ...event };
  }
}

/** One viewer, and what it has had. */
class Line implements Connection {
  /** What comes before the next event. */
  readonly extra: InspectorEvent[] = [];
  /** The number of the next event. */
  next = 0;
  isBusy = false;
  private isOpen = true;
  private taking = Promise.resolve();

  constructor(
    private readonly viewer: Viewer,
    private readonly on: {
      execute(command: ViewerCommand): void;
      failed(error: unknown): void;
      take(): InspectorEvent[];
      settled(): void;
      closed(): void;
    },
  ) {}

  begin(extra: readonly InspectorEvent[], next: number): void {
    this.extra.splice(0, Infinity, ...extra);
    this.next = next;
  }

  tell(events: readonly InspectorEvent[]): void {
    if (events.length === 0 || !this.isOpen) return;
    this.isBusy = true;
    this.taking = (async () => this.viewer.receive(events))().then(
      () => {
        this.isBusy = false;
        this.on.settled();
      },
      () => this.close(),
    );
  }

  command(command: ViewerCommand): void {
    if (!this.isOpen) return;
    try {
      this.on.execute(command);
    } catch (error) {
      this.on.failed(error);
    }
  }

  async flush(): Promise<void> {
    for (;;) {
      await this.taking;
      const events = this.isOpen ? this.on.take() : [];
      if (events.length === 0) return;
      this.tell(events);
    }
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.on.closed();
  }
}

function processesOf({ processes }: AnyNetwork): { readonly id: string; readonly actor: AnyActor }[] {
  return Object.values(processes) as { id: string; actor: AnyActor }[];
}

/** The properties that hold in a snapshot. One that throws says so: it is no reason to end anything. */
function judge(snapshot: GlobalSnapshot, { properties = {}, redact }: InspectorOptions): Verdict[] {
  return Object.entries(properties).flatMap(([property, holds]): Verdict[] => {
    try {
      const witness = holds(snapshot);
      return witness ? [{ property, witness: toPlain(witness, redact) }] : [];
    } catch (error) {
      return [{ property, error: String(error) }];
    }
  });
}

function abilityFor({ type }: ViewerCommand): Ability {
  if (type === 'network.restart') return 'restart';
  if (type === 'network.restore') return 'restore';
  return type === 'snapshot.take' ? 'snapshot' : 'playback';
}
