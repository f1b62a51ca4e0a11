import { assign, fromTransition, sendTo, setup, type AnyActorRef } from 'xstate';
import type { GlobalSnapshot } from '../../src/index.js';

type ShopEvent =
  | { readonly type: 'PAY'; readonly to: string; readonly amount: number }
  | { readonly type: 'PAY_LATER'; readonly to: string; readonly amount: number; readonly delayMs: number }
  | { readonly type: 'MONEY'; readonly amount: number }
  | { readonly type: 'FAIL' };

/** Money that each shop begins with. */
export const INITIAL_BALANCE = 100;

/** A shop with most of what a process can have: timers, a child spawned without an id, a reference, a `Map`. */
export const shop = setup({
  types: {
    context: {} as { readonly balance: number; readonly ledger: AnyActorRef; readonly paid: Map<string, number> },
    events: {} as ShopEvent,
  },
  actors: { ledger: fromTransition((entries: number) => entries + 1, 0) },
  delays: { later: ({ event }) => (event.type === 'PAY_LATER' ? event.delayMs : 0) },
  guards: { canPay: ({ context, event }) => 'amount' in event && context.balance >= event.amount },
  actions: {
    pay: assign(({ context, event }) => {
      if (!('to' in event)) return {};
      const paid = new Map(context.paid).set(event.to, (context.paid.get(event.to) ?? 0) + event.amount);
      return { balance: context.balance - event.amount, paid };
    }),
    fail: () => {
      throw new Error('This shop fails as it was told to.');
    },
  },
}).createMachine({
  context: ({ spawn }) => ({ balance: INITIAL_BALANCE, ledger: spawn('ledger'), paid: new Map<string, number>() }),
  on: {
    PAY: {
      guard: 'canPay',
      actions: [
        'pay',
        sendTo(
          ({ system, event }) => system.get(event.to) as AnyActorRef,
          ({ event }) => ({ type: 'MONEY', amount: event.amount }),
        ),
      ],
    },
    PAY_LATER: {
      guard: 'canPay',
      actions: [
        'pay',
        sendTo(
          ({ system, event }) => system.get(event.to) as AnyActorRef,
          ({ event }) => ({ type: 'MONEY', amount: event.amount }),
          { delay: 'later' },
        ),
      ],
    },
    MONEY: {
      actions: [
        assign({ balance: ({ context, event }) => context.balance + event.amount }),
        sendTo(({ context }) => context.ledger, { type: 'BOOK' }),
      ],
    },
    FAIL: { actions: 'fail' },
  },
});

/** All the money in a global snapshot: in the shops, in their timers, and in flight. */
export function moneyIn(snapshot: GlobalSnapshot): number {
  const amountOf = ({ event }: { readonly event: unknown }) => (event as { readonly amount: number }).amount;
  const amounts = [
    ...Object.values(snapshot.processes).flatMap(({ snapshot: state, timers }) => [
      (state as unknown as { readonly context: { readonly balance: number } }).context.balance,
      ...timers.map(amountOf),
    ]),
    ...Object.values(snapshot.channels).flatMap(({ messages }) => messages.map(amountOf)),
  ];
  return amounts.reduce((sum, amount) => sum + amount, 0);
}
