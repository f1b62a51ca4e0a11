/** One process alone in its program: the same process and statecharts as in a network, its channels' other ends elsewhere. */
import type { Observable } from 'rxjs';
import type { Actor, AnyActor, AnyActorLogic, EventObject } from 'xstate';
import type { Channel } from '../channel/channel.js';
import type { Control, Marker } from '../channel/envelope.js';
import { endsOf, type ChannelDescription } from '../channel/topology.js';
import { type ActorOptionsOfNetwork, timeOf } from '../clock.js';
import { PanoramaError } from '../errors.js';
import type { ChannelState, GlobalSnapshot, RecordedState } from '../global-snapshot.js';
import type { Host } from '../host.js';
import { OrderedSubject } from '../ordered-subject.js';
import { CleanStack } from '../process/clean-stack.js';
import { copyPlain } from '../process/copy-plain.js';
import type { Crash } from '../process/crash.js';
import { copyMessages } from '../process/endpoints.js';
import type { Process } from '../process/process.js';
import { StableProcessHandle } from '../process/process-handle.js';
import { createDefaultSchedule } from '../schedule/default-schedule.js';
import type { Schedule } from '../schedule/schedule.js';
import { chandyLamport } from '../snapshot/algorithms/chandy-lamport.js';
import type { SnapshotUnderWay } from '../snapshot/local-snapshot.js';
import { beginWhenReady } from '../snapshot/begin-when-ready.js';
import { parseSnapshotOptions, type ParsedSnapshotOptions, type SnapshotOptions } from '../snapshot/options.js';
import type { Outcome } from '../snapshot/snapshot-supervisor.js';
import { Trace, type TraceEvent, type Untimed } from '../trace.js';
import { sayWaiting, type Link, type LinkEvent, type LinkOwner } from './link.js';
import type { LinkedParts, LinkedProcessConfig } from './linked-process-config.js';
import type { LinkedProcessHandle } from './linked-process-handle.js';
import { Links } from './links.js';
import { parsePeer, type ParsedPeer, type PeerOptions } from './options.js';
import { channelsWith, partOf, peersOf, type OwnPart } from './rollback/checkpoint-parts.js';
import { Member, type MemberOwner } from './rollback/member.js';
import { PeeredProcess, type PeeredProgram } from './peered-process.js';
import { OwnLife } from './session/life.js';
import type { Backlog } from './session/outbox.js';
import type { Transport } from './session/transport.js';
import type { Participant } from './snapshot/part.js';
import { Snapshots } from './snapshot/snapshots.js';

/** A process, its links, and its part in snapshots. */
export class LinkedProcess implements Participant, MemberOwner, LinkOwner {
  readonly id: string;
  readonly schedule: Schedule;
  process: PeeredProcess;
  readonly host: Host;
  readonly life: OwnLife;
  readonly sessionMachine: LinkedParts['sessionMachine'];
  readonly member: Member;
  /** What its owner sees of it, once that is asked for; see `handle-of.ts`. */
  handle: LinkedProcessHandle | undefined;
  /** What stays of it when its actor is replaced; there once it has one. */
  face!: StableProcessHandle;
  readonly stack = new CleanStack();
  private readonly links = new Links(this);
  private readonly trace: Trace;
  private readonly completed = new OrderedSubject<GlobalSnapshot>();
  private readonly events = new OrderedSubject<LinkEvent>();
  private readonly snapshots = new Snapshots(this);
  /** Peers that have left, and that events were sent to since. */
  private readonly peersMissed = new Set<string>();
  /** The incoming channels of peers that have parted, as far as something waited on them. */
  private readonly rests = new Set<Channel>();
  private readonly waiting: (() => void)[] = [];
  private phase: 'created' | 'started' | 'stopping' | 'stopped' = 'created';

  constructor(private readonly spec: LinkedProcessConfig) {
    this.id = spec.id;
    const { host, sessionMachine, memberMachine } = spec.parts;
    this.host = host;
    this.life = new OwnLife(host);
    this.sessionMachine = sessionMachine;
    this.schedule = spec.schedule ?? createDefaultSchedule();
    this.trace = new Trace(() => this.time);
    const part = spec.snapshot && partOf(spec.id, spec.snapshot);
    this.member = new Member(this, spec.snapshot, memberMachine);
    this.process = this.createProcess(part?.state);
    for (const peer of spec.peers) this.link(peer, part);
  }

