import {
  createActor,
  type Actor,
  type ActorOptions,
  type AnyActor,
  type AnyActorLogic,
  type AnyActorRef,
  type EventObject,
} from 'xstate';
import { reviveRefs } from './actor-refs.js';
import { IncomingChannel, OutgoingChannel } from './channel-ends.js';
import type { ReceivingEnd, SendingEnd } from './channel.js';
import { copyPlain } from './copy.js';
import type { Control, Envelope, Marker } from './envelope.js';
import { PanoramaError } from './errors.js';
import type { ChannelCounter, RecordedMessage, RecordedState } from './global-snapshot.js';
import { LocalSnapshot, type Recorder, type Report, type SnapshotUnderWay } from './local-snapshot.js';
import { timeOf, type ActorOptionsOfNetwork } from './options.js';
import type { ProcessChart } from './process-chart.js';
import { addressOf, armTimers, recordActor, refuseLostChildren } from './recorded-state.js';
import type { Steps } from './steps.js';
import type { Trace, Untimed } from './trace.js';
import {
  adoptSystem,
  isDelayed,
  isRunning,
  wrapLogic,
  type ActorScope,
  type PeerHandle,
  type SystemHooks,
} from './xstate-internals.js';

/** What a process is made of and where it lives. */
export interface ProcessSpec {
  readonly id: string;
  readonly logic: AnyActorLogic;
  readonly input: unknown;
  readonly restoreFrom: RecordedState | undefined;
  readonly options: ActorOptionsOfNetwork;
  /** What else `createActor` is given. */
  readonly actorOptions?: ActorOptions<AnyActorLogic> | undefined;
  readonly chart: ProcessChart;
  /** The steps of all processes of the program. */
  readonly steps: Steps;
  readonly trace: Trace;
  /** Whether this is the id of a process, even if no channel leads there. */
  isProcess(id: string): boolean;
  /** The snapshot that a marker belongs to; undefined when it has ended. */
  join(marker: Marker, channelId: string): SnapshotUnderWay | undefined;
  /** Takes what a process in another program tells of a snapshot. */
  onControl?(control: Control, channelId: string): void;
  /** Is told of an event for a peer that has left. */
  onUnsent?(peer: string, event: EventObject): void;
  /** Is told that the actor has failed. Returns whether somebody sees to it. */
  onFailed?(error: unknown): boolean;
  /** Is told within the step in which the actor is started. */
  onStarted?(): void;
  /** Is told within the step in which the actor is stopped. */
  onStopping?(): void;
}

/** One XState actor system with its ends of the channels, and its part in every snapshot. */
export class Process implements Recorder {
  readonly id: string;
  /** The root actor; made by {@link create}. */
  actor!: Actor<AnyActorLogic>;
  /** By the peer's id. */
  protected readonly outgoing = new Map<string, OutgoingChannel>();
  protected readonly incoming: IncomingChannel[] = [];
  private readonly locals = new Map<string, LocalSnapshot>();
  private readonly waiting: (() => void)[] = [];
  private depth = 0;
  /** The message with which the next step begins. */
  private arriving: { readonly channel: string; readonly seq: number; readonly event: EventObject } | undefined;
  private isStarted = false;

  constructor(private readonly spec: ProcessSpec) {
    this.id = spec.id;
  }

  /** Makes the actor. By then its channels are joined: the initial transition may look its peers up. */
  create(): void {
    const { restoreFrom, input, options } = this.spec;
    const { clock, inspect, logger } = options;
    const persisted = restoreFrom && copyPlain(restoreFrom.snapshot, `processes.${this.id}`);
    this.actor = createActor(this.wrap(), {
      ...this.spec.actorOptions,
      id: this.id,
      ...(input === undefined ? undefined : { input }),
      ...(persisted === undefined ? undefined : { snapshot: persisted }),
      ...(clock === undefined ? undefined : { clock }),
      ...(inspect === undefined ? undefined : { inspect }),
      ...(logger === undefined ? undefined : { logger }),
    }) as Actor<AnyActorLogic>;
    this.refuseMisfit();
  }

