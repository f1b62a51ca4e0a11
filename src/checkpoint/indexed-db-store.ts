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
  /** Without an epoch, when an earlier version of the page wrote it. */
  checkpoints: { key: number; value: { id: string; epoch?: number; snapshot: unknown }; indexes: { id: string } };
  /** The newest value, by {@link REGISTER}. */
  register: { key: number; value: { version: number; value: unknown } };
}

const REGISTER = 1;

/**
 * Creates a store in the page's own IndexedDB; each checkpoint is written in one transaction, which the browser is asked
 * to flush to the disk before it says so.
 */
export function createIndexedDbStore({ name = 'xstate-panorama' }: IndexedDbStoreOptions = {}): CheckpointStore {
  let opening: Promise<IDBPDatabase<Schema>> | undefined;
  const database = () =>
    (opening ??= openDB<Schema>(name, 2, {
      upgrade(opened, before) {
        if (before < 1) {
          opened.createObjectStore('checkpoints', { autoIncrement: true }).createIndex('id', 'id', { unique: true });
        }
        opened.createObjectStore('register');
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
    register: {
      read: async () => (await database()).get('register', REGISTER),
      async replace(version, value) {
        const writing = (await database()).transaction('register', 'readwrite', { durability: 'strict' });
        const isNewest = ((await writing.store.get(REGISTER))?.version ?? 0) === version;
        if (isNewest) await writing.store.put({ version: version + 1, value }, REGISTER);
        await writing.done;
        return isNewest;
      },
    },
    async save(snapshot, epoch = 0) {
      const writing = (await database()).transaction('checkpoints', 'readwrite', { durability: 'strict' });
      await Promise.all([writing.store.add({ id: snapshot.id, epoch, snapshot }), writing.done]);
    },
    async list() {
      const reading = (await database()).transaction('checkpoints');
      const found: { id: string; epoch: number }[] = [];
      for await (const { value } of reading.store) found.push({ id: value.id, epoch: value.epoch ?? 0 });
      return found.sort((a, b) => a.epoch - b.epoch).map(({ id }) => id);
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
