import type { Observable } from 'rxjs';
import { wait } from '../clock.js';
import { messageOf } from '../errors.js';
import { PanoramaError } from '../index.js';
import { OrderedSubject } from '../ordered-subject.js';
import {
  parseCheckpointOptions,
  type CheckpointedNetwork,
  type CheckpointOptions,
  type ParsedCheckpointOptions,
} from './options.js';
import { SavedInputs } from './saved-inputs.js';

/** What became of a checkpoint. */
export type CheckpointEvent =
  | { readonly type: 'checkpoint.saved'; readonly id: string; readonly tookMs: number; readonly messages: number }
  /** It was not taken or not saved; the checkpoints before it are all still there. */
  | { readonly type: 'checkpoint.failed'; readonly error: unknown; readonly failures: number }
  /** A newer one is safely down. */
  | { readonly type: 'checkpoint.removed'; readonly id: string };

/** Checkpoints being taken. */
export interface Checkpointing {
  /** Every checkpoint saved, failed and removed. */
  readonly events$: Observable<CheckpointEvent>;
  /** Resolves when it was stopped; rejects when more checkpoints in a row failed than are tolerated. */
  readonly done: Promise<void>;
  /** Ends it; the checkpoint being taken is given up. Resolves when nothing is being written any more. */
  stop(): Promise<void>;
}

/**
 * Takes a global snapshot again and again while the application runs, and keeps the newest ones in a store.
 *
 * An old one is removed only after the newer one is safely down.
 *
 * @param network A network, or a process alone in its program; started.
 * @param options The store, and how often: see {@link CheckpointOptions}.
 * @throws `invalid-argument` for bad options.
 */
export function checkpoint(network: CheckpointedNetwork, options: CheckpointOptions): Checkpointing {
  const parsed = parseCheckpointOptions(network, options);
  const events = new OrderedSubject<CheckpointEvent>();
  const ending = new AbortController();
  const end = () => ending.abort(parsed.signal?.reason);
  parsed.signal?.addEventListener('abort', end);
  if (parsed.signal?.aborted) end();
  const done = run(network, parsed, (event) => events.next(event), ending.signal).finally(() => {
    parsed.signal?.removeEventListener('abort', end);
    events.complete();
  });
  return {
    events$: events.asObservable(),
    done,
    async stop() {
      ending.abort();
      await done.catch(() => undefined); // `done` reports it
    },
  };
}

async function run(
  network: CheckpointedNetwork,
  options: ParsedCheckpointOptions,
  tell: (event: CheckpointEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const { everyMs, minPauseMs, tolerateFailures, atOnce = false, now } = options;
  const saved = new SavedInputs();
  let failures = 0;
  let isDue = atOnce;
  for (let waitMs = everyMs; isDue || (await pause(waitMs, options, signal)); isDue = false) {
    const begun = now();
    try {
      await takeOne(network, options, saved, tell, signal, begun);
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      failures++;
      tell({ type: 'checkpoint.failed', error, failures });
      if (failures > tolerateFailures) throw tooManyFailures(error, failures);
    }
    waitMs = Math.max(minPauseMs, everyMs - (now() - begun));
  }
}

async function takeOne(
  network: CheckpointedNetwork,
  { store, keep, snapshotOptions, now }: ParsedCheckpointOptions,
  saved: SavedInputs,
  tell: (event: CheckpointEvent) => void,
  signal: AbortSignal,
  begun: number,
): Promise<void> {
  const { epoch } = network; // as it began: what is saved late must not look newer than it is
  const snapshot = await network.takeSnapshot({ ...snapshotOptions, signal });
  await store.save(snapshot, epoch);
  saved.note(snapshot);
  tell({ type: 'checkpoint.saved', id: snapshot.id, tookMs: now() - begun, messages: snapshot.stats.messages });
  const ids = await store.list();
  network.checkpointSaved(snapshot.id, saved.inAll(ids));
  for (const id of ids.slice(0, Math.max(0, ids.length - keep))) {
    await store.remove(id);
    tell({ type: 'checkpoint.removed', id });
  }
}

/** Waits; false when it ended meanwhile. */
function pause(durationMs: number, { clock }: ParsedCheckpointOptions, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const onAbort = () => {
      stopWaiting();
      resolve(false);
    };
    const isOver = () => {
      signal.removeEventListener('abort', onAbort);
      resolve(true);
    };
    const stopWaiting = wait(durationMs, isOver, clock);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

function tooManyFailures(cause: unknown, failures: number): PanoramaError {
  const reason = messageOf(cause);
  return new PanoramaError(
    'checkpoint-failed',
    `Expected checkpoints to succeed, got ${failures} failed in a row, the last because: ${reason} Mend the cause, or raise \`tolerateFailures\`.`,
    { cause },
  );
}