  /** The process's logic, wrapped so that the actor that is made of it is this process's. */
  private wrap(): AnyActorLogic {
    return wrapLogic(this.spec.logic, {
      adopt: (scope) => this.adopt(scope),
      restored: revivePeers,
      starting: () => this.starting(),
    });
  }

  /** Takes charge of an actor's system. */
  adopt(scope: ActorScope): void {
    this.actor = scope.self as Actor<AnyActorLogic>;
    adoptSystem(scope, this.hooks());
  }

  /** Takes charge of the system of an actor that was made, and perhaps started, without it. */
  attach(actor: AnyActor): void {
    this.adopt({ self: actor, system: actor.system });
    if (isRunning(actor)) this.started();
  }

  /** Joins the sending end of a channel to this process. */
  connectTo(peer: string, channel: SendingEnd, sent: number): void {
    const onUnsent = (event: EventObject) => this.spec.onUnsent?.(peer, event);
    const end = this.outgoing.get(peer) ?? new OutgoingChannel(this.id, peer, this.spec.trace, onUnsent);
    end.channel = channel;
    end.sent = sent;
    this.outgoing.set(peer, end);
  }

  /** Parts with the channel to a peer that has left. Its proxy stays: references to it live on in contexts. */
  disconnectTo(peer: string): void {
    const end = this.outgoing.get(peer);
    if (end !== undefined) end.channel = undefined;
  }

  /** Joins the receiving end of a channel to this process. */
  connectFrom(channel: ReceivingEnd, received: number): void {
    const end = new IncomingChannel(channel, this.incoming.length, received);
    this.incoming.push(end);
    channel.envelopes$.subscribe((envelope) => this.receive(end, envelope));
    if (this.isStarted) channel.open();
  }

  /** Parts with a channel whose sender has left. No snapshot may be recording. */
  disconnectFrom(channelId: string): void {
    const position = this.incoming.findIndex(({ channel }) => channel.id === channelId);
    if (position < 0) return;
    this.incoming.splice(position, 1);
    for (const [index, end] of this.incoming.entries()) end.position = index;
  }

  /** Starts the actor. One restored as failed or stopped is not started again: that would throw its error anew. */
  start(): void {
    if (this.isEnded) this.started();
    else this.actor.start();
  }

  /** Whether the actor system is in the middle of a step. */
  get isBusy(): boolean {
    return this.depth > 0;
  }

  /** Runs a task on a clean stack and not before the process has started. */
  whenReady(task: () => void): void {
    if (this.isStarted) this.spec.steps.whenClean(task);
    else this.waiting.push(task);
  }

  /** The process records spontaneously: it is an initiator of the snapshot. */
  initiate(snapshot: SnapshotUnderWay): void {
    const local = this.localOf(snapshot);
    this.spec.trace.indivisibly(() => local.initiate());
    this.settle(local, snapshot);
  }

  /** Forgets a snapshot that has ended. */
  forget(snapshotId: string): void {
    const local = this.locals.get(snapshotId);
    if (local === undefined) return;
    this.locals.delete(snapshotId);
    local.forget();
  }

  /** Ids of the incoming channels whose state is not yet known to a snapshot. */
  stillRecording(snapshotId: string): string[] {
    const local = this.locals.get(snapshotId);
    const positions = local === undefined ? this.incoming.keys() : local.stillRecording();
    return Array.from(positions, (position) => this.incoming[position]!.channel.id);
  }

  // What the statechart's actions do.

  get incomingCount(): number {
    return this.incoming.length;
  }

  recordState(snapshotId: string): RecordedState {
    const state = this.capture();
    this.tellOf(() => ({ type: 'state.recorded', process: this.id, snapshotId, state }));
    return state;
  }

