import { assign, fromPromise, sendTo, setup } from 'xstate';
import type { PaymentRequest, Reply } from './messages.js';

export interface PaymentContext {
  /** What is still to do, oldest first. */
  readonly requests: readonly PaymentRequest[];
  /** What was taken and not given back, by order. */
  readonly taken: Readonly<Record<string, number>>;
}

/** A card that the bank accepts no more: every fifth order comes with one. */
const isBadCard = (orderId: string) => Number(orderId.split('-')[1]) % 5 === 0;

/**
 * The bank's gateway. A promise in flight is called again after a restore; the order's id is its idempotency key, so that
 * nobody pays twice.
 */
const gateway = fromPromise<{ readonly receipt: string }, { readonly orderId: string }>(({ input: { orderId } }) =>
  isBadCard(orderId)
    ? Promise.reject(new Error('card declined'))
    : Promise.resolve({ receipt: `receipt of ${orderId}` }),
);

/** The payment service: it carries one request out after the other, charges through the bank's gateway. */
export const payment = setup({
  types: {
    context: {} as PaymentContext,
    events: {} as PaymentRequest,
  },
  actors: { gateway },
  delays: { paperwork: 15 },
  guards: {
    hasCharge: ({ context }) => context.requests[0]?.type === 'CHARGE',
    hasRefund: ({ context }) => context.requests[0]?.type === 'REFUND',
  },
  actions: {
    putInQueue: assign({ requests: ({ context }, request: PaymentRequest) => [...context.requests, request] }),
    finish: assign({ requests: ({ context }) => context.requests.slice(1) }),
    takeMoney: assign({
      taken: ({ context }) => {
        const request = context.requests[0]!;
        return request.type === 'CHARGE' ? { ...context.taken, [request.orderId]: request.amount } : context.taken;
      },
    }),
    giveBack: assign({
      taken: ({ context }) =>
        Object.fromEntries(Object.entries(context.taken).filter(([id]) => id !== context.requests[0]!.orderId)),
    }),
    reply: sendTo(
      ({ system }) => system.get('orders'),
      ({ context }, { type }: { type: Reply['type'] }): Reply => ({ type, orderId: context.requests[0]!.orderId }),
    ),
  },
}).createMachine({
  id: 'payment',
  context: { requests: [], taken: {} },
  initial: 'idle',
  states: {
    idle: {
      always: [
        { guard: 'hasCharge', target: 'preparing' },
        {
          guard: 'hasRefund',
          target: 'idle',
          reenter: true,
          actions: ['giveBack', { type: 'reply', params: { type: 'REFUNDED' } }, 'finish'],
        },
      ],
    },
    preparing: { after: { paperwork: 'charging' } },
    charging: {
      invoke: {
        src: 'gateway',
        input: ({ context }) => ({ orderId: context.requests[0]!.orderId }),
        onDone: { target: 'idle', actions: ['takeMoney', { type: 'reply', params: { type: 'CHARGED' } }, 'finish'] },
        onError: { target: 'idle', actions: [{ type: 'reply', params: { type: 'DECLINED' } }, 'finish'] },
      },
    },
  },
  on: {
    CHARGE: { actions: { type: 'putInQueue', params: ({ event }) => event } },
    REFUND: { actions: { type: 'putInQueue', params: ({ event }) => event } },
  },
});
