/** The one face that networks and processes alone in their programs share: whatever takes one, takes all. */
import type { Observable } from 'rxjs';
import type { ChannelDescription } from '../channel/topology.js';
import type { Clock } from '../clock.js';
import type { AnyGlobalSnapshot, ChannelState, InputsSaved } from '../global-snapshot.js';
import type { Crash } from '../process/crash.js';
import type { ProcessHandle } from '../process/process-handle.js';
import type { SnapshotOptions } from '../snapshot/options.js';
import type { TraceEvent } from '../trace.js';

/** How a network is rolled back. */
export interface RollbackOptions<TId extends string = string> {
  /**
   * The processes that have lost what they did since the snapshot: who has received, directly or through others, something
   * that they sent since then goes back with them, and the others stay. All go back by default, when one of these is
   * not known here, and over links.
   */
  readonly crashed?: Iterable<TId> | undefined;
  /** The number of the epoch that begins with it, at the least; default: the next one. */
  readonly epoch?: number | undefined;
}

/**
 * A network, seen from one program: all of it, or what one process alone in its program knows of it. Both take global
 * snapshots of the whole.
 */
export interface NetworkHandle<TSnapshot extends AnyGlobalSnapshot = AnyGlobalSnapshot> {
  /** The processes that run here, by id. */
  readonly processes: Readonly<Record<string, ProcessHandle>>;
  /** The channels that are known here. Those of a process alone come and go with its peers. */
  readonly topology: readonly ChannelDescription[];
  /** The clock of all delays and timeouts. */
  readonly clock: Clock;
  /** The global snapshots taken here, as they complete. */
  readonly snapshots$: Observable<TSnapshot>;
  /** What happens here, event by event, as long as there is a subscriber; for inspectors, simulations and proofs. */
  readonly trace$: Observable<TraceEvent>;
  /**
   * The processes that crash. Over links, subscribing makes this process the coordinator, to which the others report. XState throws a
   * root actor's error as an uncaught one, which ends a Node program: while there is a subscriber here, it does not.
   */
  readonly crashes$: Observable<Crash>;
  /** How many rollbacks came before, as far as is known here. */
  readonly epoch: number;
  /** Whether it can be rolled back: always, but for a process whose actor something else created. */
  readonly isRecoverable: boolean;
  /**
   * Takes a consistent global snapshot.
   *
   * @returns Settles when every process has reported. Rejects with `snapshot-aborted`, naming the channels still recording,
   *   on timeout, abort or a passed limit; with `not-running` before the start and after the stop.
   * @throws `invalid-argument` for bad options.
   */
  takeSnapshot(options?: SnapshotOptions): Promise<TSnapshot>;
  /** Takes a global snapshot to which every process can go back: over links, each keeps its own part of it. */
  takeCheckpoint(options?: SnapshotOptions): Promise<TSnapshot>;
  /** The messages that wait here to be handed over, by channel id. */
  inFlight(): Readonly<Record<string, ChannelState>>;
  /**
   * Tells everybody that a checkpoint is safely down: what is older need not be kept, nor what logs of inputs hold that is
   * in all checkpoints.
   */
  checkpointSaved(snapshotId: string, inputs?: InputsSaved): void;
  /**
   * Says who sees to crashes: what is called here, whose decisions alone count from now on; another one; or nobody any more.
   * Of no account where all processes run here.
   */
  coordinatedBy(who: 'this' | 'another' | 'nobody'): void;
  /** Those that have not come back yet, to what was decided on here last; or, before that, to what is gone on from here. */
  readonly missing: readonly string[];
  /**
   * Rolls processes back to a global snapshot.
   *
   * @returns Settles when all of them go on: with the ids of those that went back.
   * @throws `does-not-fit` when the snapshot is not one of this network.
   */
  rollBack(snapshot: AnyGlobalSnapshot, options?: RollbackOptions): Promise<readonly string[]>;
  /** Stops the processes that run here; snapshots under way are given up. */
  stop(): void;
}