  /** The state of the process as it is recorded, at this moment; on a clean stack only. */
  capture(): RecordedState {
    const now = timeOf(this.spec.options.clock);
    const sent: Record<string, ChannelCounter> = {};
    const received: Record<string, ChannelCounter> = {};
    for (const end of this.outgoing.values()) if (end.channel) sent[end.channel.id] = { count: end.sent };
    for (const end of this.incoming) received[end.channel.id] = { count: end.received };
    return { ...recordActor(this.id, this.actor, now), sent, received };
  }

  sendMarkers(snapshot: SnapshotUnderWay): number {
    let markers = 0;
    for (const end of this.outgoing.values()) if (end.sendMarker(snapshot)) markers++;
    return markers;
  }

  startRecording(position: number, messages: RecordedMessage[], snapshot: SnapshotUnderWay): void {
    const end = this.incoming[position]!;
    end.startRecording(messages, snapshot);
    const snapshotId = snapshot.id;
    this.tellOf(() => ({ type: 'channel.recording', process: this.id, channel: end.channel.id, snapshotId }));
  }

  stopRecording(position: number, messages: RecordedMessage[]): void {
    this.incoming[position]!.stopRecording(messages);
  }

  closeChannel(position: number, snapshotId: string): void {
    const channel = this.incoming[position]!.channel.id;
    this.tellOf(() => ({ type: 'channel.done', process: this.id, channel, snapshotId }));
  }

  // What comes in.

  protected receive(end: IncomingChannel, envelope: Envelope): void {
    if (envelope.type === 'message') this.receiveMessage(end, envelope.seq, envelope.event);
    else if (envelope.type === 'marker') this.receiveMarker(end, envelope);
    else this.spec.onControl?.(envelope, end.channel.id);
  }

  private receiveMessage(end: IncomingChannel, seq: number, event: EventObject): void {
    end.receive(seq, event);
    if (this.spec.trace.isWatched) this.arriving = { channel: end.channel.id, seq, event };
    if (this.isEnded || statusOf(this.actor) === 'stopped') this.tellOfLoss();
    else this.actor.send(event);
  }

  private receiveMarker({ channel: { id: channel }, position }: IncomingChannel, marker: Marker): void {
    const { snapshotId } = marker;
    const snapshot = this.spec.join(marker, channel);
    if (snapshot === undefined) return; // a late marker of a snapshot that was given up
    const local = this.localOf(snapshot);
    if (position >= local.messages.length) return; // a channel that was joined after the process had recorded
    this.spec.trace.indivisibly(() => {
      this.tellOf(() => ({ type: 'marker.received', process: this.id, channel, snapshotId }));
      local.receiveMarker(position);
    });
    this.settle(local, snapshot);
  }

  /** Says what the statechart has come to; after its step, so that nothing of the application's runs within it. */
  private settle(local: LocalSnapshot, snapshot: SnapshotUnderWay): void {
    if (local.failure !== undefined) snapshot.abort(local.failure);
    else if (local.isComplete) snapshot.report(this.reportOf(local));
  }

  private reportOf({ state, messages, markers }: LocalSnapshot): Report {
    const channels = messages.map((recorded, position) => [this.incoming[position]!.channel.id, recorded] as const);
    return { process: this.id, state: state!, channels, markers };
  }

  private localOf(snapshot: SnapshotUnderWay): LocalSnapshot {
    const known = this.locals.get(snapshot.id);
    if (known !== undefined) return known;
    const local = new LocalSnapshot(this, this.spec.chart, snapshot);
    this.locals.set(snapshot.id, local);
    return local;
  }

  // The actor system.

  private hooks(): SystemHooks {
    const { clock } = this.spec.options;
    return {
      enter: (source, target, event) => {
        this.spec.steps.enter();
        if (++this.depth === 1) this.tellOfStep(source, target, event);
      },
      leave: () => {
        if (this.depth === 1) this.tellOf(() => this.stepEnded());
        this.depth--;
        this.spec.steps.leave();
      },
      failed: (error) => this.spec.onFailed?.(error) ?? false,
      started: () => this.started(),
      stopping: () => {
        this.tellOf(() => ({ type: 'process.stopped', process: this.id }));
        this.spec.onStopping?.();
      },
      peer: (name) => this.outgoing.get(name),
      peers: () => this.outgoing.keys(),
      stranger: (name) => (this.spec.isProcess(name) ? this.strangerHandle(name) : undefined),
      now: clock?.now && (() => clock.now!()),
    };
  }

