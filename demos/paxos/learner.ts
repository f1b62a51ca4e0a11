import { assign, enqueueActions, setup } from 'xstate';
import { isMajority, reachedBy, type Accepted, type Dice, type Query } from './messages.js';

export interface LearnerInput {
  readonly acceptors: readonly string[];
  /** How long it waits for news before it asks, in milliseconds. */
  readonly pollMs: number;
  readonly dice: Dice;
}

export interface LearnerContext extends LearnerInput {
  /** The votes that it heard of. */
  readonly heard: readonly Accepted[];
  readonly learned: string | undefined;
}

/** The value that a majority voted for in one ballot, as far as these votes tell. */
function chosenIn({ heard, acceptors }: LearnerContext): string | undefined {
  return heard.find(({ ballot }) => isMajority(heard.filter((vote) => vote.ballot === ballot).length, acceptors.length))
    ?.value;
}

/** A learner of Paxos: it hears of votes until it knows the chosen value; as messages get lost, it asks now and then. */
export const learner = setup({
  types: {
    context: {} as LearnerContext,
    input: {} as LearnerInput,
    events: {} as Accepted,
  },
  delays: { poll: ({ context }) => context.pollMs },
  guards: { knowsTheValue: ({ context }) => chosenIn(context) !== undefined },
  actions: {
    hear: assign({
      heard: ({ context }, vote: Accepted) =>
        context.heard.some(({ from, ballot }) => from === vote.from && ballot === vote.ballot)
          ? context.heard
          : [...context.heard, vote],
    }),
    ask: enqueueActions(({ context, enqueue, self }) => {
      const { reached, dice } = reachedBy(context.dice, context.acceptors);
      for (const acceptor of reached) {
        enqueue.sendTo(
          ({ system }) => system.get(acceptor),
          (): Query => ({ type: 'QUERY', from: self.id }),
        );
      }
      enqueue.assign({ dice });
    }),
    learn: assign({ learned: ({ context }) => chosenIn(context) }),
  },
}).createMachine({
  id: 'learner',
  context: ({ input }) => ({ ...input, heard: [], learned: undefined }),
  initial: 'learning',
  states: {
    learning: {
      on: { ACCEPTED: { actions: { type: 'hear', params: ({ event }) => event } } },
      always: { guard: 'knowsTheValue', target: 'knowing', actions: 'learn' },
      after: { poll: { target: 'learning', reenter: true, actions: 'ask' } },
    },
    knowing: {},
  },
});