  private createProcess(restoreFrom: RecordedState | undefined): PeeredProcess {
    const { id, logic, input, options, actorOptions, mayStart } = this.spec;
    const program: PeeredProgram = {
      options,
      actorOptions,
      algorithm: chandyLamport,
      stack: this.stack,
      trace: this.trace,
      isProcess: () => false,
      join: (marker, channelId) => this.join(marker, channelId),
      onControl: (control, channelId) => this.routeControl(control, endsOf(channelId)[0]),
      onUnsent: (peer, event) => this.onUnsent(peer, event),
      onFailed: (process, error) => this.onActorFailed(process, error),
      mayStart: (actor) => mayStart?.(actor),
      onStarted: () => this.onActorStarted(),
      onStopping: (process) => {
        if (process === this.process) this.onActorStopping();
      },
    };
    return new PeeredProcess({ id, logic, input, restoreFrom, program });
  }

  get actor(): Actor<AnyActorLogic> {
    return this.process.actor;
  }

  get snapshots$(): Observable<GlobalSnapshot> {
    return this.completed.asObservable();
  }

  /** Whether it has parted from its links. */
  get isOver(): boolean {
    return this.phase === 'stopped';
  }

  get links$(): Observable<LinkEvent> {
    return this.events.asObservable();
  }

  get trace$(): Observable<TraceEvent> {
    return this.trace.events$;
  }

  /** Its own channels, whether their peers have answered or not. */
  get topology(): ChannelDescription[] {
    return [...this.links].flatMap((link) => link.channels);
  }

  /** What its peers sent and it has not taken yet, as far as it is here. */
  inFlight(): Record<string, ChannelState> {
    const channels = [...this.links].flatMap(({ incoming }) => incoming ?? []);
    return Object.fromEntries(channels.map((channel) => [channel.id, { messages: copyMessages(channel) }]));
  }

  get restoredFrom(): GlobalSnapshot | undefined {
    return this.spec.snapshot;
  }

  /** The time of its clock in milliseconds; `NaN` when the clock does not tell. */
  get time(): number {
    return timeOf(this.clock) ?? NaN;
  }

  /** Whether it was not started yet. */
  get isFresh(): boolean {
    return this.phase === 'created';
  }

  get receiver(): PeeredProcess {
    return this.process;
  }

  get clock(): ActorOptionsOfNetwork['clock'] {
    return this.spec.options.clock;
  }

  now(): number {
    return timeOf(this.clock) ?? this.host.clock.now();
  }

  start(): void {
    if (this.phase === 'stopped') {
      throw new PanoramaError(
        'not-running',
        'Expected a process that was not stopped, got one that was. Make another.',
      );
    }
    this.process.start();
  }

  /** Stops the actor, says good-bye to the peers, and parts from the links. */
  stop(): void {
    if (this.phase === 'stopped') return;
    (this.actor as Actor<AnyActorLogic> | undefined)?.stop();
    this.close();
  }

  /** Parts from the links and lets the actor go on alone. */
  detach(): void {
    for (const { peer } of this.links) this.removePeer(peer.name);
    this.close();
  }

  takeSnapshot(options: SnapshotOptions = {}, isCheckpoint = false): Promise<GlobalSnapshot> {
    const refusal = isCheckpoint ? this.joinCheckpoint() : undefined;
    if (refusal !== undefined) return Promise.reject(refusal);
    const parsed = parseSnapshotOptions(options, new Set([this.id]));
    const isStarting = this.phase === 'created' && this.process.isBusy;
    if (!isStarting && this.phase !== 'started') return Promise.reject(this.notRunning());
    return beginWhenReady(parsed, {
      clock: this.clock,
      whenReady: (task) => this.whenReady(task),
      waitsFor: () => this.member.waitsFor,
      begin: (options) => this.beginSnapshot(options, isCheckpoint),
    });
  }

