import {
  createActor,
  type Actor,
  type ActorOptions,
  type AnyActor,
  type AnyActorLogic,
  type AnyActorRef,
  type EventObject,
  type Snapshot,
} from 'xstate';
import type { ReceivingEnd, SendingEnd } from '../channel/channel.js';
import type { Colour, ColourMessage, Envelope, Marker, Message } from '../channel/envelope.js';
import { type ActorOptionsOfNetwork, timeOf } from '../clock.js';
import { PanoramaError } from '../errors.js';
import type { ChannelCounter, RecordedState } from '../global-snapshot.js';
import type { Algorithm } from '../snapshot/algorithms/algorithm.js';
import type { LocalSnapshot, Recorder, Report, SnapshotUnderWay } from '../snapshot/local-snapshot.js';
import type { Trace } from '../trace.js';
import { revivePeers } from './actor-refs.js';
import type { CleanStack } from './clean-stack.js';
import { copyPlain } from './copy-plain.js';
import { type Holder, IncomingChannel, OutgoingChannel, strangerHandle } from './endpoints.js';
import { armTimers, recordActor, refuseUnfit } from './recorded-state.js';
import { StepTrace } from './step-trace.js';
import {
  type ActorScope,
  adoptSystem,
  type LogicHooks,
  type PeerHandle,
  silenceFailure,
  type SystemHooks,
  wrapLogic,
} from './xstate-internals.js';

/** What a process is made of and where it lives. */
export interface ProcessSpec {
  readonly id: string;
  readonly logic: AnyActorLogic;
  readonly input: unknown;
  readonly restoreFrom: RecordedState | undefined;
  readonly program: Program;
}

/** What all processes of a program have in common. */
export interface Program {
  readonly options: ActorOptionsOfNetwork;
  /** What else `createActor` is given. */
  readonly actorOptions?: ActorOptions<AnyActorLogic> | undefined;
  readonly algorithm: Algorithm;
  /** The steps of all processes of the program. */
  readonly stack: CleanStack;
  readonly trace: Trace;
  /** Whether this is the id of a process, even if no channel leads there. */
  isProcess(id: string): boolean;
  /** The snapshot that a marker or a colour belongs to; undefined when it has ended. */
  join(signal: Pick<Marker, 'snapshotId' | 'ticket'>, channelId: string): SnapshotUnderWay | undefined;
  /** Is told that the actor of a process has failed. Returns whether somebody sees to it. */
  onFailed?(process: Process, error: unknown): boolean;
}

/** What a process has while no snapshot is under way. */
const NO_LOCALS: readonly LocalSnapshot[] = [];
/** How the arrival of a marker, or of a control message of an algorithm without, is told. */
const RECEIVED = { marker: 'marker.received', colour: 'control.received' } as const;
/** What a process has that sends to nobody. */
const NO_CHANNELS = new Map<string, OutgoingChannel>();

/** One XState actor system with its ends of the channels, and its part in every snapshot. */
export class Process implements Recorder, Holder, SystemHooks, LogicHooks {
  /** The root actor; made by {@link create}. */
  actor!: Actor<AnyActorLogic>;
  /** Logged events from outside that it has taken. */
  inputs: number;
  /** By the peer's name. */
  protected outgoing: Map<string, OutgoingChannel> = NO_CHANNELS;
  protected readonly incoming: IncomingChannel[] = [];
  protected locals = NO_LOCALS;
  private readonly stepTrace: StepTrace;
  private depth = 0;
  private isStarted = false;
  /** What is to be done when the process has started. */
  private waiting: (() => void)[] | undefined;

  constructor(protected readonly spec: ProcessSpec) {
    this.inputs = spec.restoreFrom?.inputs ?? 0;
    this.stepTrace = new StepTrace(spec.id, spec.program.trace);
  }

  get id(): string {
    return this.spec.id;
  }

  get trace(): Trace {
    return this.spec.program.trace;
  }

