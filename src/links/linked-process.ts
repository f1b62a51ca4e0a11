/** One process alone in its program: the same process and statecharts as in a network, its channels' other ends elsewhere. */
import type { AnyActor } from 'xstate';
import type { Control } from '../channel/envelope.js';
import { endsOf } from '../channel/topology.js';
import { PanoramaError } from '../errors.js';
import type { RecordedState } from '../global-snapshot.js';
import type { Crash } from '../process/crash.js';
import type { Process } from '../process/process.js';
import { StableProcessHandle } from '../process/process-handle.js';
import { chandyLamport } from '../snapshot/algorithms/chandy-lamport.js';
import { GoingBack } from './going-back.js';
import type { Link, LinkOwner } from './link.js';
import { LinkEvents, superseded } from './link-events.js';
import { LinkedContext } from './linked-context.js';
import type { LinkedProcessConfig } from './linked-process-config.js';
import type { LinkedProcessHandle } from './linked-process-handle.js';
import { LinkedSnapshots } from './linked-snapshots.js';
import { Links } from './links.js';
import { parsePeer, type ParsedPeer, type PeerOptions } from './options.js';
import { PeerChannels } from './peer-channels.js';
import { PeeredProcess, type PeeredProgram } from './peered-process.js';
import { partOf, type OwnPart } from './rollback/checkpoint-parts.js';
import { Member } from './rollback/member.js';
import type { Backlog } from './session/outbox.js';
import type { Transport } from './session/transport.js';

/** A process, its links, and its part in snapshots and rollbacks. */
export class LinkedProcess implements LinkOwner {
  /** What its owner sees of it, once that is asked for; see `handle-of.ts`. */
  handle: LinkedProcessHandle | undefined;
  /** What stays of it when its actor is replaced; there once it has one. */
  face!: StableProcessHandle;
  readonly context: LinkedContext;
  readonly member: Member;
  readonly snapshots: LinkedSnapshots;
  readonly events: LinkEvents;
  readonly links = new Links(this);
  private readonly channels: PeerChannels;

  constructor(readonly spec: LinkedProcessConfig) {
    const { id, snapshot, peers, parts, options } = spec;
    const part = snapshot && partOf(id, snapshot);
    this.context = new LinkedContext(spec);
    this.events = new LinkEvents(id, options.logger ?? console.error);
    this.channels = new PeerChannels(id);
    const goingBack = new GoingBack(this.context, spec, this.links, this.channels, this.events, {
      createProcess: (restoreFrom) => this.createProcess(restoreFrom),
      onGoingBack: ({ snapshotId }) => this.snapshots.giveUp(`the network was rolled back to snapshot ${snapshotId}`),
      onReplaced: (process) => {
        own(process.actor, this);
        this.face.replace(process);
      },
      onInputsSaved: (count) => this.face.noteSaved(count),
      onSettled: () => this.snapshots.resume(),
    });
    this.member = new Member(goingBack, snapshot, parts.memberMachine);
    this.snapshots = new LinkedSnapshots(this.context, this.links, this.channels, this.member);
    // Why else would it be told how to go back?
    if (spec.loadCheckpoint !== undefined) this.member.coordinatedBy('another');
    this.context.process = this.createProcess(part?.state);
    for (const peer of peers) this.link(peer, part);
  }

  private createProcess(restoreFrom: RecordedState | undefined): PeeredProcess {
    const { id, logic, input, options, actorOptions, mayStart } = this.spec;
    const { stack, trace } = this.context;
    const program: PeeredProgram = {
      options,
      actorOptions,
      algorithm: chandyLamport,
      stack,
      trace,
      isProcess: () => false,
      join: (marker, channelId) => this.snapshots.join(marker, channelId),
      onControl: (control, channelId) => this.routeControl(control, endsOf(channelId)[0]),
      onUnsent: (peer, { type }) => this.events.tellUnsent(peer, type),
      onFailed: (process, error) => this.onActorFailed(process, error),
      mayStart: (actor) => mayStart?.(actor),
      onStarted: () => this.onActorStarted(),
      onStopping: (process) => {
        if (process === this.process) this.onActorStopping();
      },
    };
    return new PeeredProcess({ id, logic, input, restoreFrom, program });
  }

  private routeControl(control: Control, from: string): void {
    if (!this.member.receiveNotice(control, from)) this.snapshots.routeNotice(control, from);
  }

