import type { SnapshotOf } from 'xstate-panorama';
import { TICKETS, type default as network } from './network.js';

/** A global snapshot of the server and its clients. */
export type SaleSnapshot = SnapshotOf<typeof network.processes>;

/** Where the tickets are in a snapshot. */
export interface Whereabouts {
  readonly inTheOffice: number;
  readonly inFlight: number;
  /** By the kiosk's id. */
  readonly sold: Readonly<Record<string, number>>;
  /** Orders on their way to the office. */
  readonly orders: number;
  /** Whether every ticket is in exactly one place. */
  readonly isComplete: boolean;
}

/** Finds all tickets in a snapshot. */
export function ticketsIn({ processes, channels }: SaleSnapshot): Whereabouts {
  const { office, ...kiosks } = processes;
  const events = Object.values(channels).flatMap(({ messages }) => messages.map(({ event }) => event));
  const inFlight = events.flatMap((event) => (event.type === 'TICKETS' ? event.tickets : []));
  const sold = Object.entries(kiosks).map(([id, { snapshot }]) => [id, snapshot.context.tickets] as const);
  const all = [...office.snapshot.context.tickets, ...inFlight, ...sold.flatMap(([, tickets]) => tickets)];
  return {
    inTheOffice: office.snapshot.context.tickets.length,
    inFlight: inFlight.length,
    sold: Object.fromEntries(sold.map(([id, tickets]) => [id, tickets.length])),
    orders: events.filter(({ type }) => type === 'ORDER').length,
    isComplete: all.length === TICKETS && new Set(all).size === TICKETS,
  };
}
