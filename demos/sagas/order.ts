import { sendTo, setup } from 'xstate';
import type { PaymentRequest, Reply, StockRequest } from './messages.js';

export interface OrderInput {
  readonly orderId: string;
  readonly quantity: number;
  readonly amount: number;
  /** How long the saga waits for each reply, in milliseconds. */
  readonly patienceMs: number;
}

/**
 * One order: a saga. Its steps are reserve, charge, ship; when one fails or takes too long, those before it are undone, the
 * latest first.
 */
export const order = setup({
  types: {
    context: {} as OrderInput,
    input: {} as OrderInput,
    events: {} as Reply,
    tags: '' as 'over',
  },
  delays: { patience: ({ context }) => context.patienceMs },
  actions: {
    reserve: sendTo(
      ({ system }) => system.get('stock'),
      ({ context: { orderId, quantity } }): StockRequest => ({ type: 'RESERVE', orderId, quantity }),
    ),
    charge: sendTo(
      ({ system }) => system.get('payment'),
      ({ context: { orderId, amount } }): PaymentRequest => ({ type: 'CHARGE', orderId, amount }),
    ),
    ship: sendTo(
      ({ system }) => system.get('stock'),
      ({ context: { orderId } }): StockRequest => ({ type: 'SHIP', orderId }),
    ),
    refund: sendTo(
      ({ system }) => system.get('payment'),
      ({ context: { orderId } }): PaymentRequest => ({ type: 'REFUND', orderId }),
    ),
    release: sendTo(
      ({ system }) => system.get('stock'),
      ({ context: { orderId } }): StockRequest => ({ type: 'RELEASE', orderId }),
    ),
  },
}).createMachine({
  id: 'order',
  context: ({ input }) => input,
  initial: 'reserving',
  states: {
    reserving: {
      entry: 'reserve',
      on: { RESERVED: 'charging', SOLD_OUT: 'rejected' },
      after: { patience: { target: 'cancelled', actions: 'release' } },
    },
    charging: {
      entry: 'charge',
      on: { CHARGED: 'confirmed', DECLINED: { target: 'cancelled', actions: 'release' } },
      after: { patience: 'refunding' },
    },
    /** It may have been charged by now: the refund follows the charge, and gives back what was taken. */
    refunding: {
      entry: 'refund',
      on: { REFUNDED: { target: 'cancelled', actions: 'release' } },
    },
    confirmed: { tags: 'over', entry: 'ship' },
    rejected: { tags: 'over' },
    cancelled: { tags: 'over' },
  },
});