  /** Makes the actor. By then its channels are joined: the initial transition may look its peers up. */
  create(): void {
    const { restoreFrom, input, logic, program } = this.spec;
    const { clock, inspect, logger } = program.options;
    const persisted = restoreFrom && copyPlain(restoreFrom.snapshot, `processes.${this.id}`);
    this.actor = createActor(wrapLogic(logic, this), {
      ...program.actorOptions,
      id: this.id,
      ...(input === undefined ? undefined : { input }),
      ...(persisted === undefined ? undefined : { snapshot: persisted }),
      ...(clock === undefined ? undefined : { clock }),
      ...(inspect === undefined ? undefined : { inspect }),
      ...(logger === undefined ? undefined : { logger }),
    }) as Actor<AnyActorLogic>;
    this.refuseMisfit();
  }

  private refuseSecond(): never {
    throw new PanoramaError(
      'invalid-argument',
      `Expected one actor of process "${this.id}", got a second one, of its actor's logic. Create that of the logic which the process was made of.`,
    );
  }

  /**
   * Takes charge of an actor's system.
   *
   * @param before The process that was in charge of it, and is over: this one goes on from there.
   */
  takeCharge(scope: ActorScope, before?: Process): void {
    this.actor = scope.self as Actor<AnyActorLogic>;
    adoptSystem(scope, this, before);
    if (before !== undefined) this.inputs = before.inputs;
    if (this.statusRestored === 'error') silenceFailure(scope.self);
  }

  /** Joins the sending end of a channel to this process. */
  connectTo(peer: string, channel: SendingEnd, sent: number): void {
    const end = this.outgoing.get(peer) ?? this.createOutgoing(peer);
    end.channel = channel;
    end.sent = sent;
    if (this.outgoing === NO_CHANNELS) this.outgoing = new Map();
    this.outgoing.set(peer, end);
  }

  protected createOutgoing(peer: string): OutgoingChannel {
    return new OutgoingChannel(this, peer);
  }

  /** Joins the receiving end of a channel to this process. */
  connectFrom(channel: ReceivingEnd, received: ChannelCounter): void {
    const end = new IncomingChannel(this, channel, this.incoming.length, received);
    this.incoming.push(end);
    channel.envelopes$.subscribe(end);
    if (this.isStarted) channel.open();
  }

  /** Goes on with another channel to a peer, in the place of the one there was. */
  reconnectTo(peer: string, channel: SendingEnd): void {
    this.outgoing.get(peer)!.channel = channel;
  }

  /** Goes on with another channel of the same id, in the place of the one there was. No snapshot may be under way. */
  reconnectFrom(channel: ReceivingEnd): void {
    const position = this.incoming.findIndex((end) => end.channel.id === channel.id);
    const end = new IncomingChannel(this, channel, position, this.incoming[position]!.counter);
    this.incoming[position] = end;
    channel.envelopes$.subscribe(end);
    if (this.isStarted) channel.open();
  }

  /** Starts the actor; not one that is restored as stopped, which would run again. */
  start(): void {
    if (this.statusRestored === 'stopped') this.started();
    else this.actor.start();
  }

  /** Hands the actor an event from outside. */
  send(event: EventObject): void {
    this.actor.send(event);
  }

  /** Hands the actor the next event of a log, and counts it with the state that has taken it. */
  sendInput(event: EventObject): void {
    this.inputs++;
    this.actor.send(event);
  }

  /** Whether the actor system is in the middle of a step. */
  get isBusy(): boolean {
    return this.depth > 0;
  }

  /** Whether its actor has been started. */
  get hasStarted(): boolean {
    return this.isStarted;
  }

  /** Runs a task on a clean stack and not before the process has started. */
  whenReady(task: () => void): void {
    if (this.isStarted) this.spec.program.stack.whenClean(task);
    else (this.waiting ??= []).push(task);
  }

  /** The process records spontaneously: it is an initiator of the snapshot. */
  initiate(snapshot: SnapshotUnderWay): void {
    const local = this.localOf(snapshot);
    this.trace.indivisibly(() => local.initiate());
    this.settle(local);
  }

  /** Forgets a snapshot that has ended. */
  forget(snapshotId: string): void {
    const local = this.localFor(snapshotId);
    if (local === undefined) return;
    this.locals = this.locals.length === 1 ? NO_LOCALS : this.locals.filter((other) => other !== local);
    local.forget();
  }

