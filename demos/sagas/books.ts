/** The shop's books, as a global snapshot shows them. */
import type { SnapshotOf } from 'xstate-panorama';
import type config from './network.js';
import { GOODS } from './network.js';
import type { OrderInput } from './order.js';

export type ShopSnapshot = SnapshotOf<typeof config.processes>;

export interface OrderEntry extends OrderInput {
  readonly state: string;
}

/** The orders so far. */
export function ordersIn({ processes }: ShopSnapshot): OrderEntry[] {
  const children = Object.values(processes.orders.snapshot.children);
  return children.map(({ snapshot: { context, value } }) => ({ ...context, state: value }));
}

/** Whether the saga of an order is over. */
export const isOver = ({ state }: OrderEntry): boolean => ['confirmed', 'rejected', 'cancelled'].includes(state);

/** Orders that were shipped though nobody paid for them: an effect without its cause. */
export function shippedUnpaid(
  stock: ShopSnapshot['processes']['stock']['snapshot']['context'],
  payment: ShopSnapshot['processes']['payment']['snapshot']['context'],
): string[] {
  return Object.keys(stock.shipped).filter((orderId) => !(orderId in payment.taken));
}

const sumOf = (amounts: Readonly<Record<string, number>>) => Object.values(amounts).reduce((sum, n) => sum + n, 0);

/** What is wrong with the books of a shop whose orders are all over; empty when each order was paid and shipped, or neither. */
export function faultsAtTheEnd(snapshot: ShopSnapshot): string[] {
  const stock = snapshot.processes.stock.snapshot.context;
  const { taken } = snapshot.processes.payment.snapshot.context;
  const faults = ordersIn(snapshot).flatMap((order) => {
    const { orderId, state } = order;
    if (!isOver(order)) return [`${orderId} is ${state}`];
    const isConfirmed = state === 'confirmed';
    const isRight = orderId in taken === isConfirmed && orderId in stock.shipped === isConfirmed;
    return isRight
      ? []
      : [`${orderId} is ${state}, paid ${taken[orderId] ?? 0}, shipped ${stock.shipped[orderId] ?? 0}`];
  });
  const goods = stock.shelf + sumOf(stock.reserved) + sumOf(stock.shipped);
  return goods === GOODS ? faults : [...faults, `${goods} goods`];
}

/** The money taken. */
export const takings = ({ processes }: ShopSnapshot): number => sumOf(processes.payment.snapshot.context.taken);