  private beginSnapshot(options: ParsedSnapshotOptions, isCheckpoint: boolean): Promise<GlobalSnapshot> {
    if (this.phase !== 'started') return Promise.reject(this.notRunning());
    return this.snapshots.begin(options, isCheckpoint, (snapshotId) => {
      this.tellOf(() => ({ type: 'snapshot.begun', snapshotId, initiators: [this.id] }));
    });
  }

  private notRunning(): PanoramaError {
    const error = `Expected a running process, got one that is ${this.phase}. Call \`start()\` first.`;
    return new PanoramaError('not-running', error);
  }

  /**
   * Runs a task when the process has an actor that has started, is between two steps, and waits for nobody to come back;
   * or when it is stopped.
   */
  private whenReady(task: () => void): void {
    if (this.isOver || (this.process.hasStarted && this.member.isSettled)) this.stack.whenClean(task);
    else this.waiting.push(task);
  }

  // Peers.

  addPeer(name: string, options: Transport | PeerOptions): void {
    const peer = parsePeer(this.id, name, options);
    const link = this.link(peer, undefined);
    this.sendMarkers(link);
    if (this.phase === 'started') link.open();
  }

  /** Goes on with a peer over another way, as its program was started anew; adds it if it is not there. */
  replacePeer(name: string, options: Transport | PeerOptions): void {
    const peer = parsePeer(this.id, name, options);
    const link = this.links.to(peer.id);
    if (link === undefined) return this.addPeer(name, options);
    if (this.phase === 'started') link.reroute({ ...peer, name: link.peer.name });
  }

  removePeer(name: string): void {
    const link = this.links.remove(name);
    link.close(false);
    this.tellTopology();
    if (link.isJoined) this.onParted(link, `peer "${name}" was removed`);
  }

  backlogOf(name: string): Backlog {
    return this.links.get(name).backlog;
  }

  peers(): string[] {
    return this.links.peers();
  }

  send(peer: string, control: Control): void {
    this.links.send(peer, control);
  }

  private link(peer: ParsedPeer, part: OwnPart | undefined): Link {
    const link = this.links.add(peer, part);
    this.connect(this.process, link, link.incoming, part);
    this.tellTopology();
    return link;
  }

  private connect(process: PeeredProcess, link: Link, incoming: Channel | undefined, part?: OwnPart): void {
    const { outgoing, peer } = link;
    const { sent, received, messages } = channelsWith(peer.id, this.id, part);
    if (incoming !== undefined) {
      this.connectFrom(process, link, incoming, received);
      // Before anything else comes in on it, what was in flight.
      for (const { seq, event } of messages) {
        incoming.send({ type: 'message', seq, event: copyPlain(event, `message ${seq} from "${peer.id}"`) });
      }
    }
    if (outgoing !== undefined) process.connectTo(peer.name, outgoing, sent);
  }

  private connectFrom(process: PeeredProcess, link: Link, incoming: Channel, received: number): void {
    process.connectFrom(incoming, { count: received });
    incoming.envelopes$.subscribe(() => link.giveCredit());
  }

  // Rollbacks.

  get isRecoverable(): boolean {
    return this.spec.remake !== undefined;
  }

  get loadCheckpoint(): LinkedProcessConfig['loadCheckpoint'] {
    return this.spec.loadCheckpoint;
  }

  mayPart(peer: string): boolean {
    return this.links.to(peer)?.mayPart ?? false;
  }

  get mayBeginAnew(): boolean {
    return [...this.links].every(({ mayPart }) => mayPart);
  }

  whenClean(task: () => void): void {
    this.stack.whenClean(task);
  }