  /** Ids of the incoming channels whose state is not yet known to a snapshot. */
  stillRecording(snapshotId: string): string[] {
    const local = this.localFor(snapshotId);
    const positions = local === undefined ? this.incoming.keys() : local.stillRecording();
    return Array.from(positions, (position) => this.incoming[position]!.channel.id);
  }

  get incomingCount(): number {
    return this.incoming.length;
  }

  recordState(snapshotId: string): RecordedState {
    const state = this.capture();
    this.stepTrace.tell(() => ({ type: 'state.recorded', process: this.id, snapshotId, state }));
    return state;
  }

  /** The state of the process as it is recorded, at this moment; on a clean stack only. */
  capture(): RecordedState {
    const { inputs, counters } = this;
    return { ...recordActor(this.id, this.actor, this.now()), ...counters, ...(inputs > 0 && { inputs }) };
  }

  /** How many messages have passed its ends of the channels. */
  get counters(): Pick<RecordedState, 'sent' | 'received'> {
    const sent = createDictionary<ChannelCounter>();
    const received = createDictionary<ChannelCounter>();
    for (const end of this.outgoing.values()) if (end.channel) sent[end.channel.id] = { count: end.sent };
    for (const end of this.incoming) received[end.channel.id] = end.counter;
    return { sent, received };
  }

  sendMarkers(snapshot: SnapshotUnderWay): number {
    let markers = 0;
    for (const end of this.outgoing.values()) if (end.sendMarker(snapshot)) markers++;
    return markers;
  }

  startRecording(position: number, local: LocalSnapshot): void {
    this.tellOf('channel.recording', this.incoming[position]!, local.snapshot.id);
  }

  closeChannel(position: number, snapshotId: string): void {
    this.tellOf('channel.done', this.incoming[position]!, snapshotId);
  }

  private tellOf(
    type: 'channel.recording' | 'channel.done' | 'marker.received' | 'control.received',
    { channel }: IncomingChannel,
    snapshotId: string,
  ): void {
    const { id: process, trace } = this;
    if (trace.isWatched) trace.tell({ type, process, channel: channel.id, snapshotId });
  }

  receive(end: IncomingChannel, envelope: Envelope): void {
    if (envelope.type === 'message') this.receiveMessage(end, envelope);
    else if (envelope.type !== 'control') this.receiveSignal(end, envelope);
  }

  protected receiveMessage(end: IncomingChannel, message: Message): void {
    for (const local of this.locals) if (local.isRecording(end.position)) end.record(message, local);
    this.handOver(end, message);
  }

  /** Hands a message to the application. */
  protected handOver(end: IncomingChannel, message: Message): void {
    end.receive(message.seq);
    this.stepTrace.arrives(end.channel.id, message);
    const { status } = this.actor.getSnapshot() as Snapshot<unknown>;
    if (status === 'stopped' || this.statusRestored === 'error') this.stepTrace.loses(this.actor);
    else this.actor.send(message.event);
  }

  private receiveSignal(end: IncomingChannel, signal: Marker | ColourMessage): void {
    const local = this.meet(end, signal);
    if (local !== undefined) this.settle(local);
  }

  /** Lets the statechart decide about a marker or a colour that has come in. */
  protected meet(end: IncomingChannel, signal: Marker | ColourMessage | Colour): LocalSnapshot | undefined {
    const { channel, position } = end;
    if (position < 0) return undefined; // its sender has left: it is no channel of this process any more
    const snapshot = this.spec.program.join(signal, channel.id);
    if (snapshot === undefined) return undefined; // late, of a snapshot that was given up
    const local = this.localOf(snapshot);
    if (position >= local.channelCount) return undefined; // joined after the process had recorded
    this.trace.indivisibly(() => {
      if ('type' in signal) this.tellOf(RECEIVED[signal.type], end, signal.snapshotId);
      local.receive(position, 'whites' in signal ? signal.whites : undefined);
    });
    return local;
  }

  /** Says what the statechart has come to; after its step, so that nothing of the application's runs within it. */
  settle(local: LocalSnapshot): void {
    if (local.failure !== undefined) local.snapshot.abort(local.failure);
    else if (local.isComplete && !local.isReported) {
      local.isReported = true;
      local.snapshot.report(this.reportOf(local));
    }
  }

