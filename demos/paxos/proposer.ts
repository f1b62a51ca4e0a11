import { assign, enqueueActions, setup } from 'xstate';
import {
  isMajority,
  reachedBy,
  type Accept,
  type Accepted,
  type Dice,
  type Prepare,
  type Promised,
  type Vote,
} from './messages.js';

export interface ProposerInput {
  readonly acceptors: readonly string[];
  /** What it wants to be chosen. */
  readonly wish: string;
  /** Its first ballot. No other proposer has it, nor one a multiple of `proposers` further on. */
  readonly firstBallot: number;
  readonly proposers: number;
  /** How long it waits for answers, and before it tries again, in milliseconds. */
  readonly timeoutMs: number;
  readonly backoffMs: number;
  readonly dice: Dice;
}

export interface ProposerContext extends ProposerInput {
  readonly ballot: number;
  /** The acceptors who have answered in this phase. */
  readonly answered: readonly string[];
  /** The highest vote that the promises of this ballot told of. */
  readonly highest: Vote | undefined;
}

/** A value may have been chosen already: then it is the one of the highest vote, and has to be proposed again. */
const valueOf = ({ highest, wish }: ProposerContext) => highest?.value ?? wish;

const proposing = setup({
  types: {
    context: {} as ProposerContext,
    input: {} as ProposerInput,
    events: {} as Promised | Accepted,
  },
  delays: { timeout: ({ context }) => context.timeoutMs, backoff: ({ context }) => context.backoffMs },
  guards: {
    isOfThisBallot: ({ context }, { ballot }: { ballot: number }) => ballot === context.ballot,
    hasMajority: ({ context }) => isMajority(context.answered.length, context.acceptors.length),
  },
  actions: {
    nextBallot: assign({
      ballot: ({ context }) => (context.ballot === 0 ? context.firstBallot : context.ballot + context.proposers),
      highest: undefined,
    }),
    awaitAnswers: assign({ answered: [] }),
    prepare: enqueueActions(({ context, enqueue, self }) => {
      const { reached, dice } = reachedBy(context.dice, context.acceptors);
      for (const acceptor of reached) {
        enqueue.sendTo(
          ({ system }) => system.get(acceptor),
          (): Prepare => ({ type: 'PREPARE', ballot: context.ballot, from: self.id }),
        );
      }
      enqueue.assign({ dice });
    }),
    propose: enqueueActions(({ context, enqueue, self }) => {
      const { reached, dice } = reachedBy(context.dice, context.acceptors);
      const vote = { ballot: context.ballot, value: valueOf(context) };
      for (const acceptor of reached) {
        enqueue.sendTo(
          ({ system }) => system.get(acceptor),
          (): Accept => ({ type: 'ACCEPT', from: self.id, ...vote }),
        );
      }
      enqueue.assign({ dice });
    }),
    count: assign({
      answered: ({ context }, { from }: { from: string }) => [...new Set([...context.answered, from])],
    }),
    heedVote: assign({
      highest: ({ context }, { last }: { last: Vote | undefined }) =>
        (last?.ballot ?? 0) > (context.highest?.ballot ?? 0) ? last : context.highest,
    }),
  },
});

/** @param isPatient Whether it waits for answers as long as it takes, and so has one ballot only. */
const createProposer = (isPatient: boolean) => {
  const after = isPatient ? {} : { timeout: 'waiting' };
  return proposing.createMachine({
    id: 'proposer',
    context: ({ input }) => ({ ...input, ballot: 0, answered: [], highest: undefined }),
    initial: 'waiting',
    states: {
      waiting: { after: { backoff: 'preparing' } },
      preparing: {
        entry: ['nextBallot', 'awaitAnswers', 'prepare'],
        on: {
          PROMISE: {
            guard: { type: 'isOfThisBallot', params: ({ event }) => ({ ballot: event.ballot }) },
            actions: [
              { type: 'count', params: ({ event }) => ({ from: event.from }) },
              { type: 'heedVote', params: ({ event }) => ({ last: event.last }) },
            ],
          },
        },
        always: { guard: 'hasMajority', target: 'proposing' },
        after,
      },
      proposing: {
        entry: ['awaitAnswers', 'propose'],
        on: {
          ACCEPTED: {
            guard: { type: 'isOfThisBallot', params: ({ event }) => ({ ballot: event.ballot }) },
            actions: { type: 'count', params: ({ event }) => ({ from: event.from }) },
          },
        },
        always: { guard: 'hasMajority', target: 'content' },
        after,
      },
      content: {},
    },
  });
};

/** A proposer of Paxos: it wins promises for a ballot, has a value voted for in it, and tries again when answers fail. */
export const proposer = createProposer(false);

/** The same with one ballot and no other: so there is an end to what it may do. */
export const patientProposer = createProposer(true);
