import type { Observable } from 'rxjs';
import type { Snapshottable } from '../checkpoint/index.js';
import type { Crash, GlobalSnapshot } from '../index.js';

/** What can be supervised: a network, or the coordinator's process of one that is spread over programs. */
export interface Recoverable extends Snapshottable {
  readonly crashes$: Observable<Crash>;
  /** How often it was rolled back; goes up as {@link Recoverable.rollBack} is called. */
  readonly epoch: number;
  /** Whether it can be rolled back at all; default true. */
  readonly isRecoverable?: boolean;
  /** Takes a snapshot to which everybody can go back, where that takes more than a snapshot. */
  takeCheckpoint?: Snapshottable['takeSnapshot'];
  /** Rolls everything back; settles when all processes go on from the snapshot. */
  rollBack(snapshot: GlobalSnapshot): Promise<void>;
}
