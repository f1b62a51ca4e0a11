import { assign, sendTo, setup } from 'xstate';
import type { Order, SoldOut, Tickets } from './messages.js';

/** The server's machine: it hands each ticket to the kiosk that asks for it. It knows nothing of connections. */
export const office = setup({
  types: {
    context: {} as { readonly tickets: readonly number[] },
    input: {} as { readonly tickets: number },
    events: {} as Order,
  },
  guards: { hasTickets: ({ context }) => context.tickets.length > 0 },
  actions: {
    handOver: sendTo(
      ({ system, event }) => system.get(event.from),
      ({ context, event }): Tickets => ({ type: 'TICKETS', tickets: context.tickets.slice(0, event.count) }),
    ),
    strike: assign({ tickets: ({ context, event }) => context.tickets.slice(event.count) }),
    regret: sendTo(
      ({ system, event }) => system.get(event.from),
      (): SoldOut => ({ type: 'SOLD_OUT' }),
    ),
  },
}).createMachine({
  id: 'office',
  context: ({ input }) => ({ tickets: Array.from({ length: input.tickets }, (_, index) => index + 1) }),
  on: { ORDER: [{ guard: 'hasTickets', actions: ['handOver', 'strike'] }, { actions: 'regret' }] },
});
