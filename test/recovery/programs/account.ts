/** The account of the programs that are killed: it pays, takes money, and tallies what comes from outside. */
import { assign, sendTo, setup } from 'xstate';

export const account = setup({
  types: {
    context: {} as { balance: number; tallied: number[] },
    input: {} as { balance: number },
    events: {} as
      { type: 'PAY'; to: string; amount: number } | { type: 'MONEY'; amount: number } | { type: 'TALLY'; n: number },
  },
}).createMachine({
  context: ({ input }) => ({ ...input, tallied: [] }),
  on: {
    PAY: {
      actions: [
        assign({ balance: ({ context, event }) => context.balance - event.amount }),
        sendTo(
          ({ system, event }) => system.get(event.to),
          ({ event }) => ({ type: 'MONEY', amount: event.amount }),
        ),
      ],
    },
    MONEY: { actions: assign({ balance: ({ context, event }) => context.balance + event.amount }) },
    TALLY: { actions: assign({ tallied: ({ context, event }) => [...context.tallied, event.n] }) },
  },
});

/** Has an account pay each of the others again and again. */
export function keepPaying(send: (event: { type: 'PAY'; to: string; amount: number }) => void, others: string[]): void {
  let round = 0;
  setInterval(() => {
    for (let n = 0; n < 5; n++) send({ type: 'PAY', to: others[round++ % others.length]!, amount: 1 + (round % 3) });
  }, 4);
}
