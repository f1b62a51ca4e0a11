import { expected } from '../checks.js';
import { RunningNetwork } from '../network/network.js';

/** The network behind its public face; the tools here need one whose processes are all in this program. */
export function runningNetwork(network: unknown): RunningNetwork {
  if (network instanceof RunningNetwork) return network;
  return expected('a network made by `createNetwork`, whose processes are all in this program', network);
}
