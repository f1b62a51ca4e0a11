/** The part of a process in snapshots that span programs. No process knows more than its own channels. */
import type { Control, Marker, Notice } from '../../channel/envelope.js';
import { PanoramaError } from '../../errors.js';
import type { GlobalSnapshot } from '../../global-snapshot.js';
import type { SnapshotUnderWay } from '../../snapshot/local-snapshot.js';
import type { ParsedSnapshotOptions } from '../../snapshot/options.js';
import { createSnapshotId } from '../../snapshot/snapshot-supervisor.js';
import type { Part, Participant } from './part.js';
import { RemotePart } from './remote-part.js';
import { SupervisedPart } from './supervised-part.js';

/** Ids of ended snapshots that are remembered, so that a late marker does not begin them anew. */
const ENDED_IDS = 4096;
/** All snapshots in which a process takes part at the moment. */
export class Snapshots {
  private readonly parts = new Map<string, Part>();
  private readonly endedIds = new Set<string>();

  constructor(private readonly participant: Participant) {}

  /** The process records spontaneously, and supervises. */
  begin(
    options: ParsedSnapshotOptions,
    isCheckpoint: boolean,
    onBegin: (snapshotId: string) => void,
  ): Promise<GlobalSnapshot> {
    const id = createSnapshotId();
    const part = new SupervisedPart(id, options, isCheckpoint, this.participant, (outcome) => {
      this.end(id);
      this.participant.onEnded(id, outcome);
    });
    this.parts.set(id, part);
    onBegin(id);
    this.participant.initiate(part);
    return part.supervisor.result;
  }

  /**
   * The snapshot that a marker belongs to, in which the process takes part from the first one on until it has reported
   * or given up. A marker after that is of a channel that came later, or of a snapshot that is about to end.
   */
  join({ snapshotId, ticket }: Pick<Marker, 'snapshotId' | 'ticket'>, fromPeer: string): SnapshotUnderWay | undefined {
    const known = this.parts.get(snapshotId);
    if (known !== undefined) return known.isReported ? undefined : known;
    if (ticket === undefined || this.endedIds.has(snapshotId)) return undefined;
    const part = new RemotePart(snapshotId, ticket, this.participant, fromPeer, () => this.forget(snapshotId));
    this.parts.set(snapshotId, part);
    const refusal = ticket.isCheckpoint ? this.participant.joinCheckpoint() : undefined;
    if (refusal === undefined) return part;
    part.abort(refusal);
    return undefined;
  }

  /** A notice has come in. */
  routeNotice({ snapshotId, notice }: Control, fromPeer: string): void {
    const part = this.parts.get(snapshotId);
    if (part === undefined) return;
    if (notice.kind !== 'ended') part.receiveNotice(notice, fromPeer);
    else if (part instanceof RemotePart) this.end(snapshotId, fromPeer); // the supervisor knows when it has ended
  }

  /** Snapshots that have been recorded here and have not ended: a channel that is joined now must carry their markers. */
  get underWay(): readonly SnapshotUnderWay[] {
    return [...this.parts.values()];
  }

  /** A peer has gone, and its channels: what was still recording cannot complete any more. */
  withdrawPeer(peer: string, channels: readonly string[], why: string): void {
    const message = `${why} (${channels.join(', ')})`;
    for (const part of [...this.parts.values()]) {
      if (part instanceof RemotePart) part.leaveParent(peer);
      if (part.isReported) part.notePartingOf(peer, channels, message);
      else part.abort(new PanoramaError('snapshot-aborted', message, { channels }));
    }
  }

  /** Gives up all that this process supervises, and forgets the rest. */
  stop(why: string): void {
    for (const part of [...this.parts.values()]) if (part instanceof SupervisedPart) part.abort(why);
    for (const id of [...this.parts.keys()]) this.forget(id);
  }

  /** Forgets, and tells everybody else, once. */
  private end(snapshotId: string, toldBy?: string): void {
    if (!this.forget(snapshotId)) return;
    const notice: Notice = { kind: 'ended', process: this.participant.id };
    for (const peer of this.participant.peers()) {
      if (peer !== toldBy) this.participant.send(peer, { type: 'control', snapshotId, notice });
    }
  }

  /** @returns Whether the process took part in it. */
  private forget(snapshotId: string): boolean {
    const part = this.parts.get(snapshotId);
    if (part === undefined) return false;
    this.parts.delete(snapshotId);
    this.endedIds.add(snapshotId);
    if (this.endedIds.size > ENDED_IDS)
      for (const oldest of [...this.endedIds].slice(0, 1)) this.endedIds.delete(oldest);
    part.close();
    this.participant.forget(snapshotId);
    return true;
  }
}
