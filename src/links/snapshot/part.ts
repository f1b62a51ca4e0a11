import type { Notice } from '../../channel/envelope.js';
import type { ActorOptionsOfNetwork } from '../../clock.js';
import type { PanoramaError } from '../../errors.js';
import type { SnapshotUnderWay } from '../../snapshot/local-snapshot.js';
import type { Outcome } from '../../snapshot/snapshot-supervisor.js';
import type { ReachablePeers } from '../peers.js';
import type { OwnPart } from '../rollback/checkpoint-parts.js';

/** What a process does for one snapshot. */
export interface Part extends SnapshotUnderWay {
  readonly isReported: boolean;
  receiveNotice(notice: Notice, fromPeer: string): void;
  /** A peer has gone after this process has reported. */
  notePartingOf(peer: string, channels: readonly string[], message: string): void;
  close(): void;
}

/** The process that takes part. */
export interface Participant extends ReachablePeers {
  readonly id: string;
  readonly clock: ActorOptionsOfNetwork['clock'];
  /** The time in milliseconds, of whatever clock. */
  now(): number;
  stillRecording(snapshotId: string): readonly string[];
  initiate(snapshot: SnapshotUnderWay): void;
  forget(snapshotId: string): void;
  onEnded(snapshotId: string, outcome: Outcome): void;
  /** Joins a checkpoint; or says why it cannot. */
  joinCheckpoint(): PanoramaError | undefined;
  /** Keeps its own part of a checkpoint. */
  keepPart(snapshotId: string, part: OwnPart): void;
}
