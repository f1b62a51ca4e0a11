/** One process alone in its program: the same process and statecharts as in a network, its channels' other ends elsewhere. */
import { Subject, type Observable } from 'rxjs';
import type { Actor, ActorOptions, AnyActor, AnyActorLogic, EventObject } from 'xstate';
import { createProcessMachine } from '../../machines/index.js';
import { chandyLamport } from '../algorithms/index.js';
import { copyPlain } from '../copy.js';
import type { Control, Marker } from '../envelope.js';
import { PanoramaError } from '../errors.js';
import type { GlobalSnapshot } from '../global-snapshot.js';
import type { SnapshotUnderWay } from '../local-snapshot.js';
import { list, parseSnapshotOptions, timeOf, type ActorOptionsOfNetwork } from '../options.js';
import { Process } from '../process.js';
import { createDefaultSchedule, type Schedule } from '../schedule.js';
import { Steps } from '../steps.js';
import type { Outcome } from '../supervision.js';
import { endsOf } from '../topology.js';
import { Trace, type TraceEvent } from '../trace.js';
import { Link, type LinkEvent, type LinkOwner } from './link.js';
import { parsePeer, type ParsedPeer, type PeerOptions, type ProcessSnapshotOptions } from './options.js';
import { Snapshots, type Participant } from './snapshots.js';
import type { Transport } from './transport.js';

/** What a process alone in its program is made of. */
export interface LinkedProcessSpec {
  readonly id: string;
  readonly peers: readonly ParsedPeer[];
  readonly schedule: Schedule | undefined;
  readonly snapshot: GlobalSnapshot | undefined;
  readonly logic: AnyActorLogic;
  readonly input: unknown;
  readonly options: ActorOptionsOfNetwork;
  readonly actorOptions?: ActorOptions<AnyActorLogic> | undefined;
}

/** A process, its links, and its part in snapshots. */
export class LinkedProcess implements Participant, Omit<LinkOwner, 'id'> {
  readonly id: string;
  readonly schedule: Schedule;
  readonly process: Process;
  private readonly steps = new Steps();
  private readonly links = new Map<string, Link>();
  private readonly trace: Trace;
  private readonly completed = new Subject<GlobalSnapshot>();
  private readonly events = new Subject<LinkEvent>();
  private readonly snapshots = new Snapshots(this);
  /** Peers that have left, and that events were sent to since. */
  private readonly missed = new Set<string>();
  private phase: 'created' | 'started' | 'stopping' | 'stopped' = 'created';

  constructor(private readonly spec: LinkedProcessSpec) {
    this.id = spec.id;
    this.schedule = spec.schedule ?? createDefaultSchedule();
    this.trace = new Trace(() => timeOf(spec.options.clock) ?? NaN);
    this.process = new Process({
      id: spec.id,
      logic: spec.logic,
      input: spec.input,
      restoreFrom: spec.snapshot?.processes[spec.id],
      options: spec.options,
      actorOptions: spec.actorOptions,
      algorithm: chandyLamport(createProcessMachine),
      steps: this.steps,
      trace: this.trace,
      isProcess: () => false,
      join: (marker, channelId) => this.join(marker, channelId),
      onControl: (control, channelId) => this.snapshots.take(control, endsOf(channelId)[0]),
      onUnsent: (peer, event) => this.unsent(peer, event),
      onStarted: () => this.started(),
      onStopping: () => this.stopping(),
    });
    for (const peer of spec.peers) this.link(peer);
  }

  get actor(): Actor<AnyActorLogic> {
    return this.process.actor;
  }

  get snapshots$(): Observable<GlobalSnapshot> {
    return this.completed.asObservable();
  }

  get links$(): Observable<LinkEvent> {
    return this.events.asObservable();
  }

  get trace$(): Observable<TraceEvent> {
    return this.trace.events$;
  }

  get receiver(): Process {
    return this.process;
  }

  get clock(): ActorOptionsOfNetwork['clock'] {
    return this.spec.options.clock;
  }

  now(): number {
    return timeOf(this.clock) ?? performance.now();
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
    this.actor.stop();
    this.close();
  }

  /** Parts from the links and lets the actor go on alone. */
  detach(): void {
    for (const name of [...this.links.keys()]) this.removePeer(name);
    this.close();
  }

  takeSnapshot(options: ProcessSnapshotOptions = {}): Promise<GlobalSnapshot> {
    const parsed = parseSnapshotOptions(options, new Map());
    return new Promise((resolve, reject) => {
      this.process.whenReady(() => {
        if (this.phase !== 'started') {
          const error = `Expected a running process, got one that is ${this.phase}. Call \`start()\` first.`;
          return reject(new PanoramaError('not-running', error));
        }
        if (parsed.signal?.aborted) {
          const error = 'Expected a `signal` that has not aborted yet, got one that has. No snapshot was begun.';
          return reject(new PanoramaError('snapshot-aborted', error, { cause: parsed.signal.reason }));
        }
        const onBegin = (snapshotId: string) => {
          if (this.trace.isWatched) this.trace.tell({ type: 'snapshot.begun', snapshotId, initiators: [this.id] });
        };
        this.snapshots.begin(parsed, onBegin).then(resolve, reject);
      });
    });
  }

  // Peers.

  addPeer(name: string, options: Transport | PeerOptions): void {
    const peer = parsePeer(this.id, name, options);
    const known = [...this.links.values()].find((link) => link.peer.name === name || link.peerId === peer.id);
    if (known !== undefined) {
      throw new PanoramaError(
        'invalid-argument',
        `Expected a new peer, got "${name}", which process "${this.id}" has. \`removePeer\` first.`,
      );
    }
    const link = this.link(peer);
    this.sendMarkers(link);
    if (this.phase === 'started') link.open();
  }

