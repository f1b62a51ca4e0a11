import { channelId } from '../channel/topology.js';
import { PanoramaError } from '../errors.js';
import type { GlobalSnapshot } from '../global-snapshot.js';
import type { TraceEvent } from '../trace.js';
import type { CheckName, RunSetup, SimulatedRun } from './simulated-run.js';
import type { SimulationStep } from './simulation-step.js';
import { tellStory, type StoryNote } from './story.js';

/** A run that fails, made as small as it would go. */
export interface Counterexample {
  /** The processes that it takes. */
  readonly processes: readonly string[];
  /** Ids of the channels that it takes. */
  readonly channels: readonly string[];
  /** What is done in it; `simulateSteps` does it again. */
  readonly steps: readonly SimulationStep[];
  /** What happens in it, for `tellStory`. */
  readonly trace: readonly (TraceEvent | StoryNote)[];
  /** The same as text, one line a step. */
  readonly story: string;
}

/** How a simulation failed. */
export interface SimulationFailure {
  /** What noticed it: one of the checks of every run, a property, or `sometimes` for one that no run has seen. */
  readonly check: CheckName | 'sometimes';
  /** The name of the property, if it is one. */
  readonly property: string | undefined;
  /** What is wrong, in the small run. */
  readonly message: string;
  /** The seed of the run that failed; undefined for `sometimes`. */
  readonly seed: number | undefined;
  /** A call that runs it again. */
  readonly replay: string;
  /** Whether the run repeats itself. If it does not, something outside the simulation takes part, and nothing is shrunk. */
  readonly isRepeatable: boolean;
  readonly counterexample: Counterexample | undefined;
  /** The last snapshot of the small run that completed. */
  readonly snapshot: GlobalSnapshot | undefined;
}

/** What `simulate` rejects with when a run fails; its message has all that is needed to run it again. */
export class SimulationError extends PanoramaError {
  readonly failure: SimulationFailure;

  constructor(message: string, failure: SimulationFailure) {
    super('counterexample', message);
    this.failure = failure;
  }
}

/** A run that fails, told. */
export function counterexampleOf({ config, snapshot }: RunSetup, run: SimulatedRun): Counterexample {
  const processes = Object.keys(config.processes);
  return {
    processes,
    channels: config.channels.map(([from, to]) => channelId(from, to)),
    steps: run.steps,
    trace: run.story,
    story: tellStory(run.story, { processes, snapshot }),
  };
}
