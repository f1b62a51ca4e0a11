import { PanoramaError } from '../../errors.js';
import type { GlobalSnapshot } from '../../global-snapshot.js';
import { parseConfig, type ChannelsBetween, type CheckedConfig } from '../../network/options.js';
import { refuseMisfit } from '../../network/refuse-misfit.js';
import type { SnapshotOf } from '../../network/snapshot-of.js';
import type { Processes } from '../../process/process-config.js';
import { createLoop } from '../../schedule/event-loop.js';
import type { Property, PropertyKind } from '../properties.js';
import { findAvoidingWay, type Way } from './liveness.js';
import { Model, type StepCode } from './model.js';
import {
  parseExploreOptions,
  type ExploreOptions,
  type ExploreProgress,
  type ParsedExploreOptions,
} from './options.js';
import { createPath, type ExploredPath } from './path.js';
import { Search, type StopReason } from './search.js';
import { viewOf, type Reads } from './view.js';

/** What came of a property. */
export interface PropertyResult<TState = GlobalSnapshot> {
  readonly name: string;
  readonly kind: PropertyKind;
  /** `undecided` when the exploration stopped before it could be known. */
  readonly verdict: 'holds' | 'violated' | 'undecided';
  /** For an `always` that threw: what. */
  readonly because?: string;
  /** How it is violated; for `sometimes`, how it comes to hold. Without reduction, no other is shorter for `always` and `sometimes`. */
  readonly path: ExploredPath<TState> | undefined;
}

/** All global states of a network, and what holds of them. */
export interface Exploration<TState = GlobalSnapshot> {
  /** Whether every state that can be reached was met; if not, the numbers are of those that were. */
  readonly complete: boolean;
  /** Why not every state was met. */
  readonly stoppedBy: StopReason | undefined;
  /** Distinct global states: recorded states with their timers, channel contents, and how far the traffic is. */
  readonly states: number;
  /** Steps between them; two that lead from one state to the same other one are two. */
  readonly edges: number;
  /** Steps from the initial state to the state farthest from it. */
  readonly depth: number;
  /** States in which no step can be taken. */
  readonly terminal: number;
  /** In the order of the properties. */
  readonly properties: readonly PropertyResult<TState>[];
  /** Processes whose logic fails in some state, and how it comes to that; such a state is one like others. */
  readonly failures: readonly {
    readonly process: string;
    readonly error: unknown;
    readonly path: ExploredPath<TState>;
  }[];
  readonly elapsedMs: number;
  /** The states in which no step can be taken. */
  terminalStates(): Iterable<TState>;
  /**
   * Throws unless every property holds.
   *
   * @throws `property-violated`, with the story of the counterexample; or saying what stopped the exploration.
   */
  assertProperties(): void;
}

/**
 * Explores every interleaving of a small network: every order in which messages can be delivered, timers can fire and
 * outside events can come.
 *
 * A state is a global state of the network; a step is the delivery of the oldest message of a channel, a timer that
 * fires, or an event from outside, with all that the process does then. Within a process timers fire as their delays say,
 * earliest first, and time passes for it by its own timers alone: a message comes at any moment before the next of them.
 * The times of different processes are not compared. The order of a `Map`'s or `Set`'s entries, and of keys, is no part
 * of a state.
 *
 * @param config The network, as for `createNetwork`. Its logic must be a function of events: promises, callbacks and
 *   observables are refused by name; what a sample of steps, taken twice, shows not to repeat itself is refused too.
 * @returns Resolves also when a property is violated, a limit is reached or `signal` aborts: look at the result.
 *   Rejects with `not-replayable` or `not-recordable` for logic that cannot be explored.
 * @throws `invalid-argument` for a bad config or option; `does-not-fit` for a snapshot of another network.
 */
export function explore<const TProcesses extends Processes, const TChannels extends ChannelsBetween<TProcesses>>(
  config: CheckedConfig<TProcesses, TChannels>,
  options: ExploreOptions<TProcesses, TChannels> = {},
): Promise<Exploration<SnapshotOf<TProcesses, TChannels>>> {
  const parsedConfig = parseConfig(config);
  const parsed = parseExploreOptions(options as unknown as ExploreOptions, parsedConfig);
  if (parsed.snapshot !== undefined) refuseMisfit(parsed.snapshot, parsedConfig);
  // What the application's logic throws from here on rejects.
  const exploring = Promise.resolve().then(() => new Exploring(new Model(parsedConfig, parsed.traffic), parsed).result);
  return exploring as Promise<unknown> as Promise<Exploration<SnapshotOf<TProcesses, TChannels>>>;
}

/** How long states are looked at before the event loop gets its turn, in milliseconds. */
const SLICE_MS = 10;
/** How often progress is told, in milliseconds. */
const PROGRESS_MS = 200;
/** Steps of each process that are taken again in each slice, and at the end. */
const CHECKS = { perSlice: 1, atEnd: 200 };
/** States between two looks at the clock. */
const STATES_PER_LOOK = 64;

/** One exploration under way. */
class Exploring {
  readonly result: Promise<Exploration>;
  private readonly reads: Reads | undefined;
  private readonly startedAt = performance.now();
  private toldAt = this.startedAt;
  private search: Search;

  constructor(
    private readonly model: Model,
    private readonly options: ParsedExploreOptions,
  ) {
    this.reads = options.isReduced ? { processes: new Set(), channels: new Set() } : undefined;
    this.search = new Search(model, options, this.reads);
    this.result = new Promise((resolve, reject) => {
      const loop = createLoop(() => {
        try {
          if (this.advance()) return true;
          this.end();
          resolve(this.summary());
        } catch (error) {
          reject(error as Error);
        }
        return false;
      });
      loop.wake();
    });
  }

