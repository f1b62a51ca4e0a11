/**
 * A run, put together from the events of the inspector protocol: the steps of each process, and the envelopes between
 * them. It grows as events come in, keeps the last ones, and knows the state of the network at any step of its past.
 */
import type { EventObject } from 'xstate';
import type { EnvelopeEvent, InspectorEvent, InspectorEventOf, PlaybackState } from '../protocol.js';
import type { Envelope, NetworkOfRun, Rollback, SnapshotOfRun, Step } from './model.js';
import { applyEvent, copyState, emptyState, type NetworkState } from './network-state.js';

/** Steps between two states that are kept. */
const KEY_EVERY = 200;

/** See the file's head. */
export class Run {
  network: NetworkOfRun = { processes: [], channels: [], abilities: [] };
  playback: PlaybackState | undefined;
  readonly snapshots = new Map<string, SnapshotOfRun>();
  readonly rollbacks: Rollback[] = [];
  /** By channel: what is under way now, oldest first. */
  readonly inFlight = new Map<string, Envelope[]>();
  /** What has been seen so far: of which kinds envelopes are, and whether some were overtaken. */
  readonly kinds = new Set<Envelope['kind'] | 'overtaken'>();
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
  /** Envelopes seen under way of which the sending is not in the run. */
  private captured: Envelope[] = [];
  /** By channel: the highest number of a message that has arrived. */
  private readonly arrived = new Map<string, number>();
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

