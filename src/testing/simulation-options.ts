/** What a simulation is told, checked where it comes in. */
import type { ChannelPair } from '../channel/topology.js';
import { expected, isNoObject } from '../checks.js';
import type { GlobalSnapshot } from '../global-snapshot.js';
import { parseAlgorithm } from '../network/options.js';
import type { SnapshotOf } from '../network/snapshot-of.js';
import type { Processes } from '../process/process-config.js';
import type { Random } from '../schedule/random.js';
import type { Algorithm } from '../snapshot/algorithms/algorithm.js';
import { parseOutsideEvent, type AnyOutsideEvent, type OutsideEvent } from './outside-event.js';
import { parseProperties, type Property, type StateProperties } from './properties.js';

/**
 * What comes in from outside: a list, each event of which is sent once in every run, in the list's order for each
 * process; or a function that makes one event after the other, all chance taken from `random`.
 */
export type Traffic<TEvent extends AnyOutsideEvent = OutsideEvent> =
  readonly TEvent[] | ((random: Random) => TEvent | undefined);

/** What can go wrong, each with its probability per step, in [0, 1]; what is left out never does. */
export interface Faults {
  /** A process stops for good; it still passes markers on. */
  readonly stop?: number | undefined;
  /** All of the network goes back to the last complete snapshot and on from there. */
  readonly rollback?: number | undefined;
  /** A link is cut: nothing is delivered on one channel until it is mended. Nothing is lost on it either. */
  readonly cut?: number | undefined;
  /** What is on one channel takes a while longer than all else. */
  readonly delay?: number | undefined;
  /** A process is slow for a while: others get far ahead of it. */
  readonly slow?: number | undefined;
  /** A snapshot under way is given up, by its signal. */
  readonly abort?: number | undefined;
}

/** The name of a fault. */
export type FaultName = keyof Faults;

/** All faults, in the order in which they are drawn. */
export const FAULTS = ['stop', 'rollback', 'cut', 'delay', 'slow', 'abort'] as const satisfies readonly FaultName[];

/** How far a simulation has come. */
export interface SimulationProgress {
  readonly runs: number;
  /** Of how many. */
  readonly of: number;
  readonly runsPerSecond: number;
  /** Runs that failed: 1 while the failure is being shrunk. */
  readonly failures: number;
}

/** How a network is simulated; all optional. */
export interface SimulationOptions<
  TProcesses extends Processes = Processes,
  TChannels extends readonly ChannelPair[] = readonly ChannelPair[],
  TEvent extends OutsideEvent<TProcesses> = OutsideEvent<TProcesses>,
> {
  /** Of the first run; each later one has the next number. Default: drawn anew, and named in the report. */
  readonly seed?: number | undefined;
  /** Default 1000. */
  readonly runs?: number | undefined;
  /** Steps of a run, deliveries and all else; then what is left of its snapshots is brought to an end. Default 100. */
  readonly steps?: number | undefined;
  /** Snapshots begun in a run: by random initiators, overlapping, some in the middle of a step. Default 3. */
  readonly snapshots?: number | undefined;
  /** Events from outside. Default: none. */
  readonly traffic?: Traffic<TEvent> | undefined;
  readonly faults?: Faults | undefined;
  readonly properties?: StateProperties<SnapshotOf<TProcesses, TChannels>> | undefined;
  /**
   * Of which states the properties are: of every complete `snapshot` and the true state at the end of each run; or,
   * several times slower, of the true state after every `step` too. Default `snapshot`.
   */
  readonly observe?: 'snapshot' | 'step' | undefined;
  /** Each run goes on from this global snapshot. Default: actors are fresh. */
  readonly snapshot?: GlobalSnapshot | undefined;
  /** How snapshots are taken, as of `createNetwork`; default `chandy-lamport`. */
  readonly algorithm?: Algorithm | 'chandy-lamport' | undefined;
  /** Ends the simulation early: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called now and then with how far it has come. */
  readonly onProgress?: ((progress: SimulationProgress) => void) | undefined;
}

