/** Checkpoints as files, for Node. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, PanoramaError } from '../errors.js';
import { parseSnapshot } from '../file/index.js';
import { noCheckpoint } from './memory-store.js';
import type { CheckpointStore } from './store.js';
import { UNFINISHED, writeSnapshotFile } from './write-snapshot-file.js';

/** How the store is set up. */
export interface FileStoreOptions {
  /** The folder; made when it is not there. One program at a time writes into it. */
  readonly directory: string;
}

/** `000007-snapshot-….snapshot`: the number gives the order, the id tells which. */
const FILE = /^(\d{6,15})-([\w-]{1,100})\.snapshot$/;

/**
 * Creates a store of one file a checkpoint, as `xstate-panorama show` and `verify` read them.
 *
 * A file is written under another name, flushed to the disk, renamed, and the folder flushed: whoever sees it under its
 * name sees all of it, after a crash or a power cut too. What a crash left unfinished is removed by the next save.
 */
export function createFileStore({ directory }: FileStoreOptions): CheckpointStore {
  const files = async () => {
    const names = await readdir(directory).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    });
    const found = names.flatMap((name) => {
      const [, number, id] = FILE.exec(name) ?? [];
      return number === undefined ? [] : [{ name, number: Number(number), id: id! }];
    });
    return { names, found: found.sort((a, b) => a.number - b.number) };
  };
  const find = async (id: string) => (await files()).found.find((file) => file.id === id);
  let saving: Promise<unknown> = Promise.resolve();
  return {
    save(snapshot) {
      const saved = saving.then(async () => {
        const { names, found } = await files();
        for (const name of names) if (name.endsWith(UNFINISHED)) await rm(join(directory, name), { force: true });
        const name = `${String((found.at(-1)?.number ?? 0) + 1).padStart(6, '0')}-${snapshot.id}.snapshot`;
        if (!FILE.test(name)) throw unfitId(snapshot.id);
        await writeSnapshotFile(directory, name, snapshot);
      });
      saving = saved.catch(() => undefined); // one after the other, whatever became of the one before
      return saved;
    },
    list: async () => (await files()).found.map(({ id }) => id),
    async load(id) {
      const file = await find(id);
      if (file === undefined) throw noCheckpoint(id);
      return parseSnapshot(await readFile(join(directory, file.name), 'utf8'));
    },
    async remove(id) {
      const file = await find(id);
      if (file !== undefined) await rm(join(directory, file.name), { force: true });
    },
  };
}

/** An id that came from elsewhere must not become a path. */
function unfitId(id: string): PanoramaError {
  return new PanoramaError(
    'invalid-argument',
    `Expected a snapshot id of letters, digits, "-" and "_" to name a file by, got ${describe(id)}.`,
  );
}