  prepare(part: OwnPart | undefined): () => void {
    this.links.awaitMissing(part);
    const next = this.createProcess(part?.state);
    const recorded = peersOf(this.id, part);
    const isBygone = ({ hasLeft, peerId }: Link) => hasLeft && !recorded.has(peerId);
    const bygone = [...this.links].filter(isBygone);
    const awaited = [...this.links].filter((link) => !bygone.includes(link));
    const links = awaited.map((link) => [link, link.createIncoming(next)] as const);
    for (const [link, incoming] of links) this.connect(next, link, incoming, part);
    this.spec.remake!(next, part && copyPlain(part.state.snapshot, `processes.${this.id}`));
    const commit = () => {
      const { process } = this;
      this.process = next;
      const { number, snapshotId } = this.member.epoch;
      this.snapshots.stop(`the network was rolled back to snapshot ${snapshotId}`);
      (process.actor as Actor<AnyActorLogic> | undefined)?.stop(); // it may still be waiting for one
      for (const [link, incoming] of links) {
        const { sent, received } = channelsWith(link.peerId, this.id, part);
        link.goBack(incoming, sent, received);
      }
      for (const link of bygone) link.goBackWithout();
      this.peersMissed.clear();
      this.rests.clear();
      this.tellOf(() => {
        const channels = Object.fromEntries(part?.channels.map(([id, messages]) => [id, { messages }]) ?? []);
        const own = part === undefined ? {} : { [this.id]: part.state };
        const snapshot = { id: snapshotId, processes: own, channels };
        return { type: 'network.rolled-back', epoch: number, snapshot };
      });
      for (const [link] of links) link.open();
      if (this.spec.recreate !== undefined) return this.spec.recreate();
      this.ownReplacement(next.actor);
      this.face.replace(next);
      next.start();
    };
    return () => this.stack.within(commit); // a subscriber may want to go back once more
  }

  /** There is an actor for a process that went back. */
  ownReplacement(actor: AnyActor): void {
    processes.set(actor, this);
  }

  noteInputsSaved(count: number): void {
    this.face.noteSaved(count);
  }

  onStranded(error: PanoramaError): void {
    this.tellOfLink({ type: 'link.failed', peer: this.id, error });
  }

  onOverdue(error: PanoramaError, peer = this.id): void {
    this.tellOfLink({ type: 'link.overdue', peer, error });
  }

  onSettled(): void {
    for (const task of this.waiting.splice(0)) this.whenReady(task);
  }

  /** Final: this life never comes back by itself. */
  onSuperseded({ peer }: Link, by: string): void {
    const error = superseded(this.id, peer.name);
    this.member.supersede(error);
    this.tellOfLink({ type: 'life.superseded', peer: peer.name, by, error });
    this[this.spec.onSuperseded]();
  }

  onOutbid(): void {
    for (const link of this.links) link.restart();
  }

  onCrashed({ peerId }: Link, crash: Omit<Crash, 'process'>): void {
    this.member.reportCrash({ process: peerId, ...crash });
  }

  private onActorFailed(process: Process, error: unknown): boolean {
    if (process !== this.process || !this.member.isCoordinated) return false;
    this.member.reportCrash({ process: this.id, error, isGone: false });
    return true;
  }

  joinCheckpoint(): PanoramaError | undefined {
    return this.member.joinCheckpoint();
  }

  keepPart(snapshotId: string, part: OwnPart): void {
    this.member.parts.keep(snapshotId, part);
  }

  private routeControl(control: Control, from: string): void {
    if (!this.member.receiveNotice(control, from)) this.snapshots.routeNotice(control, from);
  }

  // What the links tell.

  onJoined(link: Link): void {
    const { incoming, outgoing, peer, counts } = link;
    if (incoming !== undefined) this.connectFrom(this.process, link, incoming, counts.received);
    if (outgoing !== undefined) this.process.connectTo(peer.name, outgoing, counts.sent);
    this.peersMissed.delete(link.peer.name);
    this.sendMarkers(link);
  }

  /** A process that has recorded sends the marker before any message, on new channels too. */
  private sendMarkers({ outgoing }: Link): void {
    for (const { id: snapshotId, ticket } of this.snapshots.underWay) {
      outgoing?.send({ type: 'marker', seq: 0, snapshotId, ticket });
    }
  }

  onLost(link: Link, why: string): void {
    this.snapshots.withdrawPeer(link.peerId, link.channelIds, why);
    this.member.noteLost(link.peerId);
  }

  onParted(link: Link, why: string): void {
    const { outgoing, incoming, peer } = link;
    this.snapshots.withdrawPeer(link.peerId, link.channelIds, why);
    if (outgoing !== undefined) this.process.disconnectTo(peer.name);
    if (incoming === undefined) return;
    this.process.disconnectFrom(incoming.id);
    for (const rest of this.rests) if (rest.size === 0) this.rests.delete(rest);
    this.rests.add(incoming);
  }

