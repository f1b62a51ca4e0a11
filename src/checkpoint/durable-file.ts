/** Files that are wholly there, after a crash or a power cut too. */
import { constants } from 'node:fs';
import { open, rm } from 'node:fs/promises';

/** How the name of a file ends that is not whole yet. */
export const UNFINISHED = '.part';

/** Characters that are written at once. While the application is busy, each write takes a turn of the event loop. */
const PIECE = 65_536;

/** Writes a file and flushes it. When that fails, the file is not there. */
export async function writeDurably(path: string, chunks: Iterable<string>): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const piece of inPieces(chunks)) await file.writeFile(piece);
    await file.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
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

/** New names are safe when the folder is flushed; some systems cannot flush one, and need not. */
export async function flushDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY).catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
