/** One line of a file: any plain value, typed values kept; the reader trusts nothing in it. */
import { DevalueError, parse, stringify } from 'devalue';
import { messageOf, PanoramaError } from '../errors.js';
import { checkDigits, createSparseLimit } from './limits.js';
import { fail } from './validate.js';

/** The format is flat: nothing that it writes is nested deeper. A file of brackets alone is refused before it is read. */
const MAX_DEPTH = 8;

/** A line that is still text. */
export interface Line {
  readonly number: number;
  readonly text: string;
}

/** Reads the values of one file's lines. Throws `invalid-file`, naming the line. */
export type ReadLine = (line: Line) => unknown;

/** Creates what writes the lines of one file. It throws `not-recordable`, naming the path. */
export function createLineWriter(): (path: string, value: unknown) => string {
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
      throw new PanoramaError('not-recordable', `Expected plain data at ${path}${at}, got: ${messageOf(error)}.`, {
        cause: error,
      });
    }
  };
}

/** Creates what reads the lines of one file. */
export function createLineReader(): ReadLine {
  const countSparse = createSparseLimit();
  const reviveError = createErrorReviver();
  const createSparseArray = (length: number): unknown[] => {
    countSparse(length);
    return new Array<unknown>(length);
  };
  return ({ number, text }) => {
    refuseDepth(text, number);
    try {
      return parse(text, { Error: reviveError, BigInt: reviveBigInt }, { operations: { createSparseArray } });
    } catch (error) {
      throw new PanoramaError(
        'invalid-file',
        `Expected line ${number} to be as it was written, got one that cannot be read (${messageOf(error)}). Use another copy of the file.`,
        { cause: error },
      );
    }
  };
}

/** One line after the other: a file of line breaks alone, split, would be larger than all memory. */
export function* linesOf(text: string): Generator<Line, undefined, undefined> {
  for (let number = 1, from = 0; from < text.length; number++) {
    const found = text.indexOf('\n', from);
    const to = found < 0 ? text.length : found;
    yield { number, text: text.slice(from, text[to - 1] === '\r' && to > from ? to - 1 : to) };
    from = to + 1;
  }
  return undefined;
}

/** Counts brackets outside strings, in one pass and without recursion. */
export function refuseDepth(line: string, number: number): void {
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

/** A reducer that reduces nothing. */
function checkBigInt(value: unknown): void {
  if (typeof value === 'bigint') checkDigits(String(value));
}

function reduceError(value: unknown): unknown {
  if (!(value instanceof Error)) return undefined;
  const { name, message, stack } = value;
  return 'cause' in value ? { name, message, stack, cause: value.cause } : { name, message, stack };
}

/** Creates what makes errors of one file. Met within its own cause, an error is made at once, and completed later. */
function createErrorReviver(): (value: unknown) => Error {
  const errors = new WeakMap<object, Error>();
  return (value) => {
    const { name, message, stack, ...rest } = value as Record<string, unknown>;
    const error = errors.get(value as object) ?? new Error(String(message));
    errors.set(value as object, error);
    const define = (key: string, item: unknown) =>
      Object.defineProperty(error, key, { value: item, configurable: true, writable: true });
    define('name', String(name));
    define('stack', typeof stack === 'string' ? stack : undefined);
    if ('cause' in rest) define('cause', rest.cause);
    return error;
  };
}

/** The reader's own would begin with a string of any length, and not come back. */
function reviveBigInt(digits: unknown): bigint {
  if (typeof digits !== 'string' || !/^-?\d+$/.test(digits)) throw new Error('a big integer that is none');
  checkDigits(digits);
  return BigInt(digits);
}
