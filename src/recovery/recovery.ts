import type { Observable } from 'rxjs';
import type { CheckpointEvent } from '../checkpoint/index.js';
import type { Crash } from '../index.js';

/** What happens while a network is supervised. */
export type RecoveryEvent =
  | CheckpointEvent
  /** From now on, what is decided here counts. */
  | { readonly type: 'coordinator.leading' }
  /** Another one decides; this one takes its place when it is gone. */
  | { readonly type: 'coordinator.standing-by'; readonly holder: string }
  /** The store does not take the notice that the coordinator is there: before long, another one may take its place. */
  | { readonly type: 'coordinator.unrenewed'; readonly error: unknown }
  | ({ readonly type: 'crash.detected' } & Crash)
  /** Processes have been told to go back to this checkpoint: all, or in one program those that depend on what is undone. */
  | { readonly type: 'recovery.begun'; readonly epoch: number; readonly snapshotId: string }
  /** These have not come back in time: they count as gone, and all go back once more. */
  | { readonly type: 'recovery.overdue'; readonly epoch: number; readonly missing: readonly string[] }
  /** All processes go on. */
  | {
      readonly type: 'recovery.completed';
      readonly epoch: number;
      readonly snapshotId: string;
      /** Those that went back. */
      readonly processes: readonly string[];
      /** From when the crash was detected. */
      readonly tookMs: number;
    };

/** A network under supervision. */
export interface Recovery {
  /** Every checkpoint, crash and recovery. */
  readonly events$: Observable<RecoveryEvent>;
  /**
   * Resolves when it was stopped; rejects with `recovery-failed` or `checkpoint-failed` when it gave up, and with
   * `superseded` when another one coordinates.
   */
  readonly done: Promise<void>;
  /**
   * Rolls back by choice.
   *
   * @param reason Why; it is told as the error of a crash.
   */
  rollBack(reason: unknown): void;
  /**
   * Tells that the program of a process is gone, where the caller knows sooner or better than its links: at the `exit` of
   * a thread, say.
   */
  crashed(process: string, error: unknown): void;
  /** Ends the supervision; the network goes on without. Resolves when nothing is being written any more. */
  stop(): Promise<void>;
}
