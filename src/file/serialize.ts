import { SNAPSHOT_VERSION, type GlobalSnapshot, type RecordedState } from '../global-snapshot.js';
import { CHANNELS_PER_LINE, END, FORMAT, type Header } from './format.js';
import { createLineWriter } from './line.js';

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
