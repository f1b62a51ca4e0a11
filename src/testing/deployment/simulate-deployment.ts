import { createRandom } from '../../schedule/random.js';
import type { AnyGlobalSnapshot, GlobalSnapshot } from '../../global-snapshot.js';
import { Pace } from '../pace.js';
import { isSameFailure, removeSteps } from '../remove-steps.js';
import { failedRun, unseenProperty, type Counterexample, type SimulationError } from '../simulation-error.js';
import { tellStory } from '../story.js';
import { DeploymentChoice } from './deployment-choice.js';
import {
  DEPLOYMENT_FAULTS,
  FAULT_NAMES,
  parseDeploymentOptions,
  type DeploymentFaultName,
  type DeploymentOptions,
  type ParsedDeploymentOptions,
} from './deployment-options.js';
import { DeploymentRun, type DeploymentFailure } from './deployment-run.js';
import type { DeploymentStep } from './deployment-step.js';
import type { DeploymentParts } from './deployment.js';
import type { Programs } from './program.js';

/** What the simulation of a deployment in which nothing failed has seen. */
export interface DeploymentReport {
  /** The seed of the first run. */
  readonly seed: number;
  readonly runs: number;
  readonly steps: number;
  /** Events from outside that a program took. */
  readonly events: number;
  readonly snapshots: { readonly completed: number; readonly aborted: number };
  /** How often a process went back to a checkpoint. */
  readonly rollbacks: number;
  /** How often each fault happened. */
  readonly faults: Readonly<Record<DeploymentFaultName, number>>;
  /** In how many runs each `sometimes` property was seen. */
  readonly sometimes: Readonly<Record<string, number>>;
  readonly durationMs: number;
}

/** Runs that are tried to find a smaller one. */
const MOST_TRIES = 600;

/**
 * Runs a whole deployment, program by program as they are, hundreds of times in one world without chance but its seed:
 * links, stores, logs of inputs, clocks; and programs that are killed at any moment, stand still, run twice, are cut off
 * from one another or from their disks.
 *
 * Every run is checked: an input that was said to be safe counts once; every snapshot is consistent, has the messages that
 * were sent and not received, and under supervision all programs; when nothing goes wrong any more, a snapshot of all
 * completes in time, and of each program one life acts; timers and queues do not grow for ever; no process fails; and the
 * properties hold.
 *
 * A run takes no real time. What cannot be repeated is what does not come from the program's environment: real I/O, real
 * time, `Math.random`.
 *
 * @param options The programs, traffic, faults, properties, and how much of everything; see {@link DeploymentOptions}.
 * @returns What was seen, when no run fails.
 *   Rejects with a {@link SimulationError} when one does, or when a `sometimes` property was never seen: its message has a
 *   call that repeats the run, and the run's story after it was shrunk. Rejects with the signal's reason when it aborts.
 * @throws `invalid-argument` for a bad option.
 */
export function simulateDeployment<
  const TPrograms extends Programs,
  TSnapshot extends AnyGlobalSnapshot = GlobalSnapshot,
>(options: DeploymentOptions<TPrograms, TSnapshot>): Promise<DeploymentReport> {
  return simulateDeploymentOf({}, options as unknown as DeploymentOptions);
}

/** {@link simulateDeployment} with some parts replaced. */
export function simulateDeploymentOf(parts: DeploymentParts, options: DeploymentOptions): Promise<DeploymentReport> {
  return new DeploymentSimulation(parts, parseDeploymentOptions(options as never)).run();
}

/** A run, as what is done in it. */
interface Plan {
  readonly seed: number;
  readonly steps: readonly DeploymentStep[];
}

class DeploymentSimulation {
  private readonly pace: Pace;
  private readonly counts = { steps: 0, events: 0, completed: 0, aborted: 0, rollbacks: 0 };
  private readonly faults = Object.fromEntries(FAULT_NAMES.map((name) => [name, 0])) as Record<
    DeploymentFaultName,
    number
  >;
  private readonly seen: Map<string, number>;

  constructor(
    private readonly parts: DeploymentParts,
    private readonly options: ParsedDeploymentOptions,
  ) {
    this.pace = new Pace(options);
    const sometimes = options.properties.filter(({ kind }) => kind === 'sometimes');
    this.seen = new Map(sometimes.map(({ name }) => [name, 0]));
  }

