import type { EventObject } from 'xstate';
import type { ChannelPair } from '../../channel/topology.js';
import { expected } from '../../checks.js';
import { PanoramaError } from '../../errors.js';
import type { GlobalSnapshot } from '../../global-snapshot.js';
import type { ParsedConfig } from '../../network/options.js';
import type { SnapshotOf } from '../../network/snapshot-of.js';
import type { Processes } from '../../process/process-config.js';
import { parseOutsideEvent, type AnyOutsideEvent, type OutsideEvent } from '../outside-event.js';
import { parseProperties, type Properties, type Property } from '../properties.js';

/**
 * The events that come from outside: a list, of which each process gets its own in this order, at any time; or a function
 * that gives, for each state, those any one of which may come then. The function must depend on the state alone; it is
 * what makes a network with endless traffic finite or not.
 */
export type ExploreTraffic<
  TProcesses extends Processes = Processes,
  TChannels extends readonly ChannelPair[] = readonly ChannelPair[],
> =
  | readonly OutsideEvent<TProcesses>[]
  | ((state: SnapshotOf<TProcesses, TChannels>) => Iterable<OutsideEvent<TProcesses>>);

/** When to stop though not all states are known; the result says so. */
export interface ExploreLimits {
  /** Distinct states; default 1,000,000. */
  readonly maxStates?: number | undefined;
  /** Steps from the initial state; default: no limit. */
  readonly maxDepth?: number | undefined;
  /** Milliseconds; default: no limit. */
  readonly maxMs?: number | undefined;
}

/** How far an exploration is. */
export interface ExploreProgress {
  /** Distinct states met so far. */
  readonly states: number;
  /** Steps between states taken so far. */
  readonly edges: number;
  /** Steps from the initial state to those that are looked at now. */
  readonly depth: number;
  /** States met and not looked at yet. */
  readonly queue: number;
  readonly elapsedMs: number;
  readonly statesPerSecond: number;
}

/** What to explore, and what is claimed of it. */
export interface ExploreOptions<
  TProcesses extends Processes = Processes,
  TChannels extends readonly ChannelPair[] = readonly ChannelPair[],
> {
  readonly traffic?: ExploreTraffic<TProcesses, TChannels> | undefined;
  readonly properties?: Properties<SnapshotOf<TProcesses, TChannels>> | undefined;
  readonly limits?: ExploreLimits | undefined;
  /** Begins in this global state instead of with fresh processes. */
  readonly snapshot?: GlobalSnapshot | undefined;
  /**
   * `partial-order` leaves out states that differ from others in the order of steps of different processes alone, where
   * no property can tell: the verdicts and the states in which nothing can be done any more are the same, the number of
   * states is not, and an example need not be the shortest. Default `none`.
   */
  readonly reduction?: 'none' | 'partial-order' | undefined;
  /** Stops at the first state that contradicts an `always` property; default true. With false, all states are counted. */
  readonly stopAtViolation?: boolean | undefined;
  /** Stops when it aborts; the result has what is known by then. */
  readonly signal?: AbortSignal | undefined;
  /** Is called several times a second, and at the end. */
  readonly onProgress?: ((progress: ExploreProgress) => void) | undefined;
}

/** Traffic that was checked. */
export interface ParsedTraffic {
  /** By process: its events, in their order. */
  readonly script: ReadonlyMap<string, readonly EventObject[]>;
  /** The events that may come in a state, if that is a function. */
  readonly choose: ((state: GlobalSnapshot) => readonly AnyOutsideEvent[]) | undefined;
}

/** Options with the defaults in place. */
export interface ParsedExploreOptions {
  readonly traffic: ParsedTraffic;
  readonly properties: readonly Property[];
  readonly maxStates: number;
  readonly maxDepth: number;
  readonly maxMs: number;
  readonly snapshot: GlobalSnapshot | undefined;
  readonly isReduced: boolean;
  readonly stopAtViolation: boolean;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: ExploreProgress) => void) | undefined;
}

const KINDS = ['always', 'sometimes', 'eventually'] as const;
const DEFAULT_MAX_STATES = 1_000_000;

/** Checks the options of an exploration. Throws `invalid-argument`. */
export function parseExploreOptions(options: ExploreOptions, config: ParsedConfig): ParsedExploreOptions {
  const {
    limits = {},
    reduction = 'none',
    stopAtViolation = true,
    properties = {},
    snapshot,
    signal,
    onProgress,
  } = options;
  if (reduction !== 'none' && reduction !== 'partial-order')
    expected("`reduction` to be 'none' or 'partial-order'", reduction);
  const traffic = parseTraffic(options.traffic ?? [], config);
  if (traffic.choose !== undefined && reduction === 'partial-order') {
    throw new PanoramaError(
      'invalid-argument',
      'Expected `traffic` to be a list with `reduction: "partial-order"`, got a function of the state: steps that such traffic watches cannot change places. Leave one of the two out.',
    );
  }
  return {
    traffic,
    properties: parseProperties(properties as Properties<never>, KINDS),
    maxStates: parseLimit('maxStates', limits.maxStates ?? DEFAULT_MAX_STATES),
    maxDepth: parseLimit('maxDepth', limits.maxDepth ?? Infinity),
    maxMs: parseLimit('maxMs', limits.maxMs ?? Infinity),
    snapshot,
    isReduced: reduction === 'partial-order',
    stopAtViolation,
    signal,
    onProgress,
  };
}

function parseLimit(name: string, limit: number): number {
  if (typeof limit !== 'number' || !(limit > 0)) expected(`\`limits.${name}\` to be a number > 0`, limit);
  return limit;
}

function parseTraffic(traffic: ExploreTraffic, config: ParsedConfig): ParsedTraffic {
  const processes = [...config.processes.keys()];
  const script = new Map<string, EventObject[]>();
  if (typeof traffic === 'function') {
    const choose = (state: GlobalSnapshot) =>
      Array.from(traffic(state as never), (sent) => parseOutsideEvent(sent, processes));
    return { script, choose };
  }
  if (!Array.isArray(traffic))
    expected('`traffic` to be a list of { to, event } or a function that gives one', traffic);
  for (const sent of traffic as readonly OutsideEvent[]) {
    const { to, event } = parseOutsideEvent(sent, processes);
    script.set(to, [...(script.get(to) ?? []), event]);
  }
  return { script, choose: undefined };
}
