import { PanoramaError, type GlobalSnapshot } from '../index.js';
import type { CheckpointStore } from './store.js';

/** Creates a store that lasts as long as the program: for tests, and to roll back to. */
export function createMemoryStore(): CheckpointStore {
  const snapshots = new Map<string, GlobalSnapshot>();
  return {
    save(snapshot) {
      snapshots.set(snapshot.id, structuredClone(snapshot) as GlobalSnapshot);
      return Promise.resolve();
    },
    list: () => Promise.resolve([...snapshots.keys()]),
    load(id) {
      const snapshot = snapshots.get(id);
      return snapshot === undefined ? Promise.reject(noCheckpoint(id)) : Promise.resolve(structuredClone(snapshot));
    },
    remove(id) {
      snapshots.delete(id);
      return Promise.resolve();
    },
  };
}

/** What a store rejects with that is asked for a checkpoint it has not. */
export function noCheckpoint(id: string): PanoramaError {
  return new PanoramaError(
    'invalid-argument',
    `Expected the id of a checkpoint in the store, got "${id}". \`list()\` tells what there is.`,
  );
}