  private reportOf(local: LocalSnapshot): Report {
    const { state, channelCount, markers, controlMessages } = local;
    const ends = this.incoming.slice(0, channelCount);
    const channels = ends.map(({ channel }, position) => [channel.id, local.messagesOn(position)] as const);
    return { process: this.id, state: state!, channels, markers, controlMessages };
  }

  private localOf(snapshot: SnapshotUnderWay): LocalSnapshot {
    const known = this.localFor(snapshot.id);
    if (known !== undefined) return known;
    const local = this.spec.program.algorithm.begin(this, snapshot);
    this.locals = [...this.locals, local];
    return local;
  }

  private localFor(snapshotId: string): LocalSnapshot | undefined {
    return this.locals.find(({ snapshot }) => snapshot.id === snapshotId);
  }

  // What its actor system tells, and asks.

  enter(source?: AnyActorRef, target?: AnyActorRef, event?: EventObject): void {
    this.spec.program.stack.enter();
    if (++this.depth === 1) this.stepTrace.stepBegins(this.isStarted, source, target, event);
  }

  leave(): void {
    if (this.depth === 1) this.stepTrace.stepEnds(this.actor);
    this.depth--;
    this.spec.program.stack.leave();
  }

  mayStart(_actor: AnyActor): void {}

  failed(error: unknown): boolean {
    return this.statusRestored === 'error' || (this.spec.program.onFailed?.(this, error) ?? false);
  }

  started(): void {
    if (this.isStarted) return;
    this.isStarted = true;
    for (const { channel } of this.incoming) channel.open();
    const waiting = this.waiting ?? [];
    this.waiting = undefined;
    for (const task of waiting) this.spec.program.stack.whenClean(task);
  }

  stopping(): void {
    this.stepTrace.tell(() => ({ type: 'process.stopped', process: this.id }));
  }

  peer(name: string): PeerHandle | undefined {
    return this.outgoing.get(name);
  }

  peers(): Iterable<string> {
    return this.outgoing.keys();
  }

  stranger(name: string): PeerHandle | undefined {
    return this.spec.program.isProcess(name) ? strangerHandle(this.id, name, this.outgoing) : undefined;
  }

  /** No peer leaves, within one program. */
  unsent(_peer: string, _event: EventObject): void {}

  now(): number | undefined {
    return timeOf(this.spec.program.options.clock);
  }

  // What the logic of its actor tells. Other actors may be made of it, such as those in which XState works out a next
  // state: they are no processes.

  adopt(scope: ActorScope): void {
    if ((this.actor as AnyActor | undefined) === undefined) this.takeCharge(scope);
  }

  restored(scope: ActorScope, snapshot: unknown): void {
    if (this.isOwn(scope)) revivePeers(scope, snapshot);
  }

  starting(scope: ActorScope): void {
    if (!this.isOwn(scope)) this.refuseSecond();
    this.armTimers();
  }

  private isOwn({ self }: ActorScope): boolean {
    return self === (this.actor as AnyActor);
  }

  /** Puts the pending timers back that were recorded. To be done as the actor is about to start. */
  armTimers(): void {
    const { restoreFrom } = this.spec;
    if (restoreFrom === undefined || this.isStarted) return;
    const path = `the timers of process "${this.id}"`;
    armTimers(this.actor, copyPlain(restoreFrom.timers, path));
  }

  private get statusRestored(): Snapshot<unknown>['status'] | undefined {
    return this.spec.restoreFrom?.snapshot.status;
  }

  /** Refuses an actor that could not take its recorded state. */
  refuseMisfit(): void {
    const { restoreFrom } = this.spec;
    if (restoreFrom !== undefined) refuseUnfit(this.id, this.actor, restoreFrom.snapshot);
  }
}

/**
 * An object for keys that no other object has. Given them one by one, a plain one makes engines draw up a shape of its own
 * for each key; this one is a hash table from the start.
 */
function createDictionary<T>(): Record<string, T> {
  return Object.setPrototypeOf(Object.create(null), Object.prototype) as Record<string, T>;
}
