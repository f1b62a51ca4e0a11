import type { NetworkConfig } from 'xstate-panorama';
import { orders } from './orders.js';
import { payment } from './payment.js';
import { stock } from './stock.js';

/** Orders that come in. */
export const ORDERS = 12;
/** Goods that there are. */
export const GOODS = 18;
/** What one of them costs. */
export const PRICE = 10;

/** A shop: the order service, and the two services that it works with. */
export default {
  processes: {
    orders: { logic: orders, input: { orders: ORDERS, pauseMs: 60, price: PRICE, patienceMs: 120 } },
    stock: { logic: stock, input: { shelf: GOODS } },
    payment,
  },
  channels: [
    ['orders', 'stock'],
    ['stock', 'orders'],
    ['orders', 'payment'],
    ['payment', 'orders'],
  ] as const,
} satisfies NetworkConfig;