  /** Looks at states for a while; returns whether some are left. */
  private advance(): boolean {
    const { signal, maxMs } = this.options;
    const end = performance.now() + SLICE_MS;
    do {
      for (let n = 0; n < STATES_PER_LOOK && !this.search.isOver; n++) this.lookAtNext();
      if (this.search.isOver) return false;
    } while (performance.now() < end);
    this.model.check(CHECKS.perSlice);
    if (signal?.aborted) this.search.stoppedBy = 'signal';
    else if (this.elapsedMs > maxMs) this.search.stoppedBy = 'max-ms';
    if (performance.now() - this.toldAt >= PROGRESS_MS) this.tellProgress();
    return !this.search.isOver;
  }

  private lookAtNext(): void {
    const known = this.reads && this.reads.processes.size + this.reads.channels.size;
    this.search.advance();
    // Steps left out so far were unseen by what the properties had read by then: it all begins anew, with steps known.
    if (this.reads !== undefined && this.reads.processes.size + this.reads.channels.size !== known) {
      this.search = new Search(this.model, this.options, this.reads);
    }
  }

  private end(): void {
    // What asks the time gives the same twice within a millisecond.
    for (const now = Date.now(); Date.now() === now;);
    this.model.check(CHECKS.atEnd);
    this.tellProgress();
  }

  private tellProgress(): void {
    this.toldAt = performance.now();
    this.options.onProgress?.(this.progress());
  }

  private get elapsedMs(): number {
    return performance.now() - this.startedAt;
  }

  private progress(): ExploreProgress {
    const { states, edges, depth, queue } = this.search;
    const { elapsedMs } = this;
    return { states, edges, depth, queue, elapsedMs, statesPerSecond: (states / elapsedMs) * 1000 };
  }

  private summary(): Exploration {
    const { search, model } = this;
    const { states, edges, depth, stoppedBy } = search;
    const properties = this.options.properties.map((property) => this.resultOf(property));
    const failures = Array.from(search.failed, ([process, index]) => {
      const path = this.pathTo(index);
      const { snapshot } = model.locals[process]!.get(search.state(index)[process]!).recorded;
      return { process: model.processIds[process]!, error: (snapshot as { error?: unknown }).error, path };
    });
    const stateOf = (index: number) => viewOf(model, search.state(index));
    return {
      complete: stoppedBy === undefined,
      stoppedBy,
      states,
      edges,
      depth,
      terminal: search.terminal.length,
      properties,
      failures,
      elapsedMs: this.elapsedMs,
      *terminalStates() {
        for (let at = 0; at < search.terminal.length; at++) yield stateOf(search.terminal.get(at));
      },
      assertProperties: () => assertAll(properties, stoppedBy),
    };
  }

  private resultOf(property: Property): PropertyResult {
    const { name, kind } = property;
    const { search } = this;
    const isComplete = search.stoppedBy === undefined;
    if (kind === 'eventually') {
      const way = findAvoidingWay(search, search.eventual.get(property)!);
      if (way !== undefined) return { name, kind, verdict: 'violated', path: this.pathOf(way) };
      return { name, kind, verdict: isComplete ? 'holds' : 'undecided', path: undefined };
    }
    const decision = search.deciding.get(property);
    const decided = kind === 'always' ? 'violated' : 'holds';
    if (decision !== undefined) {
      const { index, because } = decision;
      const path = this.pathTo(index);
      return { name, kind, verdict: decided, ...(because === undefined ? {} : { because }), path };
    }
    const otherwise = kind === 'always' ? 'holds' : 'violated';
    return { name, kind, verdict: isComplete ? otherwise : 'undecided', path: undefined };
  }

  private pathTo(index: number): ExploredPath {
    const { states, steps } = this.search.pathTo(index);
    return this.createPath(states, steps, undefined);
  }

  private pathOf({ edges, repeatsFrom }: Way): ExploredPath {
    const states = [0, ...edges.map(({ to }) => to)];
    const steps = edges.map(({ step }) => step);
    return this.createPath(states, steps, repeatsFrom);
  }

  private createPath(
    states: readonly number[],
    steps: readonly StepCode[],
    repeatsFrom: number | undefined,
  ): ExploredPath {
    const { search, model } = this;
    return createPath({
      processes: model.processIds,
      snapshot: this.options.snapshot && viewOf(model, search.state(0)),
      starts: search.starts,
      steps: steps.map((step, index) => model.tell(search.state(states[index]!), step)),
      repeatsFrom,
      state: viewOf(model, search.state(states.at(-1)!)),
    });
  }
}

function assertAll(properties: readonly PropertyResult[], stoppedBy: StopReason | undefined): void {
  const failing =
    properties.find(({ verdict }) => verdict === 'violated') ??
    properties.find(({ verdict }) => verdict === 'undecided');
  if (failing === undefined) return;
  const { name, kind, verdict, because, path } = failing;
  const what =
    kind === 'always'
      ? 'to hold in every state'
      : kind === 'sometimes'
        ? 'to hold in some state'
        : 'to hold sooner or later on every way';
  const got =
    verdict === 'undecided'
      ? `an exploration that was stopped before it could tell (${stoppedBy}). Raise the limit, or explore a smaller network.`
      : path === undefined
        ? 'none.'
        : `this${because === undefined ? '' : ` (${because})`}:\n${path.story}`;
  throw new PanoramaError('property-violated', `Expected "${name}" ${what}, got ${got}`);
}