  async run(): Promise<DeploymentReport> {
    const { seed, runs } = this.options;
    for (let index = 0; index < runs; index++) {
      await this.pace.breathe(index, 0);
      const run = await this.runOnce(seed + index);
      if (run.failure !== undefined) throw await this.errorOf(run, run.failure, index);
    }
    const unseen = [...this.seen].find(([, count]) => count === 0);
    if (unseen !== undefined) throw unseenProperty(unseen[0], runs, this.replayOf(seed, runs));
    const { steps, events, rollbacks, ...snapshots } = this.counts;
    const { durationMs } = this.pace;
    const sometimes = Object.fromEntries(this.seen);
    return { seed, runs, steps, events, snapshots, rollbacks, faults: this.faults, sometimes, durationMs };
  }

  private async runOnce(seed: number): Promise<DeploymentRun> {
    const { steps } = this.options;
    const run = typeof steps === 'number' ? await this.runAtRandom(seed, steps) : await this.carryOut({ seed, steps });
    this.counts.steps += run.steps.length;
    for (const key of ['events', 'completed', 'aborted', 'rollbacks'] as const) this.counts[key] += run.counts[key];
    for (const name of run.seen) this.seen.set(name, this.seen.get(name)! + 1);
    return run;
  }

  private async runAtRandom(seed: number, steps: number): Promise<DeploymentRun> {
    const run = this.createRun(seed);
    const choice = new DeploymentChoice(this.options, createRandom(seed), (fault) => this.faults[fault]++);
    await run.begin();
    for (let n = 0; n < steps && run.failure === undefined; n++) {
      const step = choice.next(run.world);
      if (step === undefined) break;
      await run.perform(step);
    }
    await run.finish();
    return run;
  }

  private async carryOut({ seed, steps }: Plan): Promise<DeploymentRun> {
    const run = this.createRun(seed);
    await run.begin();
    for (const step of steps) if (run.failure === undefined) await run.perform(step);
    await run.finish();
    return run;
  }

  private createRun(seed: number): DeploymentRun {
    const { parts } = this;
    const { programs, restart, properties, settleMs } = this.options;
    return new DeploymentRun({ parts, programs, restart, properties, settleMs, seed });
  }

  private async errorOf(
    run: DeploymentRun,
    failure: DeploymentFailure,
    index: number,
  ): Promise<SimulationError<DeploymentStep>> {
    const seed = this.options.seed + index;
    const again = await this.carryOut({ seed, steps: run.steps });
    const isRepeatable = isSameFailure(failure, again.failure);
    await this.pace.breathe(index + 1, 1);
    const small = isRepeatable ? await this.shrink(seed, again, failure) : run;
    const { check, property, message } = small.failure!;
    return failedRun({
      check,
      property,
      message,
      index,
      runs: this.options.runs,
      seed,
      replay: this.replayOf(seed),
      isRepeatable,
      size: `${small.steps.length} step(s); found with ${run.steps.length}`,
      counterexample: this.counterexampleOf(small),
      snapshot: small.snapshots.at(-1),
    });
  }

  /** Looks for a run of fewer steps that fails in the same way, until it goes no smaller. */
  private async shrink(seed: number, found: DeploymentRun, failure: DeploymentFailure): Promise<DeploymentRun> {
    let best = found;
    let tries = MOST_TRIES;
    const attempt = async (steps: readonly DeploymentStep[]) => {
      if (tries-- <= 0 || this.options.signal?.aborted === true) return false;
      const run = await this.carryOut({ seed, steps });
      if (!isSameFailure(failure, run.failure)) return false;
      best = run;
      return true;
    };
    for (let size = Infinity; best.steps.length < size && tries > 0;) {
      size = best.steps.length;
      await removeSteps(() => best.steps, attempt);
    }
    return best;
  }

  private counterexampleOf({ steps, story: trace }: DeploymentRun): Counterexample<DeploymentStep> {
    const processes = Object.keys(this.options.programs);
    return { processes, channels: [], steps, trace, story: tellStory(trace, { inFlight: false }) };
  }

  /** The call as one would write it; what is no plain number by its name alone. */
  private replayOf(seed: number, runs = 1): string {
    const { steps, faults, restart, programs, traffic, properties, settleMs } = this.options;
    const isDefault = FAULT_NAMES.every((name) => faults[name] === DEPLOYMENT_FAULTS[name]);
    const rates = FAULT_NAMES.filter((name) => faults[name] > 0).map((name) => `${name}: ${faults[name]}`);
    const parts = [
      'programs',
      `seed: ${seed}`,
      `runs: ${runs}`,
      typeof steps === 'number' ? `steps: ${steps}` : 'steps',
      ...(isDefault ? [] : [`faults: { ${rates.join(', ')} }`]),
      ...(restart.length === Object.keys(programs).length ? [] : ['restart']),
      `settleMs: ${settleMs}`,
      ...(traffic === undefined ? [] : ['traffic']),
      ...(properties.length === 0 ? [] : ['properties']),
    ];
    return `simulateDeployment({ ${parts.join(', ')} })`;
  }
}