  /**
   * Before the process records, it takes what came in from peers that have parted: no marker comes behind that any more,
   * so no snapshot could have it in flight.
   */
  private deliverRests(): void {
    for (const rest of this.rests) while (rest.size > 0) rest.deliver();
    this.rests.clear();
  }

  tellOfLink(event: LinkEvent): void {
    const isHeard = this.events.observed;
    const { logger = console.error } = this.spec.options;
    if (isHeard) this.events.next(event);
    else if ('error' in event) logger(event.error.message);
    else if (event.type === 'link.waiting' && event.tries === 1) logger(sayWaiting(this.id, event));
  }

  private onUnsent(peer: string, { type }: EventObject): void {
    // A subscriber is told of each; the log of the first.
    if (this.peersMissed.has(peer) && !this.events.observed) return;
    this.peersMissed.add(peer);
    const error = new PanoramaError(
      'no-channel',
      `Expected a peer that is there, got event "${type}" for "${peer}", which has left. The event was dropped.`,
    );
    this.tellOfLink({ type: 'link.failed', peer, error });
  }

  // Snapshots.

  private join(marker: Pick<Marker, 'snapshotId' | 'ticket'>, channelId: string): SnapshotUnderWay | undefined {
    this.deliverRests();
    return this.snapshots.join(marker, endsOf(channelId)[0]);
  }

  initiate(snapshot: SnapshotUnderWay): void {
    this.deliverRests();
    this.process.initiate(snapshot);
  }

  stillRecording(snapshotId: string): readonly string[] {
    return this.process.stillRecording(snapshotId);
  }

  forget(snapshotId: string): void {
    this.process.forget(snapshotId);
  }

  onEnded(snapshotId: string, outcome: Outcome): void {
    const isComplete = 'snapshot' in outcome;
    this.tellOf(() =>
      isComplete
        ? { type: 'snapshot.completed', snapshotId, ...outcome }
        : { type: 'snapshot.aborted', snapshotId, ...outcome },
    );
    if (isComplete) this.completed.next(outcome.snapshot);
  }

  private tellTopology(): void {
    this.tellOf(() => ({ type: 'topology.changed', process: this.id, channels: this.topology.map(({ id }) => id) }));
  }

  private tellOf(create: () => Untimed): void {
    if (this.trace.isWatched) this.trace.tell(create());
  }

  // The actor's life.

  private onActorStarted(): void {
    this.stack.whenClean(() => this.onSettled());
    if (this.phase === 'started' || this.phase === 'stopped') return;
    this.phase = 'started';
    for (const link of this.links) link.open();
  }

  /** React's strict mode stops an actor and starts the same one again: the links are closed when that is past. */
  private onActorStopping(): void {
    if (this.phase !== 'started') return;
    this.phase = 'stopping';
    this.host.task(() => {
      if (this.phase === 'stopping') this.close();
    });
  }

  /** Parts from the links: the actor has been stopped, or goes on alone. */
  close(): void {
    if (this.phase === 'stopped') return;
    this.phase = 'stopped';
    for (const task of this.waiting.splice(0)) task();
    this.snapshots.stop('the process was stopped');
    this.member.stop('the process was stopped');
    this.face.complete();
    for (const link of this.links) link.close(true);
    this.completed.complete();
    this.trace.complete();
    this.events.complete();
  }
}

function superseded(id: string, peer: string): PanoramaError {
  return new PanoramaError(
    'superseded',
    `Expected this to be the only life of process "${id}", got word from "${peer}" of a later one: this one acts no more. Create it anew to act in place of the other; or give each an id of its own (\`unique\`).`,
  );
}

/** The processes of this program, by their actors. */
const processes = new WeakMap<AnyActor, LinkedProcess>();

/** Notes whose actor this is: its first one. */
export function own(actor: AnyActor, process: LinkedProcess): void {
  processes.set(actor, process);
  process.face = new StableProcessHandle(process.id, process.process);
}

/** The process that an actor is the root of, if it is that of one. */
export function find(actor: AnyActor): LinkedProcess | undefined {
  return processes.get(actor);
}
