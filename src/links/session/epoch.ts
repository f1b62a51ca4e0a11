/** Between two rollbacks lies an epoch. Envelopes pass only between processes that are in the same one. */

/** Names an epoch, and what it began with. */
export interface Epoch {
  /** How many rollbacks came before it. */
  readonly number: number;
  /** Tells decisions apart that were made without knowing of each other: by a coordinator, and by its next life. */
  readonly decision: string;
  /** The checkpoint that everybody goes back to; empty in the first epoch. */
  readonly snapshotId: string;
}

/** The epoch of processes that were never rolled back. */
export const FIRST_EPOCH: Epoch = { number: 0, decision: '', snapshotId: '' };

/** Which epoch supersedes which: positive when `a` does. A total order, the same for everybody. */
export function compareEpochs(a: Epoch, b: Epoch): number {
  if (a.number !== b.number) return a.number - b.number;
  return a.decision === b.decision ? 0 : a.decision > b.decision ? 1 : -1;
}