  // What is told of it.

  private tellOf(create: () => Untimed): void {
    if (this.spec.trace.isWatched) this.spec.trace.tell(create());
  }

  private tellOfStep(source?: AnyActorRef, target?: AnyActorRef, event?: EventObject): void {
    if (!this.spec.trace.isWatched) return;
    if (this.arriving !== undefined) this.tellOfArrival();
    else if (target === undefined || event === undefined) {
      if (!this.isStarted) this.tellOf(() => ({ type: 'process.started', process: this.id }));
    } else if (source !== undefined && isDelayed(event)) {
      const ends = { source: addressOf(source), target: addressOf(target) };
      this.tellOf(() => ({ type: 'timer.fired', process: this.id, ...ends, event }));
    } else {
      const ends = { source: source && addressOf(source), target: addressOf(target) };
      this.tellOf(() => ({ type: 'event.received', process: this.id, ...ends, event }));
    }
  }

  /** A process that has ended takes the message, and does nothing more. */
  private tellOfLoss(): void {
    this.tellOfArrival();
    this.tellOf(() => this.stepEnded());
  }

  private tellOfArrival(): void {
    const { arriving } = this;
    this.arriving = undefined;
    if (arriving !== undefined) this.tellOf(() => ({ type: 'message.received', process: this.id, ...arriving }));
  }

  private stepEnded(): Untimed {
    return { type: 'step.ended', process: this.id, snapshot: this.actor.getSnapshot() as unknown };
  }

  private started(): void {
    this.spec.onStarted?.();
    if (this.isStarted) return;
    this.isStarted = true;
    for (const { channel } of this.incoming) channel.open();
    for (const task of this.waiting.splice(0)) this.spec.steps.whenClean(task);
  }

  /** The actor is about to start: its pending timers are put back. */
  starting(): void {
    const { restoreFrom } = this.spec;
    if (restoreFrom === undefined || this.isStarted) return;
    const path = `the timers of process "${this.id}"`;
    armTimers(this.actor, copyPlain(restoreFrom.timers, path));
  }

  /** Whether the actor was restored as failed or stopped. */
  private get isEnded(): boolean {
    const status = this.spec.restoreFrom?.snapshot.status;
    return status === 'error' || status === 'stopped';
  }

  /** Refuses an actor that could not take its recorded state. */
  refuseMisfit(): void {
    if (this.spec.restoreFrom === undefined) return;
    const { snapshot } = this.spec.restoreFrom;
    const restored = this.actor.getSnapshot() as { status: string; error?: unknown };
    if (restored.status === 'error' && snapshot.status !== 'error') {
      throw new PanoramaError(
        'does-not-fit',
        `Expected the logic of process "${this.id}" to take its recorded state, got: ${String(restored.error)}. Restore with the machine that the snapshot was taken of.`,
        { cause: restored.error },
      );
    }
    refuseLostChildren(this.id, this.actor, snapshot);
  }

  private strangerHandle(name: string): PeerHandle {
    const refuse = () => this.refuseStranger(name);
    return { check: refuse, send: refuse };
  }

  private refuseStranger(name: string): never {
    const peers = [...this.outgoing.keys()].slice(0, 10).join(', ') || 'none';
    throw new PanoramaError(
      'no-channel',
      `Expected process "${this.id}" to send to a process that a channel leads to (${peers}), got "${name}". Add ["${this.id}", "${name}"] to \`channels\`.`,
    );
  }
}

function statusOf(actor: AnyActorRef): string {
  return (actor.getSnapshot() as { readonly status: string }).status;
}

/** Gives a restored actor its references to peers back. */
export function revivePeers(scope: ActorScope, snapshot: unknown): void {
  reviveRefs(snapshot, (name) => scope.self.system.get(name));
}
