import { assign, sendTo, setup } from 'xstate';
import type { Order, SoldOut, Tickets } from './messages.js';

/** What a kiosk begins with. */
export interface KioskInput {
  readonly id: string;
  /** How long it waits between two customers, in milliseconds. */
  readonly pauseMs: number;
}

/** A client's machine: it orders a ticket for each customer. It does not know whether the connection stands. */
export const kiosk = setup({
  types: {
    context: {} as KioskInput & { readonly tickets: readonly number[] },
    input: {} as KioskInput,
    events: {} as Tickets | SoldOut,
  },
  delays: { pause: ({ context }) => context.pauseMs },
  actions: {
    order: sendTo(
      ({ system }) => system.get('office'),
      ({ context }): Order => ({ type: 'ORDER', from: context.id, count: 1 }),
    ),
    sell: assign({
      tickets: ({ context }, { tickets }: { tickets: readonly number[] }) => [...context.tickets, ...tickets],
    }),
  },
}).createMachine({
  id: 'kiosk',
  context: ({ input }) => ({ ...input, tickets: [] }),
  initial: 'selling',
  states: {
    selling: { after: { pause: { target: 'selling', reenter: true, actions: 'order' } } },
    closed: {},
  },
  on: {
    TICKETS: { actions: { type: 'sell', params: ({ event }) => event } },
    SOLD_OUT: '.closed',
  },
});
