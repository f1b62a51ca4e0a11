import { channelId } from '../channel/topology.js';
import type { Parts } from '../network/network.js';
import { parseConfig, type ChannelsBetween, type CheckedConfig, type NetworkConfig } from '../network/options.js';
import type { Processes } from '../process/process-config.js';
import { createRandom } from '../schedule/random.js';
import type { OutsideEvent } from './outside-event.js';
import { Pace } from './pace.js';
import { isSameFailure } from './remove-steps.js';
import { carryOut, shrink, type RunPlan } from './shrink.js';
import { SimulatedRun, type Failure, type RunSetup } from './simulated-run.js';
import { counterexampleOf, failedRun, unseenProperty, type SimulationError } from './simulation-error.js';
import {
  FAULTS,
  parseSimulationOptions,
  type FaultName,
  type ParsedOptions,
  type SimulationOptions,
} from './simulation-options.js';
import { StepChoice } from './step-choice.js';

/** What a simulation in which nothing failed has seen. */
export interface SimulationReport {
  /** The seed of the first run. */
  readonly seed: number;
  readonly runs: number;
  readonly deliveries: number;
  /** Events sent from outside. */
  readonly events: number;
  readonly snapshots: {
    readonly completed: number;
    /** Given up by the simulation itself. */
    readonly aborted: number;
    /** The most that were under way at once. */
    readonly overlap: number;
  };
  /** How often each fault happened. */
  readonly faults: Readonly<Record<FaultName, number>>;
  /** In how many runs each `sometimes` property was seen. */
  readonly sometimes: Readonly<Record<string, number>>;
  readonly durationMs: number;
}

/**
 * Runs a network thousands of times in a world without chance but its seed: what is delivered next, when time passes,
 * what comes in from outside, when snapshots begin and who begins them, what goes wrong.
 *
 * Every run is checked: messages are neither lost nor doubled nor reordered; every snapshot completes or is given up by
 * the simulation, is consistent, has one marker a channel, and is what the trace says was recorded; the last one
 * restores and goes on; the true state at the end agrees with the trace; no process fails; and the properties hold.
 *
 * A run takes no real time: timers are those of a simulated clock, and promises settle between steps. What cannot be
 * repeated is what comes from elsewhere: real I/O, real time, `Math.random`.
 *
 * @param config The network's own config, unchanged.
 * @param options The seed, how much of everything, traffic, faults and properties; see {@link SimulationOptions}.
 * @returns What was seen, when no run fails.
 *   Rejects with a {@link SimulationError} when one does, or when a `sometimes` property was never seen: its message has a
 *   call that repeats the run, and the run's story after it was shrunk. Rejects with the signal's reason when it aborts.
 * @throws `invalid-argument` for a bad config or option.
 */
export function simulate<
  const TProcesses extends Processes,
  const TChannels extends ChannelsBetween<TProcesses>,
  const TEvent extends OutsideEvent<NoInfer<TProcesses>> = OutsideEvent<NoInfer<TProcesses>>,
>(
  config: CheckedConfig<TProcesses, TChannels>,
  options: SimulationOptions<NoInfer<TProcesses>, NoInfer<TChannels>, TEvent> = {},
): Promise<SimulationReport> {
  return simulateOf({}, config, options as unknown as SimulationOptions);
}

/** {@link simulate} with some parts of the network replaced. */
export function simulateOf(
  parts: Partial<Parts>,
  config: NetworkConfig,
  options: SimulationOptions,
): Promise<SimulationReport> {
  const { processes } = parseConfig(config);
  return new Simulation(parts, config, parseSimulationOptions(options, [...processes.keys()])).run();
}

class Simulation {
  private readonly pace: Pace;
  private readonly setup: RunSetup;
  private readonly channels: readonly string[];
  private readonly counts = { deliveries: 0, events: 0, completed: 0, aborted: 0, overlap: 0 };
  private readonly faults = Object.fromEntries(FAULTS.map((name) => [name, 0])) as Record<FaultName, number>;
  private readonly seen: Map<string, number>;

  constructor(
    parts: Partial<Parts>,
    private readonly config: NetworkConfig,
    private readonly options: ParsedOptions,
  ) {
    this.pace = new Pace(options);
    const { properties, observe, snapshot, algorithm, faults } = options;
    this.setup = { parts, config, properties, observe, snapshot, algorithm, canAbort: faults.abort > 0 };
    this.channels = config.channels.map(([from, to]) => channelId(from, to));
    this.seen = new Map(properties.flatMap(({ kind, name }) => (kind === 'sometimes' ? [[name, 0] as const] : [])));
  }

