import { readFileSync, statSync } from 'node:fs';
import { writeSnapshotFile } from '../checkpoint/write-snapshot-file.js';
import { parseSnapshot } from '../file/index.js';
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

/** Writes a snapshot; a file that has its final name is complete. Returns the name. */
export function writeSnapshot(directory: string, number: number, snapshot: GlobalSnapshot): Promise<string> {
  return writeSnapshotFile(directory, `${String(number).padStart(6, '0')}-${snapshot.id}.snapshot`, snapshot);
}
