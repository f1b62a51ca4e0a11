import type { LocalSnapshot, Recorder, SnapshotUnderWay } from '../local-snapshot.js';

/** A way to take snapshots, as processes go about it. */
export interface Algorithm {
  /** Begins a process's part in a snapshot. */
  begin(recorder: Recorder, snapshot: SnapshotUnderWay): LocalSnapshot;
}
