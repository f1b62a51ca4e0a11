/** Checkpoints as files, for Node. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, PanoramaError } from '../errors.js';
import { parseSnapshot } from '../file/index.js';
import { UNFINISHED } from './durable-file.js';
import { createFileRegister } from './file-register.js';
import { noCheckpoint } from './memory-store.js';
import type { CheckpointStore } from './store.js';
import { writeSnapshotFile } from './write-snapshot-file.js';

/** How the store is set up. */
export interface FileStoreOptions {
  /**
   * The folder; made when it is not there. One program at a time saves into it: a second one, its successor, is not
   * harmed by what the first still does. The register takes any number of programs, and a file system with hard links.
   */
  readonly directory: string;
}

/** `e000002-000007-snapshot-….snapshot`: epoch and number give the order, the id tells which; of epoch 0, no epoch. */
const FILE = /^(?:e(\d{6,15})-)?(\d{6,15})-([\w-]{1,100})\.snapshot$/;

/**
 * Creates a store of one file a checkpoint, as `xstate-panorama show` and `verify` read them.
 *
 * A file is written under another name, flushed to the disk, renamed, and the folder flushed: whoever sees it under its
 * name sees all of it, after a crash or a power cut too. What a crash left unfinished is removed by the next program's
 * first save.
 */
export function createFileStore({ directory }: FileStoreOptions): CheckpointStore {
  const files = async () => {
    const names = await readdir(directory).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    });
    const found = names.flatMap((name) => {
      const [, epoch = '0', number, id] = FILE.exec(name) ?? [];
      return number === undefined ? [] : [{ name, epoch: Number(epoch), number: Number(number), id: id! }];
    });
    return { names, found: found.sort((a, b) => a.epoch - b.epoch || a.number - b.number) };
  };
  const find = async (id: string) => (await files()).found.find((file) => file.id === id);
  /** Once: what is unfinished later may be what a successor is writing. */
  const clearUnfinished = async () => {
    for (const name of (await files()).names) {
      if (name.endsWith(`.snapshot${UNFINISHED}`)) await rm(join(directory, name), { force: true });
    }
  };
  let cleared: Promise<void> | undefined;
  let saving: Promise<unknown> = Promise.resolve();
  return {
    register: createFileRegister(directory),
    save(snapshot, epoch = 0) {
      const saved = saving.then(async () => {
        await (cleared ??= clearUnfinished());
        const last = Math.max(0, ...(await files()).found.map(({ number }) => number));
        const name = `${epoch > 0 ? `e${padded(epoch)}-` : ''}${padded(last + 1)}-${snapshot.id}.snapshot`;
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

const padded = (number: number) => String(number).padStart(6, '0');

/** An id that came from elsewhere must not become a path. */
function unfitId(id: string): PanoramaError {
  return new PanoramaError(
    'invalid-argument',
    `Expected a snapshot id of letters, digits, "-" and "_" to name a file by, got ${describe(id)}.`,
  );
}
