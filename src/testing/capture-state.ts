import type { ChannelPair } from '../channel/topology.js';
import type { SnapshotOf } from '../network/snapshot-of.js';
import type { Network } from '../network/types.js';
import type { Processes } from '../process/process-config.js';
import { captureNetwork, runningNetwork } from './running.js';

/**
 * The true global state of a network at this moment, which only an observer who sees all of it at once can know: no
 * algorithm, no marker. It is what oracles compare snapshots with, and what explorers go on from.
 *
 * @param network A network whose processes and channels are all in this program.
 * @returns A global snapshot without initiators, in which no marker was sent.
 * @throws `not-running` in the middle of a step; `not-recordable` when something could not be restored.
 */
export function captureState<TProcesses extends Processes, TChannels extends readonly ChannelPair[]>(
  network: Network<TProcesses, TChannels>,
): SnapshotOf<TProcesses, TChannels> {
  return captureNetwork(runningNetwork(network)) as unknown as SnapshotOf<TProcesses, TChannels>;
}
