/**
 * The theorem of the paper's section 4, checked on a real run.
 *
 * Let *prerecording* events be those that happened in a process before it recorded its state, *postrecording* all others.
 * The run is permuted so that all prerecording events come before all postrecording ones, and each process keeps its own
 * order. The theorem says that this too is a run of the system, that it ends as the real one did, and that the recorded
 * global state S* is the state between its two halves: S* can be reached from where the snapshot began, and where it
 * ended can be reached from S*.
 */
import { expected, list } from '../checks.js';
import { describe, PanoramaError } from '../errors.js';
import type { GlobalSnapshot, RecordedState, RecordedTimer } from '../global-snapshot.js';
import type { NetworkConfig } from '../network/options.js';
import { differences, type Difference } from '../snapshot/diff-snapshots.js';
import type { RecordedRun, RecordedStep, Recording } from './recorded-run.js';
import { Replay } from './replay.js';

/** What was shown. */
export interface Proof {
  readonly snapshotId: string;
  /** The permuted run. */
  readonly order: readonly RecordedStep[];
  /** How many of its steps, the first ones, are prerecording. */
  readonly prerecording: number;
  /** Postrecording steps that happened before some prerecording step: with none, S* really occurred in the run. */
  readonly moved: number;
}

/**
 * Shows on fresh actors that a recorded run can be permuted into one that passes through the recorded global state S* of
 * a snapshot and ends as the run did (theorem 1 of the paper).
 *
 * @param config The network's config, with the same logic.
 * @param run A run in which the snapshot was begun and completed.
 * @param snapshot The snapshot, or its id.
 * @throws `not-replayable` when the run itself, replayed as it was, ends otherwise: the logic is no function of its events.
 * @throws `theorem-violated` when the permuted run is no run of the system, does not pass through S* or ends otherwise,
 *   naming the channel and message, or the first difference.
 */
export function proveSnapshot(
  config: NetworkConfig,
  run: RecordedRun,
  snapshot: string | { readonly id: string },
): Proof {
  const snapshotId = typeof snapshot === 'string' ? snapshot : snapshot.id;
  const recorded = run.snapshots.get(snapshotId);
  const recordings = run.recordings.get(snapshotId);
  if (recorded === undefined || recordings === undefined) {
    const known = list([...run.snapshots.keys()]) || 'none was';
    return expected(`a snapshot that was begun and completed in the run (${known})`, snapshotId);
  }
  replayAsItWas(config, run);
  const { before, after, moved } = permute(run.steps, recordings);
  const replay = new Replay(config, run);
  replay.take(before, 'theorem-violated');
  demand(
    replay.capture((id) => recordings.get(id)!.time),
    recorded,
    run,
    'Expected the permuted run to pass through the recorded global state',
  );
  replay.take(after, 'theorem-violated');
  demand(
    replay.capture(() => run.endTime),
    run.final,
    run,
    'Expected the permuted run to end as the run did',
  );
  replay.end();
  return { snapshotId, order: [...before, ...after], prerecording: before.length, moved };
}

/** The control: unless the run repeats itself, a permutation of it would show nothing. */
function replayAsItWas(config: NetworkConfig, run: RecordedRun): void {
  const replay = new Replay(config, run);
  replay.take(run.steps, 'not-replayable');
  const first = firstDifference(
    replay.capture(() => run.endTime),
    run.final,
    run,
  );
  replay.end();
  if (first === undefined) return;
  throw new PanoramaError(
    'not-replayable',
    `Expected the replayed run to end as it did, got a difference at ${first.path}: ${describe(first.a)} instead of ${describe(first.b)}. Logic that asks the time or a random generator must be given them by its input or its events.`,
  );
}

/** The permutation of section 4. */
function permute(steps: readonly RecordedStep[], recordings: ReadonlyMap<string, Recording>) {
  const isBefore = (step: RecordedStep, index: number) => index < recordings.get(step.process)!.position;
  const last = steps.findLastIndex(isBefore);
  return {
    before: steps.filter(isBefore),
    after: steps.filter((step, index) => !isBefore(step, index)),
    moved: steps.filter((step, index) => index < last && !isBefore(step, index)).length,
  };
}

function demand(got: GlobalSnapshot, expected: GlobalSnapshot, run: RecordedRun, what: string): void {
  const first = firstDifference(got, expected, run);
  if (first === undefined) return;
  throw new PanoramaError(
    'theorem-violated',
    `${what}, got a difference at ${first.path}: ${describe(first.a)} in the replay, ${describe(first.b)} in the snapshot. Is there a hidden channel between the processes, or a channel without FIFO?`,
  );
}

/** The first place in which two global states differ. */
function firstDifference(a: GlobalSnapshot, b: GlobalSnapshot, { isTimeExact }: RecordedRun): Difference | undefined {
  const comparable = ({ processes, channels }: GlobalSnapshot) => ({
    // Where no order is kept, there is none to compare; where it is, this is it.
    channels: Object.fromEntries(
      Object.entries(channels).map(([id, { messages }]) => [id, messages.toSorted((a, b) => a.seq - b.seq)]),
    ),
    processes: Object.fromEntries(
      Object.entries(processes).map(([id, state]) => [id, { ...state, timers: comparableTimers(state, isTimeExact) }]),
    ),
  });
  return differences(comparable(a), comparable(b), 'S*')[0];
}

/** XState's own ids of delayed sends are random; under the real clock a delay is known to a few milliseconds, and so is the order. */
function comparableTimers({ timers }: RecordedState, isTimeExact: boolean): unknown[] {
  if (isTimeExact) return timers.map(({ id: _, ...timer }) => timer);
  const rank = ({ source, target, event }: RecordedTimer) => JSON.stringify([source, target, event.type]);
  const ranked = timers.map(({ source, target, event }) => ({ source, target, event }) as RecordedTimer);
  return ranked.sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}
