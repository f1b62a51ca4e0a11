import { assign, enqueueActions, setup } from 'xstate';
import {
  reachedBy,
  type Accept,
  type Accepted,
  type Dice,
  type Prepare,
  type Promised,
  type Query,
  type Vote,
} from './messages.js';

export interface AcceptorInput {
  readonly learners: readonly string[];
  readonly dice: Dice;
}

export interface AcceptorContext extends AcceptorInput {
  /** It takes part in no ballot below this one. */
  readonly promised: number;
  /** All the votes that it ever cast, oldest first. */
  readonly votes: readonly Vote[];
}

/** An acceptor of Paxos: it promises not to take part in lower ballots, and votes where it has not promised otherwise. */
export const acceptor = setup({
  types: {
    context: {} as AcceptorContext,
    input: {} as AcceptorInput,
    events: {} as Prepare | Accept | Query,
  },
  guards: {
    isNotPromisedAway: ({ context }, { ballot }: { ballot: number }) => ballot >= context.promised,
    hasVoted: ({ context }) => context.votes.length > 0,
  },
  actions: {
    promise: assign({ promised: (_, { ballot }: { ballot: number }) => ballot }),
    tellPromise: enqueueActions(({ context, enqueue, self }, { to, ballot }: { to: string; ballot: number }) => {
      const { reached, dice } = reachedBy(context.dice, [to]);
      const last = context.votes.at(-1);
      const answer = { type: 'PROMISE', ballot, from: self.id, ...(last && { last }) } as const;
      for (const receiver of reached)
        enqueue.sendTo(
          ({ system }) => system.get(receiver),
          (): Promised => answer,
        );
      enqueue.assign({ dice });
    }),
    vote: assign({
      votes: ({ context }, { ballot, value }: Vote) =>
        context.votes.some((vote) => vote.ballot === ballot) ? context.votes : [...context.votes, { ballot, value }],
    }),
    tellVote: enqueueActions(({ context, enqueue, self }, { to }: { to: readonly string[] }) => {
      const { reached, dice } = reachedBy(context.dice, to);
      const answer = { type: 'ACCEPTED', from: self.id, ...context.votes.at(-1)! } as const;
      for (const receiver of reached)
        enqueue.sendTo(
          ({ system }) => system.get(receiver),
          (): Accepted => answer,
        );
      enqueue.assign({ dice });
    }),
  },
}).createMachine({
  id: 'acceptor',
  context: ({ input }) => ({ ...input, promised: 0, votes: [] }),
  on: {
    PREPARE: {
      guard: { type: 'isNotPromisedAway', params: ({ event }) => ({ ballot: event.ballot }) },
      actions: [
        { type: 'promise', params: ({ event }) => ({ ballot: event.ballot }) },
        { type: 'tellPromise', params: ({ event }) => ({ to: event.from, ballot: event.ballot }) },
      ],
    },
    ACCEPT: {
      guard: { type: 'isNotPromisedAway', params: ({ event }) => ({ ballot: event.ballot }) },
      actions: [
        { type: 'promise', params: ({ event }) => ({ ballot: event.ballot }) },
        { type: 'vote', params: ({ event }) => ({ ballot: event.ballot, value: event.value }) },
        { type: 'tellVote', params: ({ context, event }) => ({ to: [event.from, ...context.learners] }) },
      ],
    },
    QUERY: {
      guard: 'hasVoted',
      actions: { type: 'tellVote', params: ({ event }) => ({ to: [event.from] }) },
    },
  },
});
