import { PanoramaError, type GlobalSnapshot } from '../index.js';
import type { Register } from './register.js';
import type { CheckpointStore } from './store.js';

/** Creates a store that lasts as long as the program: for tests, and to roll back to. */
export function createMemoryStore(): CheckpointStore {
  const saved = new Map<string, { readonly epoch: number; readonly snapshot: GlobalSnapshot }>();
  return {
    register: createMemoryRegister(),
    save(snapshot, epoch = 0) {
      saved.set(snapshot.id, { epoch, snapshot: structuredClone(snapshot) as GlobalSnapshot });
      return Promise.resolve();
    },
    list: () => Promise.resolve([...saved].sort(([, a], [, b]) => a.epoch - b.epoch).map(([id]) => id)),
    load(id) {
      const found = saved.get(id);
      return found === undefined ? Promise.reject(noCheckpoint(id)) : Promise.resolve(structuredClone(found.snapshot));
    },
    remove(id) {
      saved.delete(id);
      return Promise.resolve();
    },
  };
}

function createMemoryRegister(): Register {
  let newest: { readonly version: number; readonly value: unknown } | undefined;
  return {
    read: () => Promise.resolve(structuredClone(newest)),
    replace(version, value) {
      const isNewest = version === (newest?.version ?? 0);
      if (isNewest) newest = { version: version + 1, value: structuredClone(value) };
      return Promise.resolve(isNewest);
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
