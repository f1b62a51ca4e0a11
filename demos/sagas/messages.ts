/** What the shop's services say to each other. Every message names the order that it is about. */

/** What every message has. */
export interface OfOrder {
  readonly orderId: string;
}

/** To the stock: keep goods for an order, ship them, or put them back on the shelf. */
export type StockRequest = OfOrder &
  ({ readonly type: 'RESERVE'; readonly quantity: number } | { readonly type: 'SHIP' } | { readonly type: 'RELEASE' });

/** To the payment service: take the money for an order, or give back what was taken. */
export type PaymentRequest = OfOrder &
  ({ readonly type: 'CHARGE'; readonly amount: number } | { readonly type: 'REFUND' });

/** To the orders: what came of it. */
export type Reply = OfOrder & { readonly type: 'RESERVED' | 'SOLD_OUT' | 'CHARGED' | 'DECLINED' | 'REFUNDED' };
