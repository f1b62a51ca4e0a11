import { expected } from '../checks.js';
import { describe, PanoramaError } from '../errors.js';
import { SNAPSHOT_VERSION, type ChannelState, type GlobalSnapshot, type RecordedState } from '../global-snapshot.js';
import { END, FORMAT, type Header } from './format.js';
import { createLineReader, linesOf, refuseDepth, type Line, type ReadLine } from './line.js';
import { checkChannel, checkCounted, checkCounters, checkHeader, checkProcess, fail } from './validate.js';

/** Half of the longest string that Node has; a line is held twice while it is read. */
const MAX_LENGTH = 2 ** 28;

/** How a file is read. */
export interface ParseSnapshotOptions {
  /** The longest text that is read, in characters (UTF-16 code units). Default: 2^28. */
  readonly maxLength?: number | undefined;
}

/** A process as read: its recorded state, and where it stands in the file. */
interface ReadProcess {
  readonly state: RecordedState;
  readonly line: number;
}

/**
 * Parses the text of a snapshot file, and trusts nothing in it.
 *
 * It says whether this *is* a snapshot; whether it is a consistent one is `verifySnapshot`'s to say.
 *
 * @param text What `serializeSnapshot` wrote.
 * @returns The global snapshot, ready for `createNetwork(config, { snapshot })`.
 * @throws `invalid-argument` for a wrong option.
 * @throws `invalid-file`, naming the line and path, for anything truncated, of a wrong type, of another version, hostile.
 */
export function parseSnapshot(text: string, { maxLength = MAX_LENGTH }: ParseSnapshotOptions = {}): GlobalSnapshot {
  if (typeof maxLength !== 'number' || !(maxLength > 0)) {
    expected('`maxLength` to be a number > 0', maxLength);
  }
  if (typeof text !== 'string') return fail(0, 'the text of a snapshot file', text);
  if (text.length > maxLength) {
    throw new PanoramaError(
      'invalid-file',
      `Expected a file of at most ${maxLength} characters, got ${text.length}. If you trust it, raise \`maxLength\`.`,
    );
  }
  const lines = linesOf(text);
  const header = checkHeader(readHeader(lines.next().value?.text ?? fail(0, 'a snapshot file', 'an empty one')));
  checkEnd(text);
  const read = createLineReader();
  const processes = readProcesses(lines, header.processes, read);
  const channels = readChannels(lines, processes, read);
  if (channels.size !== header.channels) fail(1, `${header.channels} channels`, channels.size);
  for (const id of header.initiators) if (!processes.has(id)) fail(1, 'initiators to be processes of the snapshot', id);
  for (const [id, { state, line }] of processes) checkCounters(id, state, channels, line);
  for (const id of channels.keys()) checkCounted(id, processes);
  return {
    version: SNAPSHOT_VERSION,
    id: header.id,
    initiators: header.initiators,
    processes: Object.fromEntries([...processes].map(([id, { state }]) => [id, state])),
    channels: Object.fromEntries(channels),
    stats: { ...header.stats, messages: countMessages(channels) },
  };
}

/** Looked at first: of all that can be wrong with a file, being cut off is likeliest, and says what to do. */
function checkEnd(text: string): void {
  if (/(?:^|\n)\{"end":true\}\r?\n?$/.test(text.slice(-END.length - 3))) return;
  let last: Line | undefined;
  for (const line of linesOf(text)) last = line;
  throw new PanoramaError(
    'invalid-file',
    `Expected the file to end with the line ${END}, got ${describe(last?.text)} at line ${last?.number ?? 0}: it was cut off. Use another copy of it.`,
  );
}

function readHeader(line: string): Header {
  refuseDepth(line, 1);
  let header: Partial<Header>;
  try {
    header = JSON.parse(line) as Partial<Header>;
  } catch {
    return fail(1, `a header {"format":"${FORMAT}",…}`, line);
  }
  if (header?.format !== FORMAT) return fail(1, `a header {"format":"${FORMAT}",…}`, line);
  if (header.version !== SNAPSHOT_VERSION) {
    const advice = 'Read it with the library version that wrote it.';
    expected(`a snapshot file of version ${SNAPSHOT_VERSION}`, header.version, advice, 'invalid-file');
  }
  return header as Header;
}

function readProcesses(lines: Iterator<Line, undefined>, count: number, read: ReadLine): Map<string, ReadProcess> {
  const processes = new Map<string, ReadProcess>();
  while (processes.size < count) {
    const line = lines.next().value;
    if (line === undefined || line.text === END) return fail(1, `${count} lines of processes`, processes.size);
    const [id, state] = checkProcess(read(line), line.number);
    if (processes.has(id)) fail(line.number, 'each process once', id);
    processes.set(id, { state, line: line.number });
  }
  return processes;
}

function readChannels(
  lines: Iterator<Line, undefined>,
  processes: ReadonlyMap<string, unknown>,
  read: ReadLine,
): Map<string, ChannelState> {
  const channels = new Map<string, ChannelState>();
  for (let line = lines.next().value; line !== undefined && line.text !== END; line = lines.next().value) {
    const batch = read(line);
    if (!Array.isArray(batch) || batch.length === 0) return fail(line.number, 'a line of channels', batch);
    for (const entry of batch as unknown[]) {
      const [id, state] = checkChannel(entry, processes, line.number);
      if (channels.has(id)) fail(line.number, 'each channel once', id);
      channels.set(id, state);
    }
  }
  const after = lines.next().value;
  if (after !== undefined) fail(after.number, `nothing after the line ${END}`, after.text);
  return channels;
}

/** What can be counted is not taken from the header. */
function countMessages(channels: ReadonlyMap<string, ChannelState>): number {
  let count = 0;
  for (const { messages } of channels.values()) count += messages.length;
  return count;
}
