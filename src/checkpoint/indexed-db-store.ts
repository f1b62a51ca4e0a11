/** Checkpoints in a browser's IndexedDB. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { PanoramaError, SNAPSHOT_VERSION, type GlobalSnapshot } from '../index.js';
import { noCheckpoint } from './memory-store.js';
import type { CheckpointStore } from './store.js';

/** How the store is set up. */
export interface IndexedDbStoreOptions {
  /** The database's name; default `xstate-panorama`. Another name, another store. */
  readonly name?: string | undefined;
}

interface Schema extends DBSchema {
  checkpoints: { key: number; value: { id: string; snapshot: unknown }; indexes: { id: string } };
}

/**
 * Creates a store in the page's own IndexedDB; each checkpoint is written in one transaction, which the browser is asked
 * to flush to the disk before it says so.
 */
export function createIndexedDbStore({ name = 'xstate-panorama' }: IndexedDbStoreOptions = {}): CheckpointStore {
  let opening: Promise<IDBPDatabase<Schema>> | undefined;
  const database = () =>
    (opening ??= openDB<Schema>(name, 1, {
      upgrade(created) {
        created.createObjectStore('checkpoints', { autoIncrement: true }).createIndex('id', 'id', { unique: true });
      },
      blocking(_current, _next, event) {
        // Another tab has a newer version of the page: do not stand in its way.
        (event.target as IDBDatabase).close();
        opening = undefined;
      },
      terminated() {
        opening = undefined;
      },
    }));
  return {
    async save(snapshot) {
      const writing = (await database()).transaction('checkpoints', 'readwrite', { durability: 'strict' });
      await Promise.all([writing.store.add({ id: snapshot.id, snapshot }), writing.done]);
    },
    async list() {
      const reading = (await database()).transaction('checkpoints');
      const ids: string[] = [];
      for await (const { value } of reading.store) ids.push(value.id);
      return ids;
    },
    async load(id) {
      const found = await (await database()).getFromIndex('checkpoints', 'id', id);
      if (found === undefined) throw noCheckpoint(id);
      return checked(id, found.snapshot);
    },
    async remove(id) {
      const writing = (await database()).transaction('checkpoints', 'readwrite');
      const key = await writing.store.index('id').getKey(id);
      if (key !== undefined) await writing.store.delete(key);
      await writing.done;
    },
  };
}

/** Another version of the page may have written it. */
function checked(id: string, snapshot: unknown): GlobalSnapshot {
  const { version } = (snapshot ?? {}) as { version?: unknown };
  if (version === SNAPSHOT_VERSION) return snapshot as GlobalSnapshot;
  throw new PanoramaError(
    'invalid-file',
    `Expected checkpoint "${id}" to be a snapshot of version ${SNAPSHOT_VERSION}, got version ${String(version)}.`,
  );
}
