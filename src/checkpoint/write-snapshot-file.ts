import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { serializeSnapshotChunks } from '../file/index.js';
import type { GlobalSnapshot, RecordedState } from '../index.js';
import { flushDirectory, UNFINISHED, writeDurably } from './durable-file.js';

/** Writes a snapshot, a piece at a time, so that the file is whole or not there. Returns its path. */
export async function writeSnapshotFile(
  directory: string,
  name: string,
  snapshot: GlobalSnapshot<Record<string, RecordedState<unknown>>>,
): Promise<string> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, name);
  const unfinished = `${path}${UNFINISHED}`;
  await writeDurably(unfinished, serializeSnapshotChunks(snapshot));
  try {
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await flushDirectory(directory);
  return path;
}