  /** Takes the next event. What does not fit the network (in a forged file) is passed over. */
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
    const isUnderWay = ({ seenAt = 0, received, lostAt = Infinity }: Envelope) =>
      seenAt <= index + 1 && (received?.index ?? lostAt) > index;
    const next = Math.max(0, index + 1 - this.firstIndex);
    const isFromBefore = (envelope: Envelope | undefined): envelope is Envelope =>
      envelope !== undefined && (envelope.sent?.index ?? -1) < this.firstIndex;
    const later = [...this.steps.slice(next).map(({ received }) => received), ...[...this.inFlight.values()].flat()];
    const fromBefore = new Set([...this.captured, ...later.filter(isFromBefore)]);
    return [...fromBefore, ...this.steps.slice(0, next).flatMap(({ sent }) => sent)].filter(isUnderWay);
  }

  private begin({ processes, channels, abilities, playback, scene }: InspectorEventOf<'network.described'>): void {
    this.network = { processes, channels, abilities, scene };
    this.playback = playback;
    const { snapshots, inFlight, stepsOf, channels: known, locals, open, keys, arrived } = this;
    for (const map of [snapshots, inFlight, stepsOf, known, locals, open, keys, arrived]) map.clear();
    for (const list of [this.steps, this.events, this.rollbacks, this.captured]) list.length = 0;
    this.kinds.clear();
    this.nextIndex = 0;
    this.skipped = 0;
    this.addLayout(processes, channels);
    Object.assign(this.state, emptyState());
  }

  /** Those that were there before keep their past, and so do those that have gone. */
  private addLayout(processes: NetworkOfRun['processes'], channels: NetworkOfRun['channels']): void {
    for (const { id } of processes) if (!this.stepsOf.has(id)) this.stepsOf.set(id, []);
    for (const { id, from, to } of channels) {
      if (this.channels.has(id) || !this.stepsOf.has(from) || !this.stepsOf.has(to)) continue;
      this.channels.set(id, { from, to });
      this.inFlight.set(id, []);
    }
  }

  private changeTopology({ processes, channels }: InspectorEventOf<'topology.changed'>): void {
    const isGone = ({ id }: { readonly id: string }) => !processes.some((other) => other.id === id);
    const all = [...processes, ...this.network.processes.filter(isGone)]; // a lane with a past stays
    this.network = { ...this.network, processes: all, channels };
    this.addLayout(processes, channels);
  }

  private put(event: Exclude<InspectorEvent, { type: 'network.described' }>): void {
    switch (event.type) {
      case 'topology.changed':
        return this.changeTopology(event);
      case 'network.captured':
        this.open.clear();
        return this.putInFlight(event);
      case 'network.rolled-back':
        return this.rollBack(event);
      case 'events.skipped':
        this.skipped += event.count;
        return;
      case 'playback.changed':
        this.playback = event.playback;
        return;
      case 'process.started':
        if (this.open.get(event.process)?.kind !== 'rolled-back') this.openStep(event, 'started');
        return;
      case 'process.stopped':
        return void this.openStep(event, 'stopped');
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
      wentBackTo: undefined,
      isUndone: false,
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
    const { channel } = event;
    const queue = this.inFlight.get(channel)!;
    const index = queue.findIndex((envelope) =>
      'event' in event ? envelope.seq === event.seq : envelope.snapshotId === event.snapshotId,
    );
    const envelope = queue[index] ?? this.envelopeOf(event, undefined);
    if (index >= 0) queue.splice(index, 1);
    envelope.received = this.openStep(event, envelope.kind, { received: envelope });
    this.kinds.add(envelope.kind);
    if (envelope.seq === undefined) return;
    const highest = this.arrived.get(channel) ?? 0;
    envelope.isOvertaken = envelope.seq < highest;
    if (envelope.isOvertaken) this.kinds.add('overtaken');
    this.arrived.set(channel, Math.max(highest, envelope.seq));
  }

  private envelopeOf(event: EnvelopeEvent, sent: Step | undefined): Envelope {
    const ends = { channel: event.channel, ...this.channels.get(event.channel)! };
    if ('event' in event) return makeEnvelope({ kind: 'message', ...ends, seq: event.seq, event: event.event, sent });
    const kind = event.type === 'marker.sent' || event.type === 'marker.received' ? 'marker' : 'control';
    return makeEnvelope({ kind, ...ends, snapshotId: event.snapshotId, sent });
  }

  private endStep(event: InspectorEventOf<'step.ended'>): void {
    this.current(event, 'event').state = event.state;
    this.open.delete(event.process);
  }

  /** Recording is a step of its own, or part of that in which the first marker (or control message) came in: never of an actor's step. */
  private record(event: InspectorEventOf<'state.recorded'>): void {
    const open = this.open.get(event.process);
    const isByMarker = open?.received?.snapshotId === event.snapshotId;
    const step = isByMarker ? open! : this.openStep(event, 'record');
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

  private rollBack(event: InspectorEventOf<'network.rolled-back'>): void {
    const { epoch, snapshotId, time } = event;
    const ids = Object.keys(event.processes).filter((id) => this.stepsOf.has(id));
    const since = this.nextIndex - ids.length; // they were all stopped just now
    const goBack = (id: string): Step => {
      const last = this.stepsOf.get(id)!.at(-1);
      const isStopped = last?.kind === 'stopped' && last.index >= since;
      const step = isStopped ? last : this.openStep({ process: id, time }, 'rolled-back');
      this.open.set(id, step);
      return Object.assign(step, { kind: 'rolled-back', wentBackTo: snapshotId } as const);
    };
    const steps = new Map(ids.map((id) => [id, goBack(id)]));
    for (const [id, recorded] of this.snapshots.get(snapshotId)?.recorded ?? []) {
      for (const step of this.stepsOfProcess(id)) {
        step.isUndone ||= step.local > recorded.local && step.local < (steps.get(id)?.local ?? 0);
      }
    }
    this.rollbacks.push({ epoch, snapshotId, steps });
    this.putInFlight(event, steps);
  }

  /** What was under way is lost, and this is under way, put there by those steps if there are some. */
  private putInFlight(
    { channels }: Pick<InspectorEventOf<'network.captured'>, 'channels'>,
    steps?: ReadonlyMap<string, Step>,
  ): void {
    for (const [channel, ends] of this.channels) {
      const [sent, receiver] = [steps?.get(ends.from), steps?.get(ends.to)];
      if (steps !== undefined && sent === undefined && receiver === undefined) continue;
      for (const lost of this.inFlight.get(channel)!) lost.lostAt = (receiver ?? sent)?.index ?? this.nextIndex;
      const seenAt = sent === undefined ? this.nextIndex : undefined;
      const envelopes = (channels[channel]?.messages ?? []).map(({ seq, event }) =>
        makeEnvelope({ kind: 'message', channel, ...ends, seq, event, sent, seenAt }),
      );
      this.inFlight.set(channel, envelopes);
      this.arrived.delete(channel);
      (sent?.sent ?? this.captured).push(...envelopes);
    }
  }

  private forget(): void {
    const count = this.steps.length - this.mostSteps;
    const first = this.firstIndex + count;
    const state = this.stateAt(first - 1);
    for (const key of this.keys.keys()) if (key < first) this.keys.delete(key);
    this.keys.set(first, state);
    this.events.splice(0, count);
    this.captured = this.captured.filter(({ received, lostAt = Infinity }) => (received?.index ?? lostAt) >= first);
    for (const { process: id } of this.steps.splice(0, count)) this.stepsOf.get(id)!.shift();
  }
}

function makeEnvelope(
  known: Pick<Envelope, 'kind' | 'channel' | 'from' | 'to' | 'sent'> & Partial<Envelope>,
): Envelope {
  const unknown = { seq: undefined, event: undefined, snapshotId: undefined, seenAt: undefined };
  return { ...unknown, received: undefined, isOvertaken: false, lostAt: undefined, ...known };
}
