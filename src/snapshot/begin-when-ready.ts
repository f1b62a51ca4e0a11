/** A snapshot that is asked for in the middle of a step, or while there is no actor to record, begins later. */
import { timeOf, wait, type ActorOptionsOfNetwork } from '../clock.js';
import { PanoramaError } from '../errors.js';
import type { GlobalSnapshot } from '../global-snapshot.js';
import type { ParsedSnapshotOptions } from './options.js';

/** What a snapshot waits for, and how it begins. */
interface Beginning {
  readonly clock: ActorOptionsOfNetwork['clock'];
  /** Runs a task, at once where that can be. */
  whenReady(task: () => void): void;
  /** What that is waited for, in words, beyond the end of a step. */
  readonly waitsFor?: (() => string | undefined) | undefined;
  /** @param options With the time that is left. */
  begin(options: ParsedSnapshotOptions): Promise<GlobalSnapshot>;
}

/**
 * Begins a snapshot as soon as that can be; its time, and its signal, count from this call on.
 *
 * @returns Rejects with `snapshot-aborted` when it was given up before it began.
 */
export function beginWhenReady(
  options: ParsedSnapshotOptions,
  { clock, whenReady, waitsFor, begin }: Beginning,
): Promise<GlobalSnapshot> {
  const { signal, timeoutMs } = options;
  if (signal?.aborted) {
    return Promise.reject(neverBegun('a `signal` that has not aborted yet, got one that has', signal.reason));
  }
  const askedAt = timeOf(clock);
  return new Promise((resolve, reject) => {
    let isWaiting = true;
    let stopWaiting: () => void = () => undefined;
    const end = () => {
      isWaiting = false;
      stopWaiting();
      signal?.removeEventListener('abort', onAbort);
    };
    const giveUp = (expected: string, cause?: unknown) => {
      end();
      const why = waitsFor?.();
      reject(neverBegun(why === undefined ? expected : `${expected}: ${why}`, cause));
    };
    const onAbort = () => giveUp('the snapshot to begin before its `signal` aborted, got none yet', signal!.reason);
    const onTimeout = () => giveUp(`the snapshot to begin within its \`timeoutMs\`, got none after ${timeoutMs} ms`);
    whenReady(() => {
      if (!isWaiting) return;
      const waitedMs = askedAt === undefined ? 0 : timeOf(clock)! - askedAt;
      if (waitedMs >= timeoutMs) return onTimeout();
      end();
      begin({ ...options, leftMs: timeoutMs - waitedMs }).then(resolve, reject);
    });
    if (!isWaiting) return;
    stopWaiting = wait(timeoutMs, onTimeout, clock);
    signal?.addEventListener('abort', onAbort);
  });
}

function neverBegun(expected: string, cause: unknown): PanoramaError {
  const message = `Expected ${expected}. No snapshot was begun.`;
  return new PanoramaError('snapshot-aborted', message, cause === undefined ? {} : { cause });
}
