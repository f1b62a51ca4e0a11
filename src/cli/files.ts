import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { parseSnapshot, serializeSnapshotChunks } from '../file/index.js';
import { PanoramaError, type GlobalSnapshot } from '../index.js';
import { UsageError } from './usage-error.js';

/** A string cannot be longer than this in Node. */
const MAX_FILE_BYTES = 500 * 2 ** 20;

/** Reads a snapshot file; what is wrong with it is said with its name. */
export function readSnapshot(file: string): GlobalSnapshot {
  try {
    const { size } = statSync(file);
    if (size > MAX_FILE_BYTES) {
      throw new UsageError(`Expected "${file}" to have at most ${MAX_FILE_BYTES} bytes, got ${size}.`);
    }
    return parseSnapshot(readFileSync(file, 'utf8'), { maxLength: MAX_FILE_BYTES });
  } catch (error) {
    if (error instanceof PanoramaError)
      throw new PanoramaError(error.code, `${file}: ${error.message}`, { cause: error });
    if (error instanceof UsageError) throw error;
    throw new UsageError(`Expected a readable snapshot file, got "${file}": ${(error as Error).message}`);
  }
}

/** Writes a snapshot, a line at a time; whoever sees the file under its name sees all of it. Returns the name. */
export function writeSnapshot(directory: string, number: number, snapshot: GlobalSnapshot): string {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${String(number).padStart(4, '0')}-${snapshot.id}.snapshot`);
  const handle = openSync(`${file}.part`, 'w');
  try {
    for (const chunk of serializeSnapshotChunks(snapshot)) writeAll(handle, chunk);
    fsyncSync(handle);
  } catch (error) {
    rmSync(`${file}.part`, { force: true });
    throw error;
  } finally {
    closeSync(handle);
  }
  renameSync(`${file}.part`, file);
  return file;
}

/** One write may take a part only. */
function writeAll(handle: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length;) done += writeSync(handle, bytes, done);
}
