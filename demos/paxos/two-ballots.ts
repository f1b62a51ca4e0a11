/** Paxos so small that all that can happen in it can be looked at: two proposers with a ballot each, and no loss. */
import type { NetworkConfig } from 'xstate-panorama';
import { acceptor } from './acceptor.js';
import { acceptors, both } from './network.js';
import { patientProposer } from './proposer.js';

const proposers = ['tea', 'coffee'] as const;
const dice = { state: 0, lossPercent: 0 };

const propose = (wish: (typeof proposers)[number]) => ({
  logic: patientProposer,
  input: {
    acceptors,
    wish,
    firstBallot: proposers.indexOf(wish) + 1,
    proposers: proposers.length,
    timeoutMs: Infinity,
    backoffMs: 10,
    dice,
  },
});

/**
 * Two proposers, tea in ballot 1 and coffee in ballot 2; three acceptors.
 *
 * @param logic In place of the acceptors that keep their promises.
 */
export function twoBallots(logic = acceptor) {
  const accept = { logic, input: { learners: [], dice } };
  return {
    processes: { tea: propose('tea'), coffee: propose('coffee'), a1: accept, a2: accept, a3: accept },
    channels: both(proposers, acceptors),
  } satisfies NetworkConfig;
}
