import { assign, sendTo, setup } from 'xstate';
import type { Reply, StockRequest } from './messages.js';

export interface StockContext {
  /** Goods that anybody can have. */
  readonly shelf: number;
  /** Goods kept for orders, by order. */
  readonly reserved: Readonly<Record<string, number>>;
  /** Goods that have left the house, by order. */
  readonly shipped: Readonly<Record<string, number>>;
}

const without = (all: Readonly<Record<string, number>>, orderId: string) =>
  Object.fromEntries(Object.entries(all).filter(([id]) => id !== orderId));

/** The stock: it keeps goods for orders, ships them, or takes them back. */
export const stock = setup({
  types: {
    context: {} as StockContext,
    input: {} as { readonly shelf: number },
    events: {} as StockRequest,
  },
  guards: {
    hasEnough: ({ context }, { quantity }: { quantity: number }) => context.shelf >= quantity,
    isReserved: ({ context }, { orderId }: { orderId: string }) => orderId in context.reserved,
  },
  actions: {
    reserve: assign(({ context }, { orderId, quantity }: { orderId: string; quantity: number }) => ({
      shelf: context.shelf - quantity,
      reserved: { ...context.reserved, [orderId]: quantity },
    })),
    ship: assign(({ context }, { orderId }: { orderId: string }) => ({
      reserved: without(context.reserved, orderId),
      shipped: { ...context.shipped, [orderId]: context.reserved[orderId]! },
    })),
    putBack: assign(({ context }, { orderId }: { orderId: string }) => ({
      shelf: context.shelf + context.reserved[orderId]!,
      reserved: without(context.reserved, orderId),
    })),
    reply: sendTo(
      ({ system }) => system.get('orders'),
      (_, reply: Reply) => reply,
    ),
  },
}).createMachine({
  id: 'stock',
  context: ({ input }) => ({ shelf: input.shelf, reserved: {}, shipped: {} }),
  on: {
    RESERVE: [
      {
        guard: { type: 'hasEnough', params: ({ event }) => ({ quantity: event.quantity }) },
        actions: [
          { type: 'reserve', params: ({ event: { orderId, quantity } }) => ({ orderId, quantity }) },
          { type: 'reply', params: ({ event: { orderId } }) => ({ type: 'RESERVED', orderId }) },
        ],
      },
      { actions: { type: 'reply', params: ({ event: { orderId } }) => ({ type: 'SOLD_OUT', orderId }) } },
    ],
    SHIP: {
      guard: { type: 'isReserved', params: ({ event }) => event },
      actions: { type: 'ship', params: ({ event }) => event },
    },
    RELEASE: {
      guard: { type: 'isReserved', params: ({ event }) => event },
      actions: { type: 'putBack', params: ({ event }) => event },
    },
  },
});
