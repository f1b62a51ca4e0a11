/**
 * A run, put together from the events of the inspector protocol: the steps of each process, and the envelopes between
 * them. It grows as events come in, keeps the last ones, and knows the state of the network at any step of its past.
 */
import type { EventObject } from 'xstate';
import type { GlobalSnapshot } from '../../global-snapshot.js';
import type { Chart } from '../chart.js';
import type { Scene } from '../scene.js';
import type {
  Ability,
  EnvelopeEvent,
  InspectorEvent,
  InspectorEventOf,
  PlaybackState,
  StateView,
  Verdict,
} from '../protocol.js';
import { applyEvent, copyState, emptyState, type NetworkState } from './network-state.js';

/** A message or a marker, from its sending to its receipt. What stands for a marker in algorithms without is drawn as one. */
export interface Envelope {
  readonly kind: 'message' | 'marker';
  readonly channel: string;
  readonly from: string;
  readonly to: string;
  /** Of a message. */
  readonly seq: number | undefined;
  /** Of a message. */
  readonly event: EventObject | undefined;
  /** Of a marker. */
  readonly snapshotId: string | undefined;
  /** The step that sent it; undefined when that is not in the run. */
  readonly sent: Step | undefined;
  /** The step that received it; undefined as long as it is under way. */
  received: Step | undefined;
}

/** One indivisible thing that a process did: a step of its actors, or recording its state with the markers that follow. */
export interface Step {
  /** Its place among all steps of the run, in the order in which they happened. */
  readonly index: number;
  readonly process: string;
  /** Its place among the process's steps. */
  readonly local: number;
  readonly time: number;
  readonly kind: 'started' | 'stopped' | 'message' | 'event' | 'timer' | 'marker' | 'record';
  /** What came in, if that was an envelope. */
  readonly received: Envelope | undefined;
  /** What came in, if that was an event. */
  readonly event: EventObject | undefined;
  readonly sent: Envelope[];
  /** The snapshots for which the process recorded its state in this step. */
  readonly recorded: string[];
  /** The state after it; undefined when it did not change. */
  state: StateView | undefined;
}

/** A snapshot as far as it is known. */
export interface SnapshotOfRun {
  readonly id: string;
  /** Its place among the snapshots of the run: chooses its colour. */
  readonly number: number;
  readonly initiators: readonly string[];
  /** By process: the step in which it recorded its state. What the process did before is in the snapshot. */
  readonly recorded: Map<string, Step>;
  status: 'under way' | 'complete' | 'aborted';
  /** The global snapshot, when complete. */
  snapshot: GlobalSnapshot | undefined;
  /** What holds in it, of what was looked for. */
  verdicts: readonly Verdict[];
  /** Why it was given up. */
  message: string | undefined;
}

/** The network of a run. */
export interface NetworkOfRun {
  readonly processes: readonly { readonly id: string; readonly chart?: Chart }[];
  readonly channels: readonly { readonly id: string; readonly from: string; readonly to: string }[];
  readonly abilities: readonly Ability[];
  readonly scene?: Scene | undefined;
}

/** Steps between two states that are kept. */
const KEY_EVERY = 200;

/** See the file's head. */
export class Run {
  network: NetworkOfRun = { processes: [], channels: [], abilities: [] };
  playback: PlaybackState | undefined;
  readonly snapshots = new Map<string, SnapshotOfRun>();
  /** By channel: what is under way now, oldest first. */
  readonly inFlight = new Map<string, Envelope[]>();
  /** Events that were missed, as the stream told. */
  skipped = 0;
  /** Changes with every event: for caches. */
  version = 0;
  /** The state now. */
  readonly state: NetworkState = emptyState();
  /** The last steps; the first of them has the index {@link firstIndex}. */
  readonly steps: Step[] = [];
  private readonly stepsOf = new Map<string, Step[]>();
  private readonly channels = new Map<string, { readonly from: string; readonly to: string }>();
  private readonly locals = new Map<string, number>();
  /** The step in which a process is at the moment. */
  private readonly open = new Map<string, Step>();
  /** The events behind each step, from its own up to the next step's: what leads from one state to the next. */
  private readonly events: InspectorEvent[][] = [];
  private readonly keys = new Map<number, NetworkState>();
  private nextIndex = 0;

  /** @param mostSteps Steps kept; the oldest are forgotten first. */
  constructor(private readonly mostSteps = 20_000) {}

  /** The index of the first step that is kept. */
  get firstIndex(): number {
    return this.steps[0]?.index ?? this.nextIndex;
  }

