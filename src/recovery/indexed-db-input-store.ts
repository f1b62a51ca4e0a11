/** Events from outside in a browser's IndexedDB. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { EventObject } from 'xstate';
import type { InputStore } from './input-store.js';

/** How the store is set up. */
export interface IndexedDbInputStoreOptions {
  /** The database's name; default `xstate-panorama-inputs`. Another name, another store: one for each process. */
  readonly name?: string | undefined;
}

interface Schema extends DBSchema {
  inputs: { key: number; value: EventObject };
}

/** Creates a store in the page's own IndexedDB; each event is written in a transaction that the browser is asked to flush. */
export function createIndexedDbInputStore({
  name = 'xstate-panorama-inputs',
}: IndexedDbInputStoreOptions = {}): InputStore {
  let opening: Promise<IDBPDatabase<Schema>> | undefined;
  const database = () =>
    (opening ??= openDB<Schema>(name, 1, {
      upgrade: (created) => void created.createObjectStore('inputs', { autoIncrement: true }),
      blocking(_current, _next, event) {
        (event.target as IDBDatabase).close();
        opening = undefined;
      },
      terminated() {
        opening = undefined;
      },
    }));
  return {
    async append(given) {
      const event = structuredClone(given); // now: the caller may go on changing it
      const writing = (await database()).transaction('inputs', 'readwrite', { durability: 'strict' });
      const [seq] = await Promise.all([writing.store.add(event), writing.done]);
      return seq;
    },
    async readAfter(seq, limit) {
      const reading = (await database()).transaction('inputs');
      const range = IDBKeyRange.lowerBound(seq, true);
      const [keys, events] = await Promise.all([
        reading.store.getAllKeys(range, limit),
        reading.store.getAll(range, limit),
      ]);
      return events.map((event, index) => ({ seq: keys[index]!, event }));
    },
    async trim(upTo) {
      await (await database()).delete('inputs', IDBKeyRange.upperBound(upTo));
    },
  };
}
