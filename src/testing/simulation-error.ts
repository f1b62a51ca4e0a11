import { channelId } from '../channel/topology.js';
import { PanoramaError } from '../errors.js';
import type { GlobalSnapshot } from '../global-snapshot.js';
import type { TraceEvent } from '../trace.js';
import type { DeploymentCheckName } from './deployment/deployment-run.js';
import type { CheckName, RunSetup, SimulatedRun } from './simulated-run.js';
import type { SimulationStep } from './simulation-step.js';
import { tellStory, type StoryNote } from './story.js';

/** A run that fails, made as small as it would go. */
export interface Counterexample<TStep = SimulationStep> {
  /** The processes that it takes. */
  readonly processes: readonly string[];
  /** Ids of the channels that it takes. */
  readonly channels: readonly string[];
  /** What is done in it; `simulateSteps`, or `simulateDeployment` with these `steps`, does it again. */
  readonly steps: readonly TStep[];
  /** What happens in it, for `tellStory`. */
  readonly trace: readonly (TraceEvent | StoryNote)[];
  /** The same as text, one line a step. */
  readonly story: string;
}

/** How a simulation failed. */
export interface SimulationFailure<TStep = SimulationStep> {
  /** What noticed it: one of the checks of every run, a property, or `sometimes` for one that no run has seen. */
  readonly check: CheckName | DeploymentCheckName | 'sometimes';
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
  readonly counterexample: Counterexample<TStep> | undefined;
  /** The last snapshot of the small run that completed. */
  readonly snapshot: GlobalSnapshot | undefined;
}

/** What `simulate` and `simulateDeployment` reject with when a run fails; its message has all that is needed to run it again. */
export class SimulationError<TStep = SimulationStep> extends PanoramaError {
  readonly failure: SimulationFailure<TStep>;

  constructor(message: string, failure: SimulationFailure<TStep>) {
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

/** A run of a simulation that failed, shrunk. */
interface FailedRun<TStep> extends Pick<
  SimulationFailure<TStep>,
  'replay' | 'isRepeatable' | 'snapshot' | 'check' | 'property' | 'message'
> {
  /** Which of how many runs it was, and its seed. */
  readonly index: number;
  readonly runs: number;
  readonly seed: number;
  /** How much is in the small run, and was in the one that was found. */
  readonly size: string;
  readonly counterexample: Counterexample<TStep>;
}

/** What a simulation rejects with when a run fails. */
export function failedRun<TStep>({ index, runs, size, ...failure }: FailedRun<TStep>): SimulationError<TStep> {
  const { message, replay, isRepeatable, counterexample } = failure;
  const shrunk = isRepeatable
    ? `Shrunk to ${size}:`
    : 'It does not repeat itself: something outside the simulation takes part, such as real time, I/O or Math.random. As it was:';
  const head = `Expected every run to pass, got run ${index + 1} of ${runs} in which ${message}.`;
  return new SimulationError(`${head}\nReplay: ${replay}\n${shrunk}\n${counterexample.story}`, failure);
}

/** What a simulation rejects with when no run has seen what some state is to show. */
export function unseenProperty<TStep>(property: string, runs: number, replay: string): SimulationError<TStep> {
  const message = `sometimes "${property}" holds of no state in ${runs} run(s)`;
  return new SimulationError(
    `Expected some state of some run to show it, got none: ${message}. Give it more runs, steps or traffic, or mend the property.\nReplay: ${replay}`,
    {
      check: 'sometimes',
      property,
      message,
      seed: undefined,
      replay,
      isRepeatable: true,
      counterexample: undefined,
      snapshot: undefined,
    },
  );
}
