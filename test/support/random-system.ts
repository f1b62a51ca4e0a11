import fc from 'fast-check';
import type { ChannelPair, GlobalSnapshot } from '../../src/index.js';
import type { Parts } from '../../src/network/network.js';
import { steps, topologies } from '../../src/testing/fast-check/index.js';
import { SimulationError, type SimulationStep } from '../../src/testing/index.js';
import { simulateStepsOf } from '../../src/testing/simulate-steps.js';
import { account, totalOf } from './account.js';

/** A random system and what is done to it, step by step. */
export interface Scenario {
  readonly ids: readonly string[];
  readonly channels: readonly ChannelPair[];
  readonly steps: readonly SimulationStep[];
}

/** Random topologies of up to six processes, with self-channels, and random steps: payments, deliveries, snapshots. */
export const scenarios: fc.Arbitrary<Scenario> = topologies().chain(({ processes, channels }) => {
  const payment = fc
    .record({ channel: fc.nat(99), amount: fc.nat(9) })
    .filter(() => channels.length > 0)
    .map(({ channel, amount }) => {
      const [from, to] = channels[channel % channels.length]!;
      return { to: from, event: { type: 'PAY', to, amount } };
    });
  return fc.record({
    ids: fc.constant(processes),
    channels: fc.constant(channels),
    steps: steps({ processes, ...(channels.length > 0 && { event: payment }) }),
  });
});

/** What came of a run. */
export interface Run {
  /** What the checks of every simulated run say. */
  readonly failure: string | undefined;
  readonly snapshots: readonly GlobalSnapshot[];
  readonly overlapped: boolean;
  /** All the money there is at the end, by the true global state. */
  readonly total: number;
}

/** Money that each process begins with. */
export const INITIAL_BALANCE = 100;

/** The config of a scenario's network. */
function configOf({ ids, channels }: Pick<Scenario, 'ids' | 'channels'>) {
  const processes = Object.fromEntries(ids.map((id) => [id, { logic: account, input: { balance: INITIAL_BALANCE } }]));
  return { processes, channels };
}

/** Runs a scenario step by step, then brings its snapshots to their end. */
export async function runScenario(scenario: Scenario, parts: Partial<Parts> = {}): Promise<Run> {
  try {
    const { snapshots, overlap, state } = await simulateStepsOf(parts, configOf(scenario), scenario.steps);
    return { failure: undefined, snapshots, overlapped: overlap > 1, total: totalOf(state) };
  } catch (error) {
    if (!(error instanceof SimulationError)) throw error;
    return { failure: error.message, snapshots: [], overlapped: false, total: NaN };
  }
}
