/** What a run is made of: steps, the envelopes between them, snapshots and rollbacks. */
import type { EventObject } from 'xstate';
import type { GlobalSnapshot } from '../../global-snapshot.js';
import type { Chart } from '../chart.js';
import type { Ability, PropertyVerdict, StateView } from '../protocol.js';
import type { Scene } from '../scene.js';

/** What a channel carries, from its sending to its receipt. */
export interface Envelope {
  /** Control messages are sent by algorithms without markers. */
  readonly kind: 'message' | 'marker' | 'control';
  readonly channel: string;
  readonly from: string;
  readonly to: string;
  /** Of a message. */
  readonly seq: number | undefined;
  /** Of a message. */
  readonly event: EventObject | undefined;
  /** Of a marker or a control message. */
  readonly snapshotId: string | undefined;
  /** The step that sent it, or put it back on its channel in a rollback; undefined when that is not in the run. */
  readonly sent: Step | undefined;
  /** The index of the step before which it was first seen under way, when its sending is not in the run but that is. */
  readonly seenAt: number | undefined;
  /** The step that received it; undefined as long as it is under way. */
  received: Step | undefined;
  /** Of a message: one that was sent later on the same channel has arrived before it. */
  isOvertaken: boolean;
  /** The index of the step from which on it is not under way, without having been received: dropped by a rollback, or missed. */
  lostAt: number | undefined;
}

/** One indivisible thing that a process did: a step of its actors, or recording its state with the markers that follow. */
export interface Step {
  /** Its place among all steps of the run, in the order in which they happened. */
  readonly index: number;
  readonly process: string;
  /** Its place among the process's steps. */
  readonly local: number;
  readonly time: number;
  /** A process that is stopped by a rollback goes back in the same step. */
  kind: 'started' | 'stopped' | 'message' | 'event' | 'timer' | 'marker' | 'control' | 'record' | 'rolled-back';
  /** What came in, if that was an envelope. */
  readonly received: Envelope | undefined;
  /** What came in, if that was an event. */
  readonly event: EventObject | undefined;
  readonly sent: Envelope[];
  /** The snapshots for which the process recorded its state in this step. */
  readonly recorded: string[];
  /** The snapshot to which the process went back in this step, if it did. */
  wentBackTo: string | undefined;
  /** Whether a rollback has undone it. */
  isUndone: boolean;
  /** The state after it; undefined when it did not change. */
  state: StateView | undefined;
}

/** A snapshot as far as it is known. */
export interface SnapshotOfRun {
  readonly id: string;
  /** Its place among the snapshots of the run: chooses its colour. */
  readonly number: number;
  readonly initiators: readonly string[];
  /** By process: the step in which it recorded its state. What the process did before is in the snapshot. */
  readonly recorded: Map<string, Step>;
  status: 'under way' | 'complete' | 'aborted';
  /** The global snapshot, when complete. */
  snapshot: GlobalSnapshot | undefined;
  /** What holds in it, of what was looked for. */
  verdicts: readonly PropertyVerdict[];
  /** Why it was given up. */
  message: string | undefined;
}

/** A rollback: what the processes did since the snapshot is undone. */
export interface Rollback {
  /** Which one it is: 1 for the first. */
  readonly epoch: number;
  /** The snapshot to which the processes went back. */
  readonly snapshotId: string;
  /** By process: the step in which it went back. */
  readonly steps: ReadonlyMap<string, Step>;
}

/** The network of a run. */
export interface NetworkOfRun {
  readonly processes: readonly { readonly id: string; readonly chart?: Chart }[];
  readonly channels: readonly { readonly id: string; readonly from: string; readonly to: string }[];
  readonly abilities: readonly Ability[];
  readonly scene?: Scene | undefined;
}