  /** The index of the last step; one less than {@link firstIndex} when there is none. */
  get lastIndex(): number {
    return this.nextIndex - 1;
  }

  /** The step of this index, while it is kept. */
  step(index: number): Step | undefined {
    return this.steps[index - this.firstIndex];
  }

  /** The steps of a process that are kept, oldest first. */
  stepsOfProcess(id: string): readonly Step[] {
    return this.stepsOf.get(id) ?? [];
  }

  /** The step of a process with this place among its steps. */
  localStep(id: string, local: number): Step | undefined {
    const steps = this.stepsOf.get(id);
    return steps?.[local - (steps[0]?.local ?? 0)];
  }

  /** Takes the next event. What does not fit the network (in a file that nobody wrote) is passed over. */
  add(event: InspectorEvent): void {
    this.version++;
    if (event.type === 'network.described') return this.begin(event);
    if ('process' in event && !this.stepsOf.has(event.process)) return;
    if ('channel' in event && !this.channels.has(event.channel)) return;
    this.put(event);
    applyEvent(this.state, event);
    this.events.at(-1)?.push(event);
    if (this.steps.length > this.mostSteps * 1.2) this.forget();
  }

  /** The state of the network right after a step. */
  stateAt(index: number): NetworkState {
    if (index >= this.lastIndex) return copyState(this.state);
    const round = index - (index % KEY_EVERY);
    const key = this.keys.has(round) ? round : Math.min(...this.keys.keys());
    const state = copyState(this.keys.get(key) ?? emptyState());
    for (let at = key; at <= index; at++) {
      for (const event of this.events[at - this.firstIndex] ?? []) applyEvent(state, event);
    }
    return state;
  }

  /** What was under way right after a step, on all channels. */
  inFlightAt(index: number): Envelope[] {
    if (index >= this.lastIndex) return [...this.inFlight.values()].flat();
    const isUnderWay = ({ received }: Envelope) => received === undefined || received.index > index;
    const before = this.steps
      .slice(0, Math.max(0, index + 1 - this.firstIndex))
      .flatMap(({ sent }) => sent.filter(isUnderWay));
    const isFromBefore = (envelope: Envelope | undefined): envelope is Envelope =>
      envelope !== undefined && envelope.sent === undefined;
    const fromBefore = [
      ...this.steps.slice(Math.max(0, index + 1 - this.firstIndex)).map(({ received }) => received),
      ...[...this.inFlight.values()].flat(),
    ].filter(isFromBefore);
    return [...fromBefore, ...before];
  }

  private begin({ processes, channels, abilities, playback, scene }: InspectorEventOf<'network.described'>): void {
    this.network = { processes, channels, abilities, scene };
    this.playback = playback;
    for (const map of [this.snapshots, this.inFlight, this.stepsOf, this.channels, this.locals, this.open, this.keys]) {
      map.clear();
    }
    for (const list of [this.steps, this.events]) list.length = 0;
    this.nextIndex = 0;
    this.skipped = 0;
    for (const { id } of processes) this.stepsOf.set(id, []);
    for (const { id, from, to } of channels) {
      if (!this.stepsOf.has(from) || !this.stepsOf.has(to)) continue;
      this.channels.set(id, { from, to });
      this.inFlight.set(id, []);
    }
    Object.assign(this.state, emptyState());
  }

  private put(event: Exclude<InspectorEvent, { type: 'network.described' }>): void {
    switch (event.type) {
      case 'network.captured':
        return this.capture(event);
      case 'events.skipped':
        this.skipped += event.count;
        return;
      case 'playback.changed':
        this.playback = event.playback;
        return;
      case 'process.started':
      case 'process.stopped':
        return void this.openStep(event, event.type === 'process.started' ? 'started' : 'stopped');
      case 'event.received':
        return void this.openStep(event, 'event', { event: event.event });
      case 'timer.fired':
        return void this.openStep(event, 'timer', { event: event.event });
      case 'message.received':
      case 'marker.received':
      case 'control.received':
        return this.receive(event);
      case 'message.sent':
      case 'marker.sent':
      case 'control.sent':
        return this.send(event);
      case 'step.ended':
        return this.endStep(event);
      case 'state.recorded':
        return this.record(event);
      case 'snapshot.begun':
        return this.beginSnapshot(event.snapshotId, event.initiators);
      case 'snapshot.completed':
        return this.endSnapshot(event.snapshotId, {
          status: 'complete',
          snapshot: event.snapshot,
          verdicts: event.verdicts ?? [],
        });
      case 'snapshot.aborted':
        return this.endSnapshot(event.snapshotId, { status: 'aborted', message: event.message });
      default:
    }
  }

