import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { flushDirectory } from '../checkpoint/durable-file.js';

/** The files of one log. A name is what follows the log's own path. */
export interface SegmentFiles {
  /** The log's path, for messages. */
  readonly path: string;
  /** The names of all that begin with the log's path. */
  list(): Promise<readonly string[]>;
  /** Whether there is one. */
  has(name: string): Promise<boolean>;
  /** Reads one, and flushes what was read: who wrote it may not have come to that. Undefined when there is none. */
  read(name: string): Promise<string | undefined>;
  /** Makes an empty one; rejects when there is one. */
  create(name: string): Promise<void>;
  /**
   * Cuts one off at so many bytes, writes on from there, and flushes it.
   *
   * @returns Whether there is one; it is made for what is written at 0.
   */
  write(name: string, at: number, data: Uint8Array): Promise<boolean>;
  /** Removes one, if there is one. */
  remove(name: string): Promise<void>;
  /** Flushes the folder: names made and removed are so for good. */
  flush(): Promise<void>;
}

/** The files on the disk. */
export function createSegmentFiles(path: string): SegmentFiles {
  const directory = dirname(path);
  const start = basename(path);
  return {
    path,
    async list() {
      await mkdir(directory, { recursive: true });
      const names = await readdir(directory);
      return names.filter((name) => name.startsWith(start)).map((name) => name.slice(start.length));
    },
    has: async (name) => (await unlessMissing(stat(path + name))) !== undefined,
    async read(name) {
      const file = await unlessMissing(open(path + name, 'r+'));
      if (file === undefined) return undefined;
      try {
        const text = await file.readFile('utf8');
        await file.sync();
        return text;
      } finally {
        await file.close();
      }
    },
    async create(name) {
      await (await open(path + name, 'wx')).close();
    },
    async write(name, at, data) {
      const file = await (at === 0 ? open(path + name, 'w') : unlessMissing(open(path + name, 'r+')));
      if (file === undefined) return false;
      try {
        await file.truncate(at);
        // A disk that is nearly full takes a part, and says so by the count alone.
        for (let done = 0; done < data.length;) {
          done += (await file.write(data, done, data.length - done, at + done)).bytesWritten;
        }
        await file.sync();
      } finally {
        await file.close();
      }
      return true;
    },
    remove: (name) => rm(path + name, { force: true }),
    flush: () => flushDirectory(directory),
  };
}

async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
