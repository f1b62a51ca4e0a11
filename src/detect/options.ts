import { expected, isNoObject } from '../checks.js';
import type { Clock } from '../clock.js';

/** How to watch a property. */
export interface WatchOptions<TSnapshotOptions = object> {
  /** From the beginning of one snapshot to the beginning of the next, if that one has ended by then; milliseconds ≥ 0. Default 1,000. */
  readonly everyMs?: number | undefined;
  /** Gives up when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Measures `everyMs`; default: the network's clock. */
  readonly clock?: Clock | undefined;
  /** How many snapshots in a row may be aborted; each is taken anew. Default 3. */
  readonly tolerateFailures?: number | undefined;
  /** Options of each snapshot, as for `takeSnapshot`: initiators, limits. */
  readonly snapshotOptions?: TSnapshotOptions | undefined;
}

/** How to detect a property. */
export interface DetectOptions<TSnapshotOptions = object> extends WatchOptions<TSnapshotOptions> {
  /**
   * Further snapshots, taken at once, in which the property must hold too, or it was not stable. Default 1, which
   * catches the commonest mistake: a property that forgets the messages in flight. 0 trusts the property.
   */
  readonly confirmations?: number | undefined;
}

/** The options with their defaults in place. */
export interface ParsedOptions {
  readonly everyMs: number;
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
  readonly tolerateFailures: number;
  readonly confirmations: number;
  readonly snapshotOptions: object;
}

/** Checks what `detect` and `watch` are given. Throws `invalid-argument`. */
export function parseOptions(source: unknown, property: unknown, options: DetectOptions): ParsedOptions {
  const { takeSnapshot, clock: own } = (source ?? {}) as { takeSnapshot?: unknown; clock?: Clock };
  if (typeof takeSnapshot !== 'function') expected('a network, or something else with `takeSnapshot`', source);
  if (typeof property !== 'function') expected('a property, a function of a global snapshot', property);
  if (isNoObject(options)) expected('options to be an object', options);
  const {
    everyMs = 1000,
    signal,
    clock = own ?? globalThis,
    tolerateFailures = 3,
    confirmations = 1,
    snapshotOptions = {},
  } = options;
  if (typeof everyMs !== 'number' || !(everyMs >= 0)) expected('`everyMs` to be a number >= 0 (milliseconds)', everyMs);
  for (const [name, count] of Object.entries({ tolerateFailures, confirmations })) {
    if (!Number.isSafeInteger(count) || count < 0) expected(`\`${name}\` to be a whole number >= 0`, count);
  }
  return { everyMs, signal, clock, tolerateFailures, confirmations, snapshotOptions };
}
