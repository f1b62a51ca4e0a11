import { assign, enqueueActions, sendTo, setup } from 'xstate';
import type { Reply } from './messages.js';
import { order } from './order.js';

export interface OrdersInput {
  /** How many orders come in. */
  readonly orders: number;
  /** Time between two of them, in milliseconds. */
  readonly pauseMs: number;
  readonly price: number;
  readonly patienceMs: number;
}

export interface OrdersContext extends OrdersInput {
  /** Orders so far. */
  readonly opened: number;
}

/** The order service: it opens an order now and then, each a saga of its own, and hands replies on to it. */
export const orders = setup({
  types: {
    context: {} as OrdersContext,
    input: {} as OrdersInput,
    events: {} as Reply,
  },
  actors: { order },
  delays: { pause: ({ context }) => context.pauseMs },
  guards: { isEnough: ({ context }) => context.opened >= context.orders },
  actions: {
    open: enqueueActions(({ context, enqueue }) => {
      const number = context.opened + 1;
      const orderId = `order-${number}`;
      const quantity = 1 + (number % 3);
      enqueue.spawnChild('order', {
        id: orderId,
        input: { orderId, quantity, amount: quantity * context.price, patienceMs: context.patienceMs },
      });
    }),
    count: assign({ opened: ({ context }) => context.opened + 1 }),
    handOn: sendTo(
      ({ event }) => event.orderId,
      ({ event }) => event,
    ),
  },
}).createMachine({
  id: 'orders',
  context: ({ input }) => ({ ...input, opened: 0 }),
  initial: 'open',
  states: {
    open: {
      always: { guard: 'isEnough', target: 'closed' },
      after: { pause: { target: 'open', reenter: true, actions: ['open', 'count'] } },
    },
    closed: {},
  },
  on: {
    RESERVED: { actions: 'handOn' },
    SOLD_OUT: { actions: 'handOn' },
    CHARGED: { actions: 'handOn' },
    DECLINED: { actions: 'handOn' },
    REFUNDED: { actions: 'handOn' },
  },
});
