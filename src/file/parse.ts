import { parse } from 'devalue';
import { describe, PanoramaError } from '../errors.js';
import { SNAPSHOT_VERSION, type ChannelState, type GlobalSnapshot, type RecordedState } from '../global-snapshot.js';
import { END, FORMAT, type Header } from './format.js';
import { checkChannel, checkHeader, checkProcess, fail } from './validate.js';

/** The format is flat: nothing that it writes is nested deeper. A file of brackets alone is refused before it is read. */
const MAX_DEPTH = 8;

/**
 * Parses the text of a snapshot file, and trusts nothing in it.
 *
 * It says whether this *is* a snapshot; whether it is a consistent one is `verifySnapshot`'s to say.
 *
 * @param text What `serializeSnapshot` wrote.
 * @returns The global snapshot, ready for `createNetwork(config, { snapshot })`.
 * @throws `invalid-file`, naming the line and path, for anything truncated, of a wrong type, of another version, hostile.
 */
export function parseSnapshot(text: string): GlobalSnapshot {
  if (typeof text !== 'string') return fail(0, 'the text of a snapshot file', text);
  const lines = splitLines(text);
  const header = checkHeader(readHeader(lines[0]!));
  if (lines.at(-1) !== END) {
    throw new PanoramaError(
      'invalid-file',
      `Expected the file to end with the line ${END}, got ${describe(lines.at(-1))} at line ${lines.length}: it was cut off. Use another copy of it.`,
    );
  }
  const body = lines.slice(1, -1).map((line, index) => ({ number: index + 2, value: readLine(line, index + 2) }));
  if (body.length < header.processes) return fail(1, `${header.processes} lines of processes`, body.length);
  const processes = new Map<string, RecordedState>();
  for (const { number, value } of body.slice(0, header.processes)) {
    const [id, state] = checkProcess(value, number);
    if (processes.has(id)) fail(number, 'each process once', id);
    processes.set(id, state);
  }
  const channels = readChannels(body.slice(header.processes), processes);
  if (channels.size !== header.channels) fail(1, `${header.channels} channels`, channels.size);
  for (const id of header.initiators) if (!processes.has(id)) fail(1, 'initiators to be processes of the snapshot', id);
  return {
    version: SNAPSHOT_VERSION,
    id: header.id,
    initiators: header.initiators,
    processes: Object.fromEntries(processes),
    channels: Object.fromEntries(channels),
    stats: header.stats,
  };
}

function splitLines(text: string): string[] {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) fail(0, 'a snapshot file', 'an empty one');
  return lines;
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
    throw new PanoramaError(
      'invalid-file',
      `Expected a snapshot file of version ${SNAPSHOT_VERSION}, got ${describe(header.version)}. Read it with the library version that wrote it.`,
    );
  }
  return header as Header;
}

function readLine(line: string, number: number): unknown {
  refuseDepth(line, number);
  try {
    return parse(line, { Error: reviveError });
  } catch (error) {
    throw new PanoramaError(
      'invalid-file',
      `Expected line ${number} to be as it was written, got one that cannot be read (${error instanceof Error ? error.message : String(error)}). Use another copy of the file.`,
      { cause: error },
    );
  }
}

function readChannels(
  lines: readonly { readonly number: number; readonly value: unknown }[],
  processes: ReadonlyMap<string, unknown>,
): Map<string, ChannelState> {
  const channels = new Map<string, ChannelState>();
  for (const { number, value } of lines) {
    if (!Array.isArray(value)) return fail(number, 'a line of channels', value);
    for (const entry of value as unknown[]) {
      const [id, state] = checkChannel(entry, processes, number);
      if (channels.has(id)) fail(number, 'each channel once', id);
      channels.set(id, state);
    }
  }
  return channels;
}

/** Counts brackets outside strings, in one pass and without recursion. */
function refuseDepth(line: string, number: number): void {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < line.length; index++) {
    const char = line[index];
    if (isInString) {
      if (char === '\\') index++;
      else if (char === '"') isInString = false;
    } else if (char === '"') isInString = true;
    else if (char === '[' || char === '{') {
      if (++depth > MAX_DEPTH) fail(number, `nesting of at most ${MAX_DEPTH}`, `more, at column ${index + 1}`);
    } else if (char === ']' || char === '}') depth--;
  }
}

function reviveError(value: unknown): Error {
  const { name, message, stack, ...rest } = value as Record<string, unknown>;
  const error = new Error(String(message));
  const define = (key: string, item: unknown) =>
    Object.defineProperty(error, key, { value: item, configurable: true, writable: true });
  define('name', String(name));
  define('stack', typeof stack === 'string' ? stack : undefined);
  if ('cause' in rest) define('cause', rest.cause);
  return error;
}
