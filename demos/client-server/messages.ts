/** What travels between a kiosk and the office. */

/** A kiosk asks for tickets. */
export interface Order {
  readonly type: 'ORDER';
  /** The kiosk. */
  readonly from: string;
  readonly count: number;
}

/** The office hands tickets over, by their numbers. */
export interface Tickets {
  readonly type: 'TICKETS';
  readonly tickets: readonly number[];
}

/** There are none left. */
export interface SoldOut {
  readonly type: 'SOLD_OUT';
}
