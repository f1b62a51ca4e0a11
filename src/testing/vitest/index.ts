/**
 * Matchers for vitest; importing this module registers them:
 * `expect(snapshot).toBeConsistent()`, `expect(config).toAlways(property)`, `expect(config).toSometimes(property)`.
 */
import { expect } from 'vitest';
import { expected, isObject } from '../../checks.js';
import type { GlobalSnapshot } from '../../global-snapshot.js';
import { RunningNetwork } from '../../network/network.js';
import type { NetworkConfig } from '../../network/options.js';
import type { SnapshotOf } from '../../network/snapshot-of.js';
import type { Network } from '../../network/types.js';
import type { Processes } from '../../process/process-config.js';
import { verifySnapshot } from '../../verify/verify-snapshot.js';
import { captureState } from '../capture-state.js';
import type { Predicate, StateProperties } from '../properties.js';
import { simulate } from '../simulate.js';
import { SimulationError } from '../simulation-error.js';
import type { SimulationOptions } from '../simulation-options.js';

/** The processes of a network or of a network's config. */
export type ProcessesOf<T> =
  T extends Network<infer P> ? P : T extends { readonly processes: infer P extends Processes } ? P : never;

/** The global states of a network, or of a config's network. */
export type StateOf<T> = T extends { takeSnapshot(): Promise<infer TSnapshot> }
  ? TSnapshot
  : T extends NetworkConfig<infer P, infer C>
    ? SnapshotOf<P, C>
    : never;

/** The options of `simulate`, but for the properties; 200 runs by default. */
export type MatcherOptions<TProcesses extends Processes> = Omit<SimulationOptions<TProcesses>, 'properties'>;

/** What `expect` can say of global snapshots and networks. */
export interface PanoramaMatchers<T, R = unknown> {
  /** The global snapshot is a consistent cut. */
  toBeConsistent(): R;
  /**
   * The property holds of every global state that a simulation looks at: of a config's network from its start, or of a
   * running network from where it is now. A failure tells the smallest run that was found, as a story.
   */
  toAlways(property: Predicate<StateOf<T>>, options?: MatcherOptions<ProcessesOf<T>>): Promise<R>;
  /** The property holds of some global state of some run of a simulation. */
  toSometimes(property: Predicate<StateOf<T>>, options?: MatcherOptions<ProcessesOf<T>>): Promise<R>;
}

declare module 'vitest' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- adds to vitest's own
  interface Matchers<T> extends PanoramaMatchers<T, void> {}
}

/** Enough to see most mistakes, and quick enough for a unit test. */
const DEFAULT_RUNS = 200;

expect.extend({
  toBeConsistent(received: GlobalSnapshot) {
    const verdict = verifySnapshot(received);
    const violations = verdict.consistent ? [] : verdict.violations.map(({ message }) => `\n  ${message}`);
    return {
      pass: verdict.consistent,
      message: () =>
        verdict.consistent
          ? 'Expected a global snapshot that is no consistent cut, got one that is.'
          : `Expected a consistent cut, got a global snapshot with ${violations.length} violation(s):${violations.join('')}`,
    };
  },

  async toAlways(received: unknown, property: Predicate<never>, options: MatcherOptions<never> = {}) {
    const found = await attempt(received, { always: { [nameOf(property)]: property } }, options);
    if (found !== undefined && found.failure.check !== 'always') throw found;
    return {
      pass: found === undefined,
      message: () =>
        tell(found, 'toAlways') ?? `Expected a run in which "${nameOf(property)}" does not hold, got none.`,
    };
  },

  async toSometimes(received: unknown, property: Predicate<never>, options: MatcherOptions<never> = {}) {
    const found = await attempt(received, { sometimes: { [nameOf(property)]: property } }, options);
    if (found !== undefined && found.failure.check !== 'sometimes') throw found;
    return {
      pass: found === undefined,
      message: () =>
        tell(found, 'toSometimes') ?? `Expected "${nameOf(property)}" to hold of no state of any run, got one.`,
    };
  },
});

/** Simulates. */
async function attempt(
  received: unknown,
  properties: StateProperties<never>,
  options: MatcherOptions<never>,
): Promise<SimulationError | undefined> {
  const [config, more] = configOf(received);
  try {
    await simulate(config, { runs: DEFAULT_RUNS, ...more, ...options, properties } as SimulationOptions);
    return undefined;
  } catch (error) {
    if (error instanceof SimulationError) return error;
    throw error;
  }
}

/** The simulation's message, with the call that repeats it as one of the matcher. */
function tell(found: SimulationError | undefined, matcher: string): string | undefined {
  const { replay = '' } = found?.failure ?? {};
  const call = replay.replace('simulate(config, ', `expect(config).${matcher}(property, `).replace(', properties', '');
  return found?.message.replace(replay, () => call);
}

/** What is to be simulated: a config as it is, a running network from its true state of this moment. */
function configOf(received: unknown): readonly [NetworkConfig, SimulationOptions] {
  if (received instanceof RunningNetwork) {
    const { processes, channels } = received.config;
    const config = {
      processes: Object.fromEntries(processes),
      channels: channels.map(({ from, to }) => [from, to] as const),
    };
    return [config as NetworkConfig, { snapshot: captureState(received as unknown as Network) }];
  }
  if (isObject(received) && 'processes' in received && 'channels' in received) {
    return [received as unknown as NetworkConfig, {}];
  }
  return expected('a network, or the config of one, to be simulated', received);
}

const nameOf = (property: Predicate<never>) => property.name || 'the property';
