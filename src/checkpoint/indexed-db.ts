import { openDB, type DBSchema, type IDBPDatabase } from 'idb';

/**
 * A database of the page, opened when it is first asked for, and again after it was closed: for another tab with a newer
 * version of the page, in whose way it does not stand, or by the browser.
 *
 * @param upgrade Makes its stores.
 */
export function createDatabase<TSchema extends DBSchema>(
  name: string,
  upgrade: (created: IDBPDatabase<TSchema>) => void,
): () => Promise<IDBPDatabase<TSchema>> {
  let opening: Promise<IDBPDatabase<TSchema>> | undefined;
  return () =>
    (opening ??= openDB<TSchema>(name, 1, {
      upgrade,
      blocking(_current, _next, event) {
        (event.target as IDBDatabase).close();
        opening = undefined;
      },
      terminated() {
        opening = undefined;
      },
    }));
}
