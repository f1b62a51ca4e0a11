import { constants } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { serializeSnapshotChunks } from '../file/index.js';
import type { GlobalSnapshot, RecordedState } from '../index.js';

/** How the name of a file ends that is not whole yet. */
export const UNFINISHED = '.part';

/** Characters that are written at once. While the application is busy, each write takes a turn of the event loop. */
const PIECE = 65_536;

/** Writes a snapshot, a piece at a time, so that the file is whole or not there. Returns its path. */
export async function writeSnapshotFile(
  directory: string,
  name: string,
  snapshot: GlobalSnapshot<Record<string, RecordedState<unknown>>>,
): Promise<string> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, name);
  const unfinished = `${path}${UNFINISHED}`;
  const file = await open(unfinished, 'w');
  try {
    for (const piece of inPieces(serializeSnapshotChunks(snapshot))) await file.writeFile(piece);
    await file.sync();
  } catch (error) {
    await file.close();
    await rm(unfinished, { force: true });
    throw error;
  }
  await file.close();
  await rename(unfinished, path);
  await flushDirectory(directory);
  return path;
}

function* inPieces(chunks: Iterable<string>): Generator<string, void, undefined> {
  let piece = '';
  for (const chunk of chunks) {
    piece += chunk;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

/** A rename is safe when the folder is; some systems cannot flush one, and need not. */
async function flushDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY).catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