  private openStep(
    { process: id, time }: { readonly process: string; readonly time: number },
    kind: Step['kind'],
    came: { readonly received?: Envelope; readonly event?: EventObject } = {},
  ): Step {
    const local = this.locals.get(id) ?? 0;
    this.locals.set(id, local + 1);
    const index = this.nextIndex++;
    const step: Step = {
      index,
      process: id,
      local,
      time,
      kind,
      received: came.received,
      event: came.event ?? came.received?.event,
      sent: [],
      recorded: [],
      state: undefined,
    };
    if (index % KEY_EVERY === 0 || this.keys.size === 0) this.keys.set(index, copyState(this.state));
    this.steps.push(step);
    this.events.push([]);
    this.stepsOf.get(id)!.push(step);
    this.open.set(id, step);
    return step;
  }

  /** The step in which a process does something; one is made up when its beginning was missed. */
  private current(event: { readonly process: string; readonly time: number }, kind: Step['kind']): Step {
    return this.open.get(event.process) ?? this.openStep(event, kind);
  }

  private send(event: EnvelopeEvent): void {
    const sent = this.current(event, 'event');
    const envelope = this.envelopeOf(event, sent);
    sent.sent.push(envelope);
    this.inFlight.get(event.channel)!.push(envelope);
  }

  private receive(event: EnvelopeEvent): void {
    const queue = this.inFlight.get(event.channel)!;
    const index = queue.findIndex((envelope) =>
      'event' in event ? envelope.seq === event.seq : envelope.snapshotId === event.snapshotId,
    );
    const envelope = queue[index] ?? this.envelopeOf(event, undefined);
    if (index >= 0) queue.splice(index, 1);
    const kind = event.type === 'message.received' ? 'message' : 'marker';
    envelope.received = this.openStep(event, kind, { received: envelope });
  }

  private envelopeOf(event: EnvelopeEvent, sent: Step | undefined): Envelope {
    const isMessage = 'event' in event;
    return {
      kind: isMessage ? 'message' : 'marker',
      channel: event.channel,
      ...this.channels.get(event.channel)!,
      seq: isMessage ? event.seq : undefined,
      event: isMessage ? event.event : undefined,
      snapshotId: isMessage ? undefined : event.snapshotId,
      sent,
      received: undefined,
    };
  }

  private endStep(event: InspectorEventOf<'step.ended'>): void {
    this.current(event, 'event').state = event.state;
    this.open.delete(event.process);
  }

  /** Recording is a step of its own, or part of that in which the first marker came in: never of an actor's step. */
  private record(event: InspectorEventOf<'state.recorded'>): void {
    const open = this.open.get(event.process);
    const isMarker = open?.kind === 'marker' && open.received?.snapshotId === event.snapshotId;
    const step = isMarker ? open : this.openStep(event, 'record');
    step.recorded.push(event.snapshotId);
    if (!this.snapshots.has(event.snapshotId)) this.beginSnapshot(event.snapshotId, []);
    this.snapshots.get(event.snapshotId)!.recorded.set(event.process, step);
  }

  private beginSnapshot(id: string, initiators: readonly string[]): void {
    const known = this.snapshots.get(id);
    const number = known?.number ?? this.snapshots.size;
    const recorded = known?.recorded ?? new Map<string, Step>();
    this.snapshots.set(id, {
      id,
      number,
      initiators,
      recorded,
      status: 'under way',
      snapshot: undefined,
      verdicts: [],
      message: undefined,
    });
  }

  private endSnapshot(id: string, end: Partial<SnapshotOfRun>): void {
    if (!this.snapshots.has(id)) this.beginSnapshot(id, end.snapshot?.initiators ?? []);
    Object.assign(this.snapshots.get(id)!, end);
  }

  private capture({ channels }: InspectorEventOf<'network.captured'>): void {
    this.open.clear();
    for (const [id, ends] of this.channels) {
      const messages = channels[id]?.messages ?? [];
      this.inFlight.set(
        id,
        messages.map(({ seq, event }) => ({
          ...{ kind: 'message', channel: id, ...ends, seq, event },
          ...{ snapshotId: undefined, sent: undefined, received: undefined },
        })),
      );
    }
  }

  private forget(): void {
    const count = this.steps.length - this.mostSteps;
    const first = this.firstIndex + count;
    const state = this.stateAt(first - 1);
    for (const key of this.keys.keys()) if (key < first) this.keys.delete(key);
    this.keys.set(first, state);
    this.events.splice(0, count);
    for (const { process: id } of this.steps.splice(0, count)) this.stepsOf.get(id)!.shift();
  }
}
