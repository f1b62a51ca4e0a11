import { timeOf } from '../clock.js';
import type { GlobalSnapshot } from '../global-snapshot.js';
import type { NetworkHandle } from '../network/network-handle.js';
import type { TraceEvent } from '../trace.js';
import { recordableOf } from './running.js';

/** What a step of a process begins with: one event of the computation, in the paper's sense. */
export type RecordedStep = Extract<
  TraceEvent,
  { type: 'process.stopped' | 'message.received' | 'event.received' | 'timer.fired' }
>;

/** Where in a run a process recorded its state. */
export interface Recording {
  /** Steps of the whole run before it. */
  readonly position: number;
  readonly time: number;
}

/** A run of a network: what it began with, every step of every process, the snapshots taken, and what it ended with. */
export interface RecordedRun {
  /** The global state in which it began; undefined when the actors were fresh. */
  readonly initial: GlobalSnapshot | undefined;
  /** Milliseconds of the network's clock. */
  readonly startTime: number;
  readonly endTime: number;
  /** Whether delays are exact: under a clock of the caller's own, not under the real one, which goes on in the middle of a step. */
  readonly isTimeExact: boolean;
  readonly steps: readonly RecordedStep[];
  /** The snapshots that completed, by id. */
  readonly snapshots: ReadonlyMap<string, GlobalSnapshot>;
  /** By snapshot id and process. */
  readonly recordings: ReadonlyMap<string, ReadonlyMap<string, Recording>>;
  /** The true global state at the end. */
  readonly final: GlobalSnapshot;
}

/** Records a run until {@link RunRecorder.stop}. */
export interface RunRecorder {
  /**
   * Stops the recording.
   *
   * @throws `not-running` in the middle of a step.
   */
  stop(): RecordedRun;
}

const STEPS: readonly string[] = ['process.stopped', 'message.received', 'event.received', 'timer.fired'];

/**
 * Records what a network does from here on, so that it can be replayed.
 *
 * @param network A network, or a process alone, of which its own steps are recorded: one not started yet, or one that
 *   runs, then in a moment between two steps.
 * @throws `not-running` in the middle of a step; `not-recordable` when the state it begins in could not be restored.
 */
export function recordRun(network: NetworkHandle): RunRecorder {
  const running = recordableOf(network);
  const initial = running.isFresh ? running.restoredFrom : running.capture();
  const time = () => timeOf(running.ownClock) ?? NaN;
  const startTime = time();
  const steps: RecordedStep[] = [];
  const snapshots = new Map<string, GlobalSnapshot>();
  const recordings = new Map<string, Map<string, Recording>>();
  const watching = running.trace$.subscribe((event) => {
    if (event.type === 'state.recorded') {
      const { snapshotId, process, time } = event;
      const known = recordings.get(snapshotId) ?? new Map<string, Recording>();
      recordings.set(snapshotId, known.set(process, { position: steps.length, time }));
    } else if (event.type === 'snapshot.completed') snapshots.set(event.snapshotId, event.snapshot);
    else if (STEPS.includes(event.type)) steps.push(event as RecordedStep);
  });
  return {
    stop() {
      const final = running.capture();
      watching.unsubscribe();
      const isTimeExact = running.ownClock !== undefined;
      return { initial, startTime, endTime: time(), isTimeExact, steps, snapshots, recordings, final };
    },
  };
}
