/** What the roles of Paxos say to each other, and how some of it gets lost. */

/** A proposal: a value under a ballot's number. */
export interface Vote {
  readonly ballot: number;
  readonly value: string;
}

export type Prepare = { readonly type: 'PREPARE'; readonly ballot: number; readonly from: string };
export type Promised = {
  readonly type: 'PROMISE';
  readonly ballot: number;
  readonly from: string;
  /** The acceptor's last vote, if it has voted. */
  readonly last?: Vote;
};
export type Accept = { readonly type: 'ACCEPT'; readonly from: string } & Vote;
export type Accepted = { readonly type: 'ACCEPTED'; readonly from: string } & Vote;
export type Query = { readonly type: 'QUERY'; readonly from: string };

/** Dice that a process keeps in its context, so that a restored process throws on as the recorded one would have. */
export interface Dice {
  readonly state: number;
  /** How many messages of a hundred get lost. */
  readonly lossPercent: number;
}

/** Throws the dice once for each receiver. */
export function reachedBy(
  dice: Dice,
  receivers: readonly string[],
): { readonly reached: string[]; readonly dice: Dice } {
  let { state } = dice;
  const reached = receivers.filter(() => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // the generator of Numerical Recipes
    return state / 2 ** 32 >= dice.lossPercent / 100;
  });
  return { reached, dice: { ...dice, state } };
}

/** Whether so many are more than half. */
export const isMajority = (count: number, of: number): boolean => count * 2 > of;
