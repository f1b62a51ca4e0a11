import { link, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expected } from '../checks.js';
import { createLineReader, createLineWriter } from '../file/line.js';
import { flushDirectory, UNFINISHED, writeDurably } from './durable-file.js';
import type { Register } from './register.js';

/** `register.7`: version 7; `register.7.….part`: what may become it. */
const FILE = /^register\.(\d{1,15})(\..+)?$/;

interface RegisterFile {
  readonly name: string;
  readonly version: number;
  readonly isWhole: boolean;
}

/**
 * Creates a register of one file a version. A version is written and flushed under another name, and then linked to its own,
 * which only one can do: whoever sees a version sees all of it.
 *
 * @param directory The folder; made when it is not there. Its file system has hard links.
 */
export function createFileRegister(directory: string): Register {
  const files = () => registerFiles(directory);
  return {
    async read() {
      for (;;) {
        const version = newest(await files());
        if (version === 0) return undefined;
        const text = await readFile(join(directory, `register.${version}`), 'utf8').catch(unlessMissing);
        // Missing: a newer one has replaced it meanwhile.
        if (text !== undefined) return { version, value: parseValue(join(directory, `register.${version}`), text) };
      }
    },
    async replace(version, value) {
      const text = createLineWriter()('register', value);
      await mkdir(directory, { recursive: true });
      const path = join(directory, `register.${version + 1}`);
      const unfinished = `${path}.${crypto.randomUUID()}${UNFINISHED}`;
      await writeDurably(unfinished, [text]);
      try {
        if (newest(await files()) !== version || !(await linkNew(unfinished, path))) return false;
        await flushDirectory(directory);
      } finally {
        await rm(unfinished, { force: true });
      }
      // What cannot be removed now takes up some room until the next time.
      await clearOlder(directory, version + 1).catch(() => undefined);
      return true;
    },
  };
}

/**
 * Removes what is older than a version, and what can never become one: that first. So whoever looked at a version, was
 * stopped, and wakes when the next one's name is free again, finds nothing to give it to.
 */
async function clearOlder(directory: string, version: number): Promise<void> {
  const found = await registerFiles(directory);
  const older = found.filter((file) => file.version < version || (file.version === version && !file.isWhole));
  for (const { name } of older.sort((a, b) => Number(a.isWhole) - Number(b.isWhole))) {
    await rm(join(directory, name), { force: true });
  }
}

async function registerFiles(directory: string): Promise<readonly RegisterFile[]> {
  const names = (await readdir(directory).catch(unlessMissing)) ?? [];
  const files = names.flatMap((name) => {
    const [, version, rest] = FILE.exec(name) ?? [];
    return version === undefined ? [] : [{ name, version: Number(version), isWhole: rest === undefined }];
  });
  return files.sort((a, b) => a.version - b.version);
}

const newest = (files: readonly RegisterFile[]) => files.findLast(({ isWhole }) => isWhole)?.version ?? 0;

/** Gives a file a second name; false when there is one of that name, or who made one has cleared the file away. */
async function linkNew(path: string, name: string): Promise<boolean> {
  try {
    await link(path, name);
    return true;
  } catch (error) {
    if (['EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code!)) return false;
    throw error;
  }
}

function unlessMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
}

function parseValue(path: string, text: string): unknown {
  try {
    return createLineReader()({ number: 1, text: text.trimEnd() });
  } catch {
    return expected(
      `a register as it was written in ${path}`,
      text,
      'It says what was decided last. Put a copy of it there; or stop all programs, and remove it to begin anew.',
      'invalid-file',
    );
  }
}
