import { verifySnapshot, type GlobalSnapshot, type RecordedState } from '../index.js';
import type { Register } from './register.js';

type AnyGlobalSnapshot = GlobalSnapshot<Record<string, RecordedState<unknown>>>;

/**
 * Where checkpoints are kept. Every implementation passes `checkpointStoreContract` of `xstate-panorama/testing/contracts`:
 * what is listed is whole; what was saved is read back equal, by the next one to open the store. A save that was cut off leaves
 * nothing that looks like a checkpoint.
 */
export interface CheckpointStore {
  /** What the coordinator decided last; `supervise` needs it, `checkpoint` does not. */
  readonly register: Register;
  /**
   * Puts a snapshot down; when it resolves, it is safe.
   *
   * @param epoch The epoch in which it was taken; default 0.
   * @throws When it is not safe: the store is full, say.
   */
  save(snapshot: AnyGlobalSnapshot, epoch?: number): Promise<void>;
  /**
   * Ids of the snapshots that are safely down, oldest first: by their epochs, then as they were saved. What a superseded
   * coordinator saves late is older than all that was saved in a later epoch.
   */
  list(): Promise<readonly string[]>;
  /** Reads one back. @throws `invalid-argument` when there is none of this id; `invalid-file` when it is damaged. */
  load(id: string): Promise<GlobalSnapshot>;
  /** Removes one; no effect when there is none of this id. */
  remove(id: string): Promise<void>;
}

/** The newest checkpoint that can be gone on from. */
export interface LatestCheckpoint {
  /** Undefined when the store has none. */
  readonly snapshot: GlobalSnapshot | undefined;
  /** Newer ones that could not be read or are not consistent, newest first. */
  readonly damaged: readonly { readonly id: string; readonly error: unknown }[];
}

/**
 * Loads the newest checkpoint that is whole and consistent, and tells which newer ones are not.
 *
 * @throws What the store throws when it cannot be read at all.
 */
export async function loadLatestCheckpoint(store: Pick<CheckpointStore, 'list' | 'load'>): Promise<LatestCheckpoint> {
  const damaged: { id: string; error: unknown }[] = [];
  for (const id of [...(await store.list())].reverse()) {
    try {
      const snapshot = await store.load(id);
      const verdict = verifySnapshot(snapshot);
      if (verdict.consistent) return { snapshot, damaged };
      damaged.push({ id, error: new Error(verdict.violations.map(({ message }) => message).join(' ')) });
    } catch (error) {
      damaged.push({ id, error });
    }
  }
  return { snapshot: undefined, damaged };
}
