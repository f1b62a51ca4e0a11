import type { LocalSnapshot, Recorder, SnapshotUnderWay } from '../local-snapshot.js';

/** A way to take snapshots. */
export interface Algorithm {
  /** What it is called, by those who found it, or by what it does. */
  readonly name: string;
  /** Whether it is right only where channels keep order. */
  readonly needsFifo: boolean;
  /** Begins a process's part in a snapshot. */
  begin(recorder: Recorder, snapshot: SnapshotUnderWay): LocalSnapshot;
}