/** Options with the defaults in place; no longer typed by the config. */
export interface ParsedOptions {
  readonly seed: number;
  readonly runs: number;
  readonly steps: number;
  readonly snapshots: number;
  readonly traffic: readonly AnyOutsideEvent[] | ((random: Random) => AnyOutsideEvent | undefined);
  readonly faults: Readonly<Record<FaultName, number>>;
  readonly properties: readonly Property[];
  readonly observe: 'snapshot' | 'step';
  readonly snapshot: GlobalSnapshot | undefined;
  /** Undefined for the default. */
  readonly algorithm: Algorithm | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: SimulationProgress) => void) | undefined;
}

const KNOWN: readonly (keyof SimulationOptions)[] = [
  'seed',
  'runs',
  'steps',
  'snapshots',
  'traffic',
  'faults',
  'properties',
  'observe',
  'snapshot',
  'algorithm',
  'signal',
  'onProgress',
];

/** Checks the options of a simulation. Throws `invalid-argument`. */
export function parseSimulationOptions(options: SimulationOptions, processes: readonly string[]): ParsedOptions {
  if (isNoObject(options)) return expected('simulation options to be an object', options);
  refuseUnknown(options, KNOWN, 'a simulation option');
  const { runs = 1000, steps = 100, snapshots = 3 } = options;
  const common = parseCommon({ ...options, runs });
  refuseNoCount('steps', steps, 1);
  refuseNoCount('snapshots', snapshots, 0);
  const { traffic = [], faults = {}, properties = {}, observe = 'snapshot' } = options;
  if (typeof traffic !== 'function' && !Array.isArray(traffic)) {
    expected('`traffic` to be a list of { to, event }, or a function that makes one after the other', traffic);
  }
  if (Array.isArray(traffic)) for (const event of traffic) parseOutsideEvent(event, processes);
  if (observe !== 'snapshot' && observe !== 'step') expected('`observe` to be "snapshot" or "step"', observe);
  return {
    ...common,
    steps,
    snapshots,
    traffic: traffic as ParsedOptions['traffic'],
    faults: parseRates(faults, FAULTS),
    properties: parseProperties(properties as StateProperties<never>, ['always', 'sometimes']),
    observe,
    snapshot: options.snapshot,
    algorithm: parseAlgorithm(options.algorithm),
  };
}

/** What every simulation is told. */
type Common = Pick<SimulationOptions, 'seed' | 'runs' | 'signal' | 'onProgress'>;

/** Checks what every simulation is told. Throws `invalid-argument`. */
export function parseCommon({ seed = Math.floor(Math.random() * 2 ** 31), runs, signal, onProgress }: Common) {
  if (!Number.isSafeInteger(seed)) expected('`seed` to be a safe integer', seed);
  refuseNoCount('runs', runs, 1);
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    expected('`onProgress` to be a function', onProgress);
  }
  return { seed, runs: runs!, signal, onProgress };
}

/** Checks probabilities by the names of faults. Throws `invalid-argument`. */
export function parseRates<TFault extends string>(
  faults: Readonly<Partial<Record<TFault, number | undefined>>>,
  names: readonly TFault[],
): Record<TFault, number> {
  if (isNoObject(faults)) return expected('`faults` to be an object of probabilities by name', faults);
  refuseUnknown(faults, names, 'a fault');
  const of = (name: TFault) => {
    const probability: number | undefined = faults[name] ?? 0;
    if (typeof probability !== 'number' || !(probability >= 0 && probability <= 1)) {
      expected(`\`faults.${name}\` to be a probability in [0, 1]`, probability);
    }
    return [name, probability] as const;
  };
  return Object.fromEntries(names.map(of)) as Record<TFault, number>;
}

/** Throws `invalid-argument` for an option that is none. */
export function refuseUnknown(options: object, known: readonly string[], what: string): void {
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) expected(`${what} (${known.join(', ')})`, unknown);
}

/** Throws `invalid-argument` for what is no count. */
export function refuseNoCount(name: string, count: unknown, least: number): void {
  if (!Number.isSafeInteger(count) || (count as number) < least) {
    expected(`\`${name}\` to be a whole number >= ${least}`, count);
  }
}
