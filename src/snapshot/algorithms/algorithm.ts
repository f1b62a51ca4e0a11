import type { LocalSnapshot, Recorder, SnapshotUnderWay } from '../local-snapshot.js';

/** A kind of process; it is made of what the process room knows. */
type ProcessKind = new (spec: never) => Recorder;

/** A way to take snapshots. */
export interface Algorithm {
  /** What it is called, by those who found it, or by what it does. */
  readonly name: string;
  /** Whether it is right only where channels keep order. */
  readonly needsFifo: boolean;
  /** The kind of process that it takes, where that does more than to record and to send markers. */
  readonly Process?: ProcessKind;
  /** Begins a process's part in a snapshot. */
  begin(recorder: Recorder, snapshot: SnapshotUnderWay): LocalSnapshot;
}
