import { DevalueError, stringify } from 'devalue';
import { PanoramaError } from '../errors.js';
import { SNAPSHOT_VERSION, type GlobalSnapshot, type RecordedState } from '../global-snapshot.js';
import { CHANNELS_PER_LINE, END, FORMAT, type Header } from './format.js';
import { checkDigits, createSparseLimit } from './limits.js';

type AnyGlobalSnapshot = GlobalSnapshot<Record<string, RecordedState<unknown>>>;

/**
 * Serializes a global snapshot as text for a file, with `Map`, `Set`, `Date`, `BigInt`, `undefined`, errors and cycles.
 *
 * @throws `not-recordable`, naming the path, for a value that cannot be carried.
 */
export function serializeSnapshot(snapshot: AnyGlobalSnapshot): string {
  return [...serializeSnapshotChunks(snapshot)].join('');
}

/**
 * Serializes like {@link serializeSnapshot}, a line at a time: a big snapshot needs no second copy in memory.
 *
 * @returns Lines, each with its line break, to be written one after the other.
 * @throws `not-recordable`, as it goes.
 */
export function* serializeSnapshotChunks(snapshot: AnyGlobalSnapshot): Generator<string, void, undefined> {
  const channels = Object.keys(snapshot.channels);
  const header: Header = {
    format: FORMAT,
    version: SNAPSHOT_VERSION,
    id: snapshot.id,
    initiators: snapshot.initiators,
    stats: snapshot.stats,
    processes: Object.keys(snapshot.processes).length,
    channels: channels.length,
  };
  yield `${JSON.stringify(header)}\n`;
  const line = createLineWriter();
  for (const [id, state] of Object.entries(snapshot.processes)) yield line(`processes.${id}`, [id, state]);
  for (let first = 0; first < channels.length; first += CHANNELS_PER_LINE) {
    const batch = channels.slice(first, first + CHANNELS_PER_LINE);
    yield line(
      'channels',
      batch.map((id) => [id, snapshot.channels[id]]),
    );
  }
  yield `${END}\n`;
}

/** Creates what writes the lines of one file. */
function createLineWriter(): (path: string, value: unknown) => string {
  const countSparse = createSparseLimit();
  // Devalue asks for the places in use when it meets the first hole of an array.
  const indicesOf = (array: unknown[]): string[] => {
    const indices = Object.keys(array).filter((key) => /^\d+$/.test(key));
    if (indices.length < array.length / 2) countSparse(array.length);
    return indices;
  };
  return (path, value) => {
    try {
      return `${stringify(value, { Error: reduceError, Limit: checkBigInt }, { operations: { indicesOf } })}\n`;
    } catch (error) {
      const at = error instanceof DevalueError ? error.path : '';
      throw new PanoramaError(
        'not-recordable',
        `Expected plain data at ${path}${at}, got: ${error instanceof Error ? error.message : String(error)}.`,
        { cause: error },
      );
    }
  };
}

/** A reducer that reduces nothing. */
function checkBigInt(value: unknown): void {
  if (typeof value === 'bigint') checkDigits(String(value));
}

function reduceError(value: unknown): unknown {
  if (!(value instanceof Error)) return undefined;
  const { name, message, stack } = value;
  return 'cause' in value ? { name, message, stack, cause: value.cause } : { name, message, stack };
}
