/** Events from outside in a browser's IndexedDB. */
import { openDB, type DBSchema, type IDBPDatabase, type IDBPObjectStore } from 'idb';
import type { EventObject } from 'xstate';
import { superseded, type InputStore } from './input-store.js';

/** How the store is set up. */
export interface IndexedDbInputStoreOptions {
  /** The database's name; default `xstate-panorama-inputs`. Another name, another store: one for each process. */
  readonly name?: string | undefined;
}

interface Schema extends DBSchema {
  inputs: { key: number; value: EventObject };
  /** The number of the store object that the log is of, by {@link WRITER}. */
  writer: { key: number; value: number };
}

type Stores = ['inputs', 'writer'];
type Inputs<TMode extends IDBTransactionMode> = IDBPObjectStore<Schema, Stores, 'inputs', TMode>;

const WRITER = 1;

/**
 * Creates a store in the page's own IndexedDB; each event is written in a transaction that the browser is asked to flush, and
 * that looks first whether the log is still its own.
 */
export function createIndexedDbInputStore({
  name = 'xstate-panorama-inputs',
}: IndexedDbInputStoreOptions = {}): InputStore {
  let opening: Promise<IDBPDatabase<Schema>> | undefined;
  const database = () =>
    (opening ??= openDB<Schema>(name, 2, {
      upgrade(opened, before) {
        if (before < 1) opened.createObjectStore('inputs', { autoIncrement: true });
        opened.createObjectStore('writer');
      },
      blocking(_current, _next, event) {
        (event.target as IDBDatabase).close();
        opening = undefined;
      },
      terminated() {
        opening = undefined;
      },
    }));
  let taken: Promise<number> | undefined;
  /** Acts in one transaction, if no other store object has taken the log over. */
  const act = async <TMode extends 'readonly' | 'readwrite', T>(
    mode: TMode,
    work: (inputs: Inputs<TMode>) => Promise<T>,
  ): Promise<T> => {
    const own = await (taken ??= database().then(takeOver));
    const transaction = (await database()).transaction(['inputs', 'writer'], mode, { durability: 'strict' });
    const isOwn = (await transaction.objectStore('writer').get(WRITER)) === own;
    const [result] = await Promise.all([isOwn ? work(transaction.objectStore('inputs')) : undefined, transaction.done]);
    if (!isOwn) throw superseded(name);
    return result!;
  };
  return {
    append(given) {
      const event = structuredClone(given); // now: the caller may go on changing it
      return act('readwrite', (inputs) => inputs.add(event));
    },
    readAfter(seq, limit) {
      const range = IDBKeyRange.lowerBound(seq, true);
      return act('readonly', async (inputs) => {
        const [keys, events] = await Promise.all([inputs.getAllKeys(range, limit), inputs.getAll(range, limit)]);
        return events.map((event, index) => ({ seq: keys[index]!, event }));
      });
    },
    trim: (upTo) => act('readwrite', (inputs) => inputs.delete(IDBKeyRange.upperBound(upTo))),
  };
}

/** Makes the log this store object's own: it gets a number that is higher than any before. */
async function takeOver(database: IDBPDatabase<Schema>): Promise<number> {
  const writing = database.transaction('writer', 'readwrite', { durability: 'strict' });
  const number = ((await writing.store.get(WRITER)) ?? 0) + 1;
  await Promise.all([writing.store.put(number, WRITER), writing.done]);
  return number;
}
