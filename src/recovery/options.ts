import type { CheckpointOptions, CheckpointStore, Register } from '../checkpoint/index.js';
import { parseCheckpointOptions } from '../checkpoint/options.js';
import { expected, isNoObject } from '../checks.js';
import { PanoramaError } from '../errors.js';
import type { Clock, Crash, GlobalSnapshot, NetworkHandle } from '../index.js';

/** How a network is supervised; the checkpoints are taken as `checkpoint` takes them, the first at once. */
export interface SuperviseOptions extends Omit<CheckpointOptions, 'atOnce' | 'store'> {
  /** Where the checkpoints are kept, and in its register what is decided. */
  readonly store: CheckpointStore;
  /** How many recoveries in a row, with no new checkpoint between them, before it gives up; default 10. */
  readonly tolerateCrashes?: number | undefined;
  /** How long everybody has to come back to a checkpoint, in milliseconds of the clock; default 60,000. Who has not then counts as gone. */
  readonly recoverWithinMs?: number | undefined;
  /**
   * How long its holder may be quiet before another coordinator takes its place, in milliseconds of the clock; default
   * 10,000. Give all that share a store the same.
   */
  readonly leaseMs?: number | undefined;
  /**
   * Starts the program of a process that is gone: a thread, a page, a child process, whose process goes on from this
   * checkpoint. Called when the others have been told to roll back. Leave it out where something else starts them; then a
   * process that has left in order (`crash.hasLeft`) after the checkpoint that all go back to ends the supervision.
   */
  readonly restart?: ((crash: Crash, checkpoint: GlobalSnapshot) => unknown) | undefined;
}

/** The options with the defaults in place. */
export interface ParsedSuperviseOptions extends SuperviseOptions {
  readonly tolerateCrashes: number;
  readonly tolerateFailures: number;
  readonly recoverWithinMs: number;
  readonly leaseMs: number;
  readonly clock: Clock;
}

/** Checks what `supervise` is called with. Throws `invalid-argument`. */
export function parseSuperviseOptions(target: NetworkHandle, options: SuperviseOptions): ParsedSuperviseOptions {
  if (typeof (target as Partial<NetworkHandle> | undefined)?.rollBack !== 'function') {
    expected('something with `rollBack` to supervise, such as a network', target);
  }
  if (!target.isRecoverable) {
    throw new PanoramaError(
      'invalid-argument',
      'Expected a process that can be rolled back, got one whose actor something else created (`attachProcess`, `withPeers`), without `recreate`. XState cannot put an actor back in place: give it `recreate`, or use `createProcess`.',
    );
  }
  if (isNoObject(options)) expected('options `{ store, everyMs }`', options);
  const {
    tolerateCrashes = 10,
    tolerateFailures = 3,
    recoverWithinMs = 60_000,
    leaseMs = 10_000,
    clock = globalThis as unknown as Clock,
    restart,
  } = options;
  checkRegister(options.store);
  parseCheckpointOptions(target, options);
  if (!(tolerateCrashes >= 0)) expected('`tolerateCrashes` to be a number >= 0', tolerateCrashes);
  for (const [name, value] of Object.entries({ recoverWithinMs, leaseMs })) {
    if (!(value > 0)) expected(`\`${name}\` to be a number > 0 (milliseconds)`, value);
  }
  if (restart !== undefined && typeof restart !== 'function') expected('`restart` to be a function', restart);
  return { ...options, tolerateCrashes, tolerateFailures, recoverWithinMs, leaseMs, clock };
}

/** Checkpoints alone do without, so a store may have none. */
function checkRegister(store: Partial<CheckpointStore> | undefined): void {
  const register: Partial<Register> | undefined = store?.register;
  if (typeof register?.read === 'function' && typeof register.replace === 'function') return;
  expected(
    '`store` to be a checkpoint store with a `register` `{ read, replace }`',
    register,
    'createMemoryStore, createFileStore and createIndexedDbStore have one; in a store of your own, add it: `checkpointStoreContract` tells what it must do.',
  );
}
