import { assign, sendTo, setup } from 'xstate';

/** An account that pays, and breaks, when told to. */
export const fragile = setup({
  types: {
    context: {} as { balance: number },
    input: {} as { balance: number },
    events: {} as { type: 'PAY'; to: string; amount: number } | { type: 'MONEY'; amount: number } | { type: 'BREAK' },
  },
  actions: {
    break: () => {
      throw new Error('broken');
    },
  },
}).createMachine({
  context: ({ input }) => input,
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
    BREAK: { actions: 'break' },
  },
});