  get id(): string {
    return this.context.id;
  }

  get process(): PeeredProcess {
    return this.context.process;
  }

  // Peers.

  addPeer(name: string, options: Transport | PeerOptions): void {
    const link = this.link(parsePeer(this.id, name, options), undefined);
    this.snapshots.sendMarkers(link);
    if (this.context.phase === 'started') link.open();
  }

  /** Goes on with a peer over another way, as its program was started anew; adds it if it is not there. */
  replacePeer(name: string, options: Transport | PeerOptions): void {
    const peer = parsePeer(this.id, name, options);
    const link = this.links.to(peer.id);
    if (link === undefined) return this.addPeer(name, options);
    if (this.context.phase === 'started') link.reroute({ ...peer, name: link.peer.name });
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

  private link(peer: ParsedPeer, part: OwnPart | undefined): Link {
    const link = this.links.add(peer, part);
    this.channels.begin(this.process, link, link.incoming, part);
    this.tellTopology();
    return link;
  }

  private tellTopology(): void {
    const { id, trace } = this.context;
    trace.tellOf(() => ({ type: 'topology.changed', process: id, channels: this.links.channels.map(({ id }) => id) }));
  }

  // What the links tell.

  onJoined(link: Link): void {
    this.channels.join(this.process, link);
    this.events.forgive(link.peer.name);
    this.snapshots.sendMarkers(link);
  }

  onParted(link: Link, why: string): void {
    this.snapshots.withdraw(link, why);
    this.channels.part(this.process, link);
  }

  onLost(link: Link, why: string): void {
    this.snapshots.withdraw(link, why);
    this.member.noteLost(link.peerId);
  }

  onCrashed({ peerId }: Link, crash: Omit<Crash, 'process'>): void {
    this.member.reportCrash({ process: peerId, ...crash });
  }

  /** Final: this life never comes back by itself. */
  onSuperseded({ peer }: Link, by: string): void {
    if (this.member.standpoint === 'superseded') return;
    const error = superseded(this.id, peer.name);
    this.member.supersede(error);
    this.events.tell({ type: 'life.superseded', peer: peer.name, by, error });
    // Without a good-bye to those who have not met the other life yet: the process has not left.
    for (const link of this.links) link.supersede(by);
    this[this.spec.onSuperseded]();
  }

  onOutbid(): void {
    for (const link of this.links) link.restart();
  }

  // The actor's life.

  /** There is an actor: its first one. */
  begin(): void {
    own(this.process.actor, this);
    this.face = new StableProcessHandle(this.id, this.process);
  }

  start(): void {
    if (this.context.isOver) {
      throw new PanoramaError(
        'not-running',
        'Expected a process that was not stopped, got one that was. Make another.',
      );
    }
    this.process.start();
  }

  private onActorStarted(): void {
    this.context.stack.whenClean(() => this.snapshots.resume());
    if (this.context.phase === 'started' || this.context.isOver) return;
    this.context.phase = 'started';
    for (const link of this.links) link.open();
  }

  private onActorFailed(process: Process, error: unknown): boolean {
    if (process !== this.process || !this.member.isCoordinated) return false;
    this.member.reportCrash({ process: this.id, error, isGone: false });
    return true;
  }

  /** React's strict mode stops an actor and starts the same one again: the links are closed when that is past. */
  private onActorStopping(): void {
    if (this.context.phase !== 'started') return;
    this.context.phase = 'stopping';
    this.context.host.task(() => {
      if (this.context.phase === 'stopping') this.close();
    });
  }

  /** Stops the actor, says good-bye to the peers, and parts from the links. */
  stop(): void {
    if (this.context.isOver) return;
    (this.process.actor as AnyActor | undefined)?.stop();
    this.close();
  }

  /** Parts from the links and lets the actor go on alone. */
  detach(): void {
    for (const { peer } of this.links) this.removePeer(peer.name);
    this.close();
  }

  /** Parts from the links: the actor has been stopped, or goes on alone. */
  close(): void {
    if (this.context.isOver) return;
    this.context.phase = 'stopped';
    this.snapshots.stop();
    this.member.stop('the process was stopped');
    this.face.complete();
    for (const link of this.links) link.close(true);
    this.snapshots.complete();
    this.context.trace.complete();
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
