/** The snapshots of one process alone in its program: those that it takes, and those that others do. */
import type { Observable } from 'rxjs';
import type { Control, Marker } from '../channel/envelope.js';
import { endsOf } from '../channel/topology.js';
import type { ActorOptionsOfNetwork } from '../clock.js';
import { PanoramaError } from '../errors.js';
import type { GlobalSnapshot } from '../global-snapshot.js';
import { OrderedSubject } from '../ordered-subject.js';
import { beginWhenReady } from '../snapshot/begin-when-ready.js';
import type { SnapshotUnderWay } from '../snapshot/local-snapshot.js';
import { parseSnapshotOptions, type ParsedSnapshotOptions, type SnapshotOptions } from '../snapshot/options.js';
import type { Outcome } from '../snapshot/snapshot-supervisor.js';
import type { Link } from './link.js';
import type { Links } from './links.js';
import type { LinkedContext } from './linked-context.js';
import type { PeerChannels } from './peer-channels.js';
import type { OwnPart } from './rollback/checkpoint-parts.js';
import type { Member } from './rollback/member.js';
import type { Participant } from './snapshot/part.js';
import { Snapshots } from './snapshot/snapshots.js';

/** Its part in snapshots. */
export class LinkedSnapshots implements Participant {
  readonly id: string;
  private readonly completed = new OrderedSubject<GlobalSnapshot>();
  private readonly snapshots: Snapshots;
  /** What waits for an actor, or for all to be well. */
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly context: LinkedContext,
    private readonly links: Links,
    private readonly channels: PeerChannels,
    private readonly member: Member,
  ) {
    this.id = context.id;
    this.snapshots = new Snapshots(this);
  }

  get snapshots$(): Observable<GlobalSnapshot> {
    return this.completed.asObservable();
  }

  get clock(): ActorOptionsOfNetwork['clock'] {
    return this.context.clock;
  }

  now(): number {
    return this.context.now();
  }

  take(options: SnapshotOptions, isCheckpoint: boolean): Promise<GlobalSnapshot> {
    const refusal = isCheckpoint ? this.joinCheckpoint() : undefined;
    if (refusal !== undefined) return Promise.reject(refusal);
    const parsed = parseSnapshotOptions(options, new Set([this.id]));
    const { phase, process } = this.context;
    const isStarting = phase === 'created' && process.isBusy;
    if (!isStarting && phase !== 'started') return Promise.reject(this.notRunning());
    return beginWhenReady(parsed, {
      clock: this.clock,
      whenReady: (task) => this.whenReady(task),
      waitsFor: () => this.member.waitsFor,
      begin: (options) => this.begin(options, isCheckpoint),
    });
  }

  private begin(options: ParsedSnapshotOptions, isCheckpoint: boolean): Promise<GlobalSnapshot> {
    if (this.context.phase !== 'started') return Promise.reject(this.notRunning());
    return this.snapshots.begin(options, isCheckpoint, (snapshotId) => {
      this.context.trace.tellOf(() => ({ type: 'snapshot.begun', snapshotId, initiators: [this.id] }));
    });
  }

  private notRunning(): PanoramaError {
    const error = `Expected a running process, got one that is ${this.context.phase}. Call \`start()\` first.`;
    return new PanoramaError('not-running', error);
  }

  /**
   * Runs a task when the process has an actor that has started, is between two steps, and waits for nobody to come back;
   * or when it is stopped.
   */
  private whenReady(task: () => void): void {
    const { phase, process, stack } = this.context;
    if (phase === 'stopped' || (process.hasStarted && this.member.isSettled)) stack.whenClean(task);
    else this.waiting.push(task);
  }

  /** There is an actor, or nobody is waited for any more. */
  resume(): void {
    for (const task of this.waiting.splice(0)) this.whenReady(task);
  }

  /** The snapshot that a marker belongs to, if the process takes part in it. */
  join(marker: Pick<Marker, 'snapshotId' | 'ticket'>, channelId: string): SnapshotUnderWay | undefined {
    this.channels.deliverRests();
    return this.snapshots.join(marker, endsOf(channelId)[0]);
  }

  routeNotice(control: Control, from: string): void {
    this.snapshots.routeNotice(control, from);
  }

  /** A process that has recorded sends the marker before any message, on channels that are new, too. */
  sendMarkers({ outgoing, counts }: Link): void {
    for (const { id: snapshotId, ticket } of this.snapshots.underWay) {
      outgoing?.send({ type: 'marker', seq: counts.sent, snapshotId, ticket });
    }
  }

  /** A peer is gone: what was still recording cannot complete any more. */
  withdraw({ peerId, channelIds }: Link, why: string): void {
    this.snapshots.withdrawPeer(peerId, channelIds, why);
  }

  /** All that are under way are given up. */
  giveUp(why: string): void {
    this.snapshots.stop(why);
  }

  stop(): void {
    for (const task of this.waiting.splice(0)) task();
    this.giveUp('the process was stopped');
  }

  complete(): void {
    this.completed.complete();
  }

  // As a participant.

  peers(): string[] {
    return this.links.peers();
  }

  send(peer: string, control: Control): void {
    this.links.send(peer, control);
  }

  joinCheckpoint(): PanoramaError | undefined {
    return this.member.joinCheckpoint();
  }

  keepPart(snapshotId: string, part: OwnPart): void {
    this.member.parts.keep(snapshotId, part);
  }

  initiate(snapshot: SnapshotUnderWay): void {
    this.channels.deliverRests();
    this.context.process.initiate(snapshot);
  }

  stillRecording(snapshotId: string): readonly string[] {
    return this.context.process.stillRecording(snapshotId);
  }

  forget(snapshotId: string): void {
    this.context.process.forget(snapshotId);
  }

  onEnded(snapshotId: string, outcome: Outcome): void {
    const isComplete = 'snapshot' in outcome;
    this.context.trace.tellOf(() =>
      isComplete
        ? { type: 'snapshot.completed', snapshotId, ...outcome }
        : { type: 'snapshot.aborted', snapshotId, ...outcome },
    );
    if (isComplete) this.completed.next(outcome.snapshot);
  }
}
