/** One file of a log of inputs: its name, and its text. */
import { parse, stringify } from 'devalue';
import type { EventObject } from 'xstate';
import { expected, isObject } from '../checks.js';
import { describe, PanoramaError } from '../errors.js';

/** A life of the process, as the names of its files tell it: `.3.5f2c91aa`. */
export interface Life {
  /** Only grows. */
  readonly number: number;
  /** Tells apart lives that began at once, and makes a name that was used once never come again. */
  readonly nonce: string;
}

/** A name: of a life's claim, which is there as long as the log is its own, or of its so many-th segment. */
export interface SegmentName extends Life {
  readonly part: number | 'open';
}

/** The one file that an earlier version wrote; it has no life in its name. */
const FIRST: SegmentName = { number: 0, nonce: '', part: 0 };
const NAME = /^\.(\d{1,15})\.([0-9a-f]{8})\.(\d{1,15}|open)$/;

/** Reads a name; undefined for what is no file of the log. */
export function parseName(name: string): SegmentName | undefined {
  if (name === '') return FIRST;
  const [, number, nonce, part] = NAME.exec(name) ?? [];
  return number === undefined
    ? undefined
    : { number: Number(number), nonce: nonce!, part: part === 'open' ? part : Number(part) };
}

export function nameOf({ number, nonce, part }: SegmentName): string {
  return number === 0 ? '' : `.${number}.${nonce}.${part}`;
}

/** Which life came later, by the sign. */
export const compareLives = (a: Life, b: Life): number =>
  a.number - b.number || (a.nonce < b.nonce ? -1 : Number(a.nonce > b.nonce));

/** Which segment came later, by the sign. */
export const compareSegments = (a: SegmentName, b: SegmentName): number =>
  compareLives(a, b) || Number(a.part) - Number(b.part);

/** A closed segment, as far as it is part of the log. */
export interface ClosedSegment {
  readonly name: string;
  /** The number of its last event that counts. */
  readonly last: number;
}

/** How a segment begins: what the log was when it was begun. */
export interface Header {
  /** The number of the last event before it. */
  readonly base: number;
  /** The events up to this number are forgotten. */
  readonly trimmed: number;
  /** Where the other events before it are, oldest first. */
  readonly closed: readonly ClosedSegment[];
}

/** A segment that was read. */
export interface Segment {
  readonly header: Header;
  readonly events: readonly EventObject[];
}

const HEADER = 'xstate-panorama inputs ';

export const headerLine = (header: Header): string => `${HEADER}2 ${JSON.stringify(header)}\n`;

export const eventLines = (events: readonly EventObject[]): string =>
  events.map((event) => `${stringify(event)}\n`).join('');

/**
 * Reads a segment. A line that a crash cut off was never said to be safe; without a whole header, there is no segment yet.
 *
 * @param where The file, for messages. @throws `invalid-file` for what is no segment.
 */
export function parseSegment(where: string, text: string): Segment | undefined {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole === '' && HEADER.startsWith(text.slice(0, HEADER.length))) return undefined;
  const [first = '', ...lines] = whole.trimEnd().split('\n');
  const header = parseHeader(first) ?? refuse(where, 1, 'a file of inputs', text.split('\n', 1)[0]);
  return { header, events: lines.map((line, index) => parseEventLine(where, index + 2, line)) };
}

/** Of an earlier version: `1`, and the base. */
function parseHeader(line: string): Header | undefined {
  const [, version, rest] = /^xstate-panorama inputs ([12]) (.+)$/.exec(line) ?? [];
  if (version === '1')
    return isCount(Number(rest)) ? { base: Number(rest), trimmed: Number(rest), closed: [] } : undefined;
  const given = version === '2' ? parseJson(rest!) : undefined;
  if (!isObject(given) || !isCount(given.base) || !isCount(given.trimmed) || !Array.isArray(given.closed))
    return undefined;
  return given.closed.every(isClosedSegment) ? (given as unknown as Header) : undefined;
}

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;

const isClosedSegment = (value: unknown): value is ClosedSegment =>
  isObject(value) && typeof value.name === 'string' && parseName(value.name) !== undefined && isCount(value.last);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseEventLine(where: string, number: number, line: string): EventObject {
  let event: unknown;
  try {
    event = parse(line);
  } catch {
    return refuse(where, number, 'an event', line);
  }
  const isEvent = isObject(event) && typeof event.type === 'string';
  return isEvent ? (event as unknown as EventObject) : refuse(where, number, 'an event with a string `type`', event);
}

function refuse(where: string, line: number, what: string, got: unknown): never {
  return expected(`${what} (line ${line} of ${where})`, got, 'Use another copy of it.', 'invalid-file');
}

/** What a log rejects with, of whose events some are not there. */
export function cutSegment(where: string, got: number, wanted: number): PanoramaError {
  return new PanoramaError(
    'invalid-file',
    `Expected ${wanted} inputs in ${describe(where)} and the files that it names, got ${got}. Use other copies of them.`,
  );
}

/** What a log rejects with, of which a file is not there. */
export function missingSegment(where: string): PanoramaError {
  return new PanoramaError(
    'invalid-file',
    `Expected ${describe(where)}, in which a part of the log of inputs is, got no such file. Put it back: all the files that begin so belong together.`,
  );
}