  removePeer(name: string): void {
    const link = this.links.get(name);
    if (link === undefined) {
      throw new PanoramaError(
        'invalid-argument',
        `Expected a peer (${list([...this.links.keys()]) || 'none'}), got "${name}".`,
      );
    }
    this.links.delete(name);
    link.close(false);
    if (link.isJoined) this.parted(link, `peer "${name}" was removed`);
  }

  peers(): string[] {
    const there = [...this.links.values()].filter((link) => link.isJoined && link.outgoing !== undefined);
    return there.map((link) => link.peerId);
  }

  send(peer: string, control: Control): void {
    for (const link of this.links.values()) if (link.peerId === peer) link.outgoing?.send(control);
  }

  private link(peer: ParsedPeer): Link {
    const { sent, received, messages } = this.restored(peer.id);
    const link = new Link(
      peer,
      this,
      sent,
      received + messages.length,
      this.spec.snapshot !== undefined && !this.isOpen,
    );
    this.links.set(peer.name, link);
    this.connect(link, sent, received);
    // Before anything else comes in on it, what was in flight.
    for (const { seq, event } of messages) {
      link.incoming?.send({ type: 'message', seq, event: copyPlain(event, `message ${seq} from "${peer.id}"`) });
    }
    return link;
  }

  /** What a snapshot says of the channels to and from a peer. */
  private restored(peerId: string) {
    const { snapshot } = this.spec;
    const own = this.isOpen ? undefined : snapshot?.processes[this.id];
    const into = `${peerId}->${this.id}`;
    return {
      sent: own?.sent[`${this.id}->${peerId}`]?.count ?? 0,
      received: own?.received[into]?.count ?? 0,
      messages: (own && snapshot?.channels[into]?.messages) ?? [],
    };
  }

  private get isOpen(): boolean {
    return this.phase !== 'created';
  }

  private connect(link: Link, sent: number, received: number): void {
    const { outgoing, incoming, peer } = link;
    if (incoming !== undefined) {
      this.process.connectFrom(incoming, { count: received });
      incoming.envelopes$.subscribe(() => link.take());
    }
    if (outgoing !== undefined) this.process.connectTo(peer.name, outgoing, sent);
  }

  // What the links tell.

  joined(link: Link): void {
    this.connect(link, 0, 0);
    this.missed.delete(link.peer.name);
    this.sendMarkers(link);
  }

  /** Whoever has recorded sends the marker before any message, on new channels too. */
  private sendMarkers({ outgoing }: Link): void {
    for (const { id: snapshotId, ticket } of this.snapshots.underWay) {
      outgoing?.send({ type: 'marker', seq: 0, snapshotId, ticket });
    }
  }

  parted(link: Link, why: string): void {
    const { outgoing, incoming, peer } = link;
    this.snapshots.parted(link.peerId, link.channelIds, why);
    if (outgoing !== undefined) this.process.disconnectTo(peer.name);
    if (incoming !== undefined) this.process.disconnectFrom(incoming.id);
  }

  tell(event: LinkEvent): void {
    const isHeard = this.events.observed;
    if (isHeard) this.events.next(event);
    else if ('error' in event) (this.spec.options.logger ?? console.error)(event.error.message);
  }

  private unsent(peer: string, { type }: EventObject): void {
    // Whoever listens hears of each; the log of the first.
    if (this.missed.has(peer) && !this.events.observed) return;
    this.missed.add(peer);
    const error = new PanoramaError(
      'no-channel',
      `Expected a peer that is there, got event "${type}" for "${peer}", which has left. The event was dropped.`,
    );
    this.tell({ type: 'link.failed', peer, error });
  }

  // Snapshots.

  private join(marker: Pick<Marker, 'snapshotId' | 'ticket'>, channelId: string): SnapshotUnderWay | undefined {
    return this.snapshots.join(marker, endsOf(channelId)[0]);
  }

  initiate(snapshot: SnapshotUnderWay): void {
    this.process.initiate(snapshot);
  }

  stillRecording(snapshotId: string): readonly string[] {
    return this.process.stillRecording(snapshotId);
  }

  forget(snapshotId: string): void {
    this.process.forget(snapshotId);
  }

  ended(snapshotId: string, outcome: Outcome): void {
    const isComplete = 'snapshot' in outcome;
    if (this.trace.isWatched) {
      if (isComplete) this.trace.tell({ type: 'snapshot.completed', snapshotId, ...outcome });
      else this.trace.tell({ type: 'snapshot.aborted', snapshotId, ...outcome });
    }
    if (isComplete) this.completed.next(outcome.snapshot);
  }

  // The actor's life.

  private started(): void {
    if (this.phase === 'started') return;
    this.phase = 'started';
    for (const link of this.links.values()) link.open();
  }

  /** React's strict mode stops an actor and starts the same one again: the links are closed when that is past. */
  private stopping(): void {
    if (this.phase !== 'started') return;
    this.phase = 'stopping';
    queueMicrotask(() => {
      if (this.phase === 'stopping') this.close();
    });
  }

  private close(): void {
    if (this.phase === 'stopped') return;
    this.phase = 'stopped';
    this.snapshots.stop('the process was stopped');
    for (const link of this.links.values()) link.close(true);
    this.completed.complete();
    this.trace.complete();
    this.events.complete();
  }
}

/** The processes of this program, by their actors. */
const processes = new WeakMap<AnyActor, LinkedProcess>();

/** Notes whose actor this is. */
export function own(actor: AnyActor, process: LinkedProcess): void {
  processes.set(actor, process);
}

/** The process that an actor is the root of, if it is that of one. */
export function find(actor: AnyActor): LinkedProcess | undefined {
  return processes.get(actor);
}
