/** A run of the network step by step, and the same steps in another order: the proof of the paper's theorem 1, carried out. */
import { isDeepStrictEqual } from 'node:util';
import { createManualSchedule, createNetwork, type GlobalSnapshot, type SnapshotOf } from 'xstate-panorama';
import { captureState } from 'xstate-panorama/testing';
import config from './network.js';

export type RecordedGlobalState = SnapshotOf<typeof config.processes>;
export type ProcessId = keyof typeof config.processes;

/** A process goes, or takes the oldest thing from the channel that leads to it. */
export type Move = { readonly go: ProcessId } | { readonly deliver: 'p->q' | 'q->p' };

/** A step that the application took: a move that did more than to hand over a marker. */
export interface Step {
  readonly move: Move;
  /** Whether the process that took it had recorded its state by then. */
  readonly isAfterRecording: boolean;
}

const processOf = (move: Move): ProcessId => ('go' in move ? move.go : move.deliver === 'p->q' ? 'q' : 'p');

/** Opens the network for moves that are made one by one. */
export function openRun() {
  const schedule = createManualSchedule();
  const network = createNetwork(config, { schedule });
  network.start();
  const steps: Step[] = [];
  const states = [captureState(network)];
  const recorded = new Set<string>();
  let isMarker = false;
  network.trace$.subscribe((event) => {
    if (event.type === 'state.recorded') recorded.add(event.process);
    if (event.type === 'marker.received') isMarker = true;
  });
  return {
    network,
    /** The steps of the application so far. */
    steps: steps as readonly Step[],
    /** The global state before each step, and the last one. */
    states: states as readonly RecordedGlobalState[],
    /** The moves that can be made now. */
    moves: (): Move[] => [
      { go: 'p' },
      { go: 'q' },
      ...Array.from(schedule.pending().keys(), (deliver) => ({ deliver }) as Move),
    ],
    make(move: Move): void {
      const isAfterRecording = recorded.has(processOf(move));
      isMarker = false;
      if ('go' in move) network.send(move.go, { type: 'GO' });
      else schedule.deliver(move.deliver);
      if (isMarker) return;
      steps.push({ move, isAfterRecording });
      states.push(captureState(network));
    },
  };
}

/** Whether two global states are the same: states, counters and messages in flight. */
export function isSame(one: RecordedGlobalState, other: RecordedGlobalState): boolean {
  const essence = ({ processes, channels }: GlobalSnapshot<RecordedGlobalState['processes']>) => ({
    processes,
    channels,
  });
  return isDeepStrictEqual(essence(one), essence(other));
}

/**
 * The same steps, those that were taken before their process recorded first. The recorded state comes up on the way, and
 * the end is the end of the run (the paper, theorem 1).
 *
 * @returns The global states of the rearranged run, and how many steps come first.
 */
export function rearrange(steps: readonly Step[]) {
  const before = steps.filter(({ isAfterRecording }) => !isAfterRecording);
  const after = steps.filter(({ isAfterRecording }) => isAfterRecording);
  const run = openRun();
  for (const { move } of [...before, ...after]) run.make(move);
  run.network.stop();
  return { steps: run.steps, states: run.states, recordedAt: before.length };
}