  async run(): Promise<SimulationReport> {
    const { seed, runs } = this.options;
    for (let index = 0; index < runs; index++) {
      await this.pace.breathe(index, 0);
      const run = await this.runOnce(seed + index);
      if (run.failure !== undefined) throw await this.errorOf(run, run.failure, index);
    }
    const unseen = [...this.seen].find(([, count]) => count === 0);
    if (unseen !== undefined) {
      throw unseenProperty(unseen[0], runs, `simulate(config, ${this.optionsText(seed, runs)})`);
    }
    const { deliveries, events, ...snapshots } = this.counts;
    const { durationMs } = this.pace;
    const sometimes = Object.fromEntries(this.seen);
    return { seed, runs, deliveries, events, snapshots, faults: this.faults, sometimes, durationMs };
  }

  private async runOnce(seed: number): Promise<SimulatedRun> {
    const run = new SimulatedRun(this.setup);
    const spec = { ...this.options, processes: Object.keys(this.config.processes), channels: this.channels };
    const choice = new StepChoice(spec, createRandom(seed), (fault) => this.faults[fault]++);
    while (run.failure === undefined) {
      const step = choice.next(run);
      if (step === undefined) break;
      const done = run.perform(step);
      if (typeof done !== 'boolean') await done;
    }
    await run.finish();
    const { counts } = this;
    for (const key of ['deliveries', 'events', 'completed', 'aborted'] as const) counts[key] += run.counts[key];
    counts.overlap = Math.max(counts.overlap, run.counts.overlap);
    for (const name of run.seen) this.seen.set(name, this.seen.get(name)! + 1);
    return run;
  }

  private async errorOf(run: SimulatedRun, failure: Failure, index: number): Promise<SimulationError> {
    const seed = this.options.seed + index;
    const replay = `simulate(config, ${this.optionsText(seed)})`;
    const plan: RunPlan = { setup: this.setup, steps: run.steps };
    const again = await carryOut(plan);
    const isRepeatable = isSameFailure(failure, again.failure);
    await this.pace.breathe(index + 1, 1);
    const small = isRepeatable ? await this.smallest(plan, failure) : { setup: this.setup, run };
    const counterexample = counterexampleOf(small.setup, small.run);
    const { check, property, message } = small.run.failure!;
    const snapshot = small.run.snapshots.at(-1);
    const size = `${counterexample.processes.length} process(es), ${small.run.counts.events} event(s) from outside, ${countSnapshots(small.run)} snapshot(s), ${small.run.steps.length} step(s); found with ${Object.keys(this.config.processes).length}, ${run.counts.events}, ${countSnapshots(run)}, ${run.steps.length}`;
    return failedRun({
      check,
      property,
      message,
      index,
      runs: this.options.runs,
      seed,
      replay,
      isRepeatable,
      size,
      counterexample,
      snapshot,
    });
  }

  private async smallest(plan: RunPlan, failure: Failure) {
    const isOver = () => this.options.signal?.aborted === true;
    const small = await shrink(plan, failure, isOver);
    return { setup: small.setup, run: await carryOut(small) };
  }

  /** The options as one would write them; what is no plain number by its name alone. */
  private optionsText(seed: number, runs = 1): string {
    const { steps, snapshots, faults, observe, traffic, properties, snapshot, algorithm } = this.options;
    const rates = FAULTS.filter((name) => faults[name] > 0).map((name) => `${name}: ${faults[name]}`);
    const parts = [
      `seed: ${seed}`,
      `runs: ${runs}`,
      `steps: ${steps}`,
      `snapshots: ${snapshots}`,
      ...(rates.length > 0 ? [`faults: { ${rates.join(', ')} }`] : []),
      ...(observe === 'step' ? [`observe: 'step'`] : []),
      ...(typeof traffic === 'function' || traffic.length > 0 ? ['traffic'] : []),
      ...(properties.length > 0 ? ['properties'] : []),
      ...(snapshot !== undefined ? ['snapshot'] : []),
      ...(algorithm !== undefined ? [`algorithm: ${camelCase(algorithm.name)}`] : []),
    ];
    return `{ ${parts.join(', ')} }`;
  }
}

const countSnapshots = (run: SimulatedRun) => run.steps.filter((step) => step.do === 'snapshot').length;

/** The name of what an algorithm is exported as. */
const camelCase = (name: string) => name.replace(/-./g, ([, letter]) => letter!.toUpperCase());
