import type { ChannelPair } from '../channel/topology.js';
import type { GlobalSnapshot } from '../global-snapshot.js';
import type { Parts } from '../network/network.js';
import { parseConfig, type ChannelsBetween, type CheckedConfig, type NetworkConfig } from '../network/options.js';
import type { SnapshotOf } from '../network/snapshot-of.js';
import type { Processes } from '../process/process-config.js';
import type { TraceEvent } from '../trace.js';
import { carryOut } from './shrink.js';
import type { RunSetup } from './simulated-run.js';
import { counterexampleOf, SimulationError } from './simulation-error.js';
import { parseSimulationOptions, type SimulationOptions } from './simulation-options.js';
import type { SimulationStep } from './simulation-step.js';
import type { StoryNote } from './story.js';

/** How single steps are simulated; all optional, as for `simulate`. */
export type StepsOptions<
  TProcesses extends Processes = Processes,
  TChannels extends readonly ChannelPair[] = readonly ChannelPair[],
> = Pick<SimulationOptions<TProcesses, TChannels>, 'properties' | 'observe' | 'snapshot' | 'algorithm'>;

/** What a run of given steps came to. */
export interface StepsReport<TSnapshot = GlobalSnapshot> {
  /** The steps that were possible, and done. */
  readonly steps: readonly SimulationStep[];
  /** The snapshots that completed. */
  readonly snapshots: readonly TSnapshot[];
  /** The most snapshots that were under way at once. */
  readonly overlap: number;
  /** The true global state at the end. */
  readonly state: TSnapshot;
  /** What happened, for `tellStory`. */
  readonly trace: readonly (TraceEvent | StoryNote)[];
}

/**
 * Runs a network through given steps, with all the checks of `simulate`: a counterexample that it found, again and again
 * under a debugger, or steps that a property test made. Afterwards snapshots under way are brought to their end.
 *
 * @param config The network's own config.
 * @param steps What is done, one after the other; a step that is not possible when its turn comes is left out.
 * @returns What it came to; rejects with a {@link SimulationError} when a check or a property fails.
 * @throws `invalid-argument` for a bad config or option.
 */
export function simulateSteps<const TProcesses extends Processes, const TChannels extends ChannelsBetween<TProcesses>>(
  config: CheckedConfig<TProcesses, TChannels>,
  steps: readonly SimulationStep[],
  options: StepsOptions<NoInfer<TProcesses>, NoInfer<TChannels>> = {},
): Promise<StepsReport<SnapshotOf<TProcesses, TChannels>>> {
  return simulateStepsOf({}, config, steps, options as StepsOptions) as unknown as Promise<
    StepsReport<SnapshotOf<TProcesses, TChannels>>
  >;
}

/** {@link simulateSteps} with some parts of the network replaced. */
export function simulateStepsOf(
  parts: Partial<Parts>,
  config: NetworkConfig,
  steps: readonly SimulationStep[],
  options: StepsOptions = {},
): Promise<StepsReport> {
  const parsed = parseSimulationOptions(options, [...parseConfig(config).processes.keys()]);
  const { properties, observe, snapshot, algorithm } = parsed;
  return report({ parts, config, properties, observe, snapshot, algorithm, canAbort: true }, steps);
}

async function report(setup: RunSetup, steps: readonly SimulationStep[]): Promise<StepsReport> {
  const run = await carryOut({ setup, steps });
  const unseen = setup.properties.find(({ kind, name }) => kind === 'sometimes' && !run.seen.has(name))?.name;
  if (run.failure === undefined && unseen === undefined) {
    const { steps, snapshots, counts, state, story } = run;
    return { steps, snapshots, overlap: counts.overlap, state: state!, trace: story };
  }
  const counterexample = counterexampleOf(setup, run);
  const { check, property, message } = run.failure ?? {
    check: 'sometimes' as const,
    property: unseen,
    message: `sometimes "${unseen!}" holds of no state`,
  };
  const replay = `simulateSteps(config, ${JSON.stringify(run.steps)})`;
  throw new SimulationError(`Expected the run to pass, got one in which ${message}.\n${counterexample.story}`, {
    check,
    property,
    message,
    seed: undefined,
    replay,
    isRepeatable: true,
    counterexample,
    snapshot: run.snapshots.at(-1),
  });
}
