import type { ChannelPair, NetworkConfig } from 'xstate-panorama';
import { acceptor } from './acceptor.js';
import { learner } from './learner.js';
import { proposer } from './proposer.js';

const proposers = ['tea', 'coffee', 'cocoa'] as const;
export const acceptors = ['a1', 'a2', 'a3'] as const;
export const learners = ['l1', 'l2'] as const;

/** Messages lost, of a hundred. */
const LOSS_PERCENT = 30;

/** A channel each way between each of some and each of others. */
export const both = <TOne extends string, TOther extends string>(one: readonly TOne[], other: readonly TOther[]) =>
  one.flatMap((from) =>
    other.flatMap((to): ChannelPair<TOne | TOther>[] => [
      [from, to],
      [to, from],
    ]),
  );

/**
 * Paxos with three proposers, three acceptors and two learners.
 *
 * @param seed For the dice that decide which messages get lost.
 * @param acceptorLogic In place of the acceptors that keep their promises.
 */
export function createPaxos(seed: number, acceptorLogic = acceptor) {
  let throwers = 0;
  const dice = () => ({ state: seed * 97 + ++throwers * 7919, lossPercent: LOSS_PERCENT });
  const propose = (wish: (typeof proposers)[number]) => {
    const index = proposers.indexOf(wish);
    return {
      logic: proposer,
      input: {
        acceptors,
        wish,
        firstBallot: index + 1,
        proposers: proposers.length,
        timeoutMs: 40,
        backoffMs: 10 + 15 * index,
        dice: dice(),
      },
    };
  };
  const accept = () => ({ logic: acceptorLogic, input: { learners, dice: dice() } });
  const learn = () => ({ logic: learner, input: { acceptors, pollMs: 60, dice: dice() } });
  return {
    processes: {
      tea: propose('tea'),
      coffee: propose('coffee'),
      cocoa: propose('cocoa'),
      a1: accept(),
      a2: accept(),
      a3: accept(),
      l1: learn(),
      l2: learn(),
    },
    channels: [...both(proposers, acceptors), ...both(acceptors, learners)],
  } satisfies NetworkConfig;
}

export default createPaxos(1);
