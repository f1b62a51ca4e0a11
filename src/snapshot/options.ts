import { isNoObject, expected, list } from '../checks.js';

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_MESSAGES = 1_000_000;

/** The options of one snapshot. */
export interface SnapshotOptions<TId extends string = string> {
  /** Who records spontaneously; default: the supervisor chooses the fewest from which every process is reached. */
  readonly initiators?: readonly TId[] | undefined;
  /** Gives up after this many milliseconds of the network's clock, from the call on; `Infinity` for never. Default 30,000. */
  readonly timeoutMs?: number | undefined;
  /** Gives up when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Gives up when more messages than this are recorded as in flight; default 1,000,000. */
  readonly maxMessages?: number | undefined;
}

/** A snapshot's options with the defaults in place. */
export interface ParsedSnapshotOptions {
  readonly initiators: readonly string[] | undefined;
  readonly timeoutMs: number;
  /** What of that is left as it begins. */
  readonly leftMs: number;
  readonly maxMessages: number;
  readonly signal: AbortSignal | undefined;
}

/** Checks the options of a snapshot. Throws `invalid-argument`. */
export function parseSnapshotOptions(
  options: SnapshotOptions,
  ids: { has(id: string): boolean; keys(): Iterable<string> },
): ParsedSnapshotOptions {
  if (isNoObject(options)) return expected('snapshot options to be an object', options);
  const { initiators, timeoutMs = DEFAULT_TIMEOUT_MS, maxMessages = DEFAULT_MAX_MESSAGES, signal } = options;
  if (initiators !== undefined) {
    if (!Array.isArray(initiators) || initiators.length === 0) {
      expected('`initiators` to be a non-empty array of process ids', initiators, 'Leave it out to have them chosen.');
    }
    const seen = new Set<string>();
    for (const id of initiators as readonly string[]) {
      if (!ids.has(id)) expected(`each initiator to be a process (${list([...ids.keys()])})`, id);
      if (seen.has(id)) expected('each initiator once', id);
      seen.add(id);
    }
  }
  if (typeof timeoutMs !== 'number' || !(timeoutMs > 0)) {
    expected('`timeoutMs` to be a number > 0 (milliseconds, or Infinity)', timeoutMs);
  }
  if (typeof maxMessages !== 'number' || !(maxMessages >= 0))
    expected('`maxMessages` to be a number >= 0', maxMessages);
  if (signal !== undefined && (isNoObject(signal) || typeof signal.addEventListener !== 'function')) {
    expected('`signal` to be an AbortSignal', signal);
  }
  return { initiators, timeoutMs, leftMs: timeoutMs, maxMessages, signal };
}
