/** What the simulation of a deployment is told, checked where it comes in. */
import { expected, isNoObject, isRecord, list, parseId } from '../../checks.js';
import type { AnyGlobalSnapshot, GlobalSnapshot } from '../../global-snapshot.js';
import type { Random } from '../../schedule/random.js';
import { parseProperties, type Property, type StateProperties } from '../properties.js';
import {
  parseCommon,
  parseRates,
  refuseNoCount,
  refuseUnknown,
  type SimulationProgress,
} from '../simulation-options.js';
import type { DeploymentStep } from './deployment-step.js';
import type { DeploymentEvent, Programs } from './program.js';

/** What can go wrong in a deployment, each with its probability per step, in [0, 1]. */
export interface DeploymentFaults {
  /** Some programs end in the middle of everything, one or several at once, as by `kill -9` or a loss of power. */
  readonly kill?: number | undefined;
  /** A program stands still for a while, as by SIGSTOP. */
  readonly pause?: number | undefined;
  /** Another life of a program begins while one runs, or stands still. */
  readonly twin?: number | undefined;
  /** A connection breaks; perhaps one end alone is told. */
  readonly cut?: number | undefined;
  /** Between two programs nothing passes for a while, or in one direction alone: a partition, or a slow way. */
  readonly hold?: number | undefined;
  /** The time of day of a program's machine jumps. */
  readonly jump?: number | undefined;
  /** A disk is full, slow or failing for a while. */
  readonly disk?: number | undefined;
}

/** The name of a fault. */
export type DeploymentFaultName = keyof DeploymentFaults;

/** All faults, in the order in which they are drawn, and how likely each is where nobody says. */
export const DEPLOYMENT_FAULTS = {
  kill: 0.004,
  pause: 0.002,
  twin: 0.001,
  cut: 0.003,
  hold: 0.002,
  jump: 0.001,
  disk: 0.001,
} as const satisfies Readonly<Record<DeploymentFaultName, number>>;

export const FAULT_NAMES = Object.keys(DEPLOYMENT_FAULTS) as readonly DeploymentFaultName[];

/** How a deployment is simulated. */
export interface DeploymentOptions<
  TPrograms extends Programs = Programs,
  TSnapshot extends AnyGlobalSnapshot = GlobalSnapshot,
> {
  /** Each program, by its name. Each makes one process, of that id. */
  readonly programs: TPrograms;
  /**
   * Events from outside: makes one after the other, all chance taken from `random`; none when it gives undefined. They
   * begin when all programs have come up. Default: none.
   */
  readonly traffic?: ((random: Random) => DeploymentEvent<keyof TPrograms & string> | undefined) | undefined;
  /** Of the first run; each later one has the next number. Default: drawn anew, and named in the report. */
  readonly seed?: number | undefined;
  /** Default 100. */
  readonly runs?: number | undefined;
  /**
   * Steps of a run, from when all programs have come up; then all is healed, and brought to a good end. Or the very steps,
   * as a failure tells them. Default 500.
   */
  readonly steps?: number | readonly DeploymentStep[] | undefined;
  /** Probabilities of what goes wrong; what is left out of them never does. Default: each now and then. */
  readonly faults?: DeploymentFaults | undefined;
  /**
   * The programs that the environment starts anew when they have ended; the others are for the deployment to start, as by
   * `restart` of `supervise`. Default: all.
   */
  readonly restart?: readonly (keyof TPrograms & string)[] | undefined;
  /** How long everything may take to be well again once nothing goes wrong any more, in simulated milliseconds; default 180,000. */
  readonly settleMs?: number | undefined;
  /** Of the snapshots that completed with all programs in them. */
  readonly properties?: StateProperties<TSnapshot> | undefined;
  /** Ends the simulation early: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called now and then with how far it has come. */
  readonly onProgress?: ((progress: SimulationProgress) => void) | undefined;
}

/** Options with the defaults in place. */
export interface ParsedDeploymentOptions {
  readonly programs: Programs;
  readonly traffic: ((random: Random) => DeploymentEvent | undefined) | undefined;
  readonly seed: number;
  readonly runs: number;
  readonly steps: number | readonly DeploymentStep[];
  readonly faults: Readonly<Record<DeploymentFaultName, number>>;
  readonly restart: readonly string[];
  readonly settleMs: number;
  readonly properties: readonly Property[];
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: SimulationProgress) => void) | undefined;
}

const KNOWN: readonly (keyof DeploymentOptions)[] = [
  'programs',
  'traffic',
  'seed',
  'runs',
  'steps',
  'faults',
  'restart',
  'settleMs',
  'properties',
  'signal',
  'onProgress',
];

/** Checks the options of a simulated deployment. Throws `invalid-argument`. */
export function parseDeploymentOptions(options: DeploymentOptions<Programs, never>): ParsedDeploymentOptions {
  if (isNoObject(options)) return expected('options `{ programs }`', options);
  refuseUnknown(options, KNOWN, 'an option of a simulated deployment');
  const { programs, traffic, runs = 100, faults, settleMs = 180_000, properties = {} } = options;
  const ids = parsePrograms(programs);
  const steps = options.steps ?? 500;
  if (!Array.isArray(steps)) refuseNoCount('steps', steps, 0);
  if (traffic !== undefined && typeof traffic !== 'function') {
    expected('`traffic` to be a function that makes one event after the other', traffic);
  }
  if (!(settleMs > 0)) expected('`settleMs` to be a number > 0 (milliseconds)', settleMs);
  const restart = options.restart ?? ids;
  const unknown = restart.find((id) => !ids.includes(id));
  if (unknown !== undefined) expected(`each of \`restart\` to be a program (${list(ids)})`, unknown);
  return {
    ...parseCommon({ ...options, runs }),
    programs,
    traffic,
    steps,
    faults: faults === undefined ? DEPLOYMENT_FAULTS : parseRates(faults, FAULT_NAMES),
    restart,
    settleMs,
    properties: parseProperties(properties, ['always', 'sometimes']),
  };
}

function parsePrograms(programs: unknown): readonly string[] {
  if (!isRecord(programs)) return expected('`programs` to be an object of functions by name', programs);
  const ids = Object.keys(programs).map(parseId);
  if (ids.length === 0) expected('one program at the least', 'none');
  if (ids.includes('store')) expected('no program of the name "store", which is the store’s', 'store');
  for (const id of ids) {
    if (typeof programs[id] !== 'function') expected(`program "${id}" to be a function`, programs[id]);
  }
  return ids;
}
