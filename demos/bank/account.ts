import { assign, sendTo, setup } from 'xstate';

/** What an account is opened with. */
export interface AccountInput {
  readonly balance: number;
  /** The other accounts, who get paid in turn. */
  readonly others: readonly string[];
  /** How long it waits between two payments, in milliseconds. */
  readonly pauseMs: number;
}

/** What an account knows. */
export interface AccountContext extends AccountInput {
  /** Payments made so far. */
  readonly payments: number;
}

/** A machine that knows nothing of snapshots: it keeps paying the others, and takes the money that comes in. */
export const account = setup({
  types: {
    context: {} as AccountContext,
    input: {} as AccountInput,
    events: {} as { type: 'MONEY'; amount: number },
  },
  delays: { pause: ({ context }) => context.pauseMs },
  guards: { hasMoney: ({ context }) => context.balance > 0 },
  actions: {
    pay: sendTo(
      ({ system, context }) => system.get(payee(context)),
      ({ context }) => ({ type: 'MONEY', amount: price(context) }),
    ),
    withdraw: assign({
      balance: ({ context }) => context.balance - price(context),
      payments: ({ context }) => context.payments + 1,
    }),
    deposit: assign({ balance: ({ context }, { amount }: { amount: number }) => context.balance + amount }),
  },
}).createMachine({
  id: 'account',
  context: ({ input }) => ({ ...input, payments: 0 }),
  initial: 'waiting',
  states: {
    waiting: { after: { pause: 'paying' } },
    paying: { always: [{ guard: 'hasMoney', target: 'waiting', actions: ['pay', 'withdraw'] }, { target: 'waiting' }] },
  },
  on: {
    MONEY: { actions: { type: 'deposit', params: ({ event }) => ({ amount: event.amount }) } },
  },
});

const payee = ({ others, payments }: AccountContext) => others[payments % others.length]!;
/** The rich pay more, so that nobody stays poor for long. */
const price = ({ balance, payments }: AccountContext) => 1 + ((payments * 7) % Math.ceil(balance / 10));
