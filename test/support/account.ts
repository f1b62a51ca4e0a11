import { assign, sendTo, setup } from 'xstate';
import type { GlobalSnapshot, RecordedState } from '../../src/index.js';

/** An account that pays when told to, and takes the money that comes in. */
export const account = setup({
  types: {
    context: {} as { readonly balance: number },
    input: {} as { readonly balance: number },
    events: {} as { type: 'PAY'; to: string; amount: number } | { type: 'MONEY'; amount: number },
  },
}).createMachine({
  id: 'account',
  context: ({ input }) => ({ balance: input.balance }),
  on: {
    PAY: {
      guard: ({ context, event }) => context.balance >= event.amount,
      actions: [
        assign({ balance: ({ context, event }) => context.balance - event.amount }),
        sendTo(
          ({ system, event }) => system.get(event.to),
          ({ event }) => ({ type: 'MONEY', amount: event.amount }),
        ),
      ],
    },
    MONEY: { actions: assign({ balance: ({ context, event }) => context.balance + event.amount }) },
  },
});

/** All the money in a global snapshot: on accounts and in flight. */
export function totalOf(snapshot: GlobalSnapshot<Record<string, RecordedState<unknown>>>): number {
  const onAccounts = Object.values(snapshot.processes).map(
    ({ snapshot: state }) => (state as { context: { balance: number } }).context.balance,
  );
  const inFlight = Object.values(snapshot.channels).flatMap(({ messages }) =>
    messages.map(({ event }) => (event as unknown as { amount: number }).amount),
  );
  return [...onAccounts, ...inFlight].reduce((sum, amount) => sum + amount, 0);
}
