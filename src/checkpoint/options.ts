import { expected, isNoObject } from '../checks.js';
import type { Clock, NetworkHandle, SnapshotOptions } from '../index.js';
import type { CheckpointStore } from './store.js';

/** The part of a network, or of a process alone in its program, that checkpoints use. */
export type CheckpointedNetwork = Pick<NetworkHandle, 'takeSnapshot' | 'checkpointSaved'> &
  Partial<Pick<NetworkHandle, 'epoch'>>;

/** How checkpoints are taken. */
export interface CheckpointOptions {
  readonly store: Omit<CheckpointStore, 'register'>;
  /** Between the beginnings of two checkpoints, in milliseconds. */
  readonly everyMs: number;
  /** Whether the first one is taken at once, and not after `everyMs`; default false. */
  readonly atOnce?: boolean | undefined;
  /** How many are kept; default 3. */
  readonly keep?: number | undefined;
  /** At the least between the end of one and the beginning of the next, in milliseconds; default 0. */
  readonly minPauseMs?: number | undefined;
  /** How many checkpoints in a row may fail; default 0. */
  readonly tolerateFailures?: number | undefined;
  /** Options of each snapshot, as for `takeSnapshot`: initiators, limits. */
  readonly snapshotOptions?: Omit<SnapshotOptions, 'signal'> | undefined;
  /** Ends it, like `stop()`. */
  readonly signal?: AbortSignal | undefined;
  /** The clock of the pauses; default: the real one. */
  readonly clock?: Clock | undefined;
}

/** The options with the defaults in place. */
export interface ParsedCheckpointOptions extends CheckpointOptions {
  readonly keep: number;
  readonly minPauseMs: number;
  readonly tolerateFailures: number;
  readonly clock: Clock;
  /** The clock's time in milliseconds. */
  now(): number;
}

/** Checks what `checkpoint` is called with. Throws `invalid-argument`. */
export function parseCheckpointOptions(
  network: CheckpointedNetwork,
  options: CheckpointOptions,
): ParsedCheckpointOptions {
  if (typeof (network as Partial<CheckpointedNetwork> | undefined)?.takeSnapshot !== 'function') {
    expected('something with `takeSnapshot` to checkpoint, such as a network', network);
  }
  if (isNoObject(options)) expected('checkpoint options `{ store, everyMs }`', options);
  const {
    store,
    everyMs,
    keep = 3,
    minPauseMs = 0,
    tolerateFailures = 0,
    clock = globalThis as unknown as Clock,
  } = options;
  for (const method of ['save', 'list', 'load', 'remove'] as const) {
    if (typeof (store as Partial<CheckpointStore> | undefined)?.[method] !== 'function') {
      expected('`store` to be a checkpoint store (createMemoryStore, createFileStore, createIndexedDbStore)', store);
    }
  }
  if (!(everyMs > 0)) expected('`everyMs` to be a number > 0 (milliseconds)', everyMs);
  if (!(minPauseMs >= 0)) expected('`minPauseMs` to be a number >= 0', minPauseMs);
  if (!(Number.isSafeInteger(keep) && keep >= 1)) expected('`keep` to be a whole number >= 1', keep);
  if (!(tolerateFailures >= 0)) expected('`tolerateFailures` to be a number >= 0', tolerateFailures);
  const now = () => clock.now?.() ?? performance.now();
  return { ...options, keep, minPauseMs, tolerateFailures, clock, now };
}
