import type { GlobalSnapshot, SnapshotOf } from 'xstate-panorama';
import type { Developed, Order } from './messages.js';
import type network from './network.js';

/** A global snapshot of the page and its worker. */
export type LabSnapshot = SnapshotOf<typeof network.processes>;

/** Where the photos are in a global snapshot; each is in one place. */
export interface Whereabouts {
  readonly handedIn: number;
  readonly atTheDesk: number;
  readonly orderInFlight: number;
  readonly inTheLab: number;
  readonly pictureInFlight: number;
  readonly developed: number;
  /** Whether every photo that was handed in is in exactly one of these places. */
  readonly isComplete: boolean;
}

/** Finds all photos in a snapshot. */
export function whereaboutsIn({ processes, channels }: LabSnapshot): Whereabouts {
  const { handedIn, collected, developed } = processes.desk.snapshot.context;
  const idsOf = (photos: readonly { readonly id: number }[]) => photos.map(({ id }) => id);
  const places = {
    atTheDesk: idsOf(collected),
    orderInFlight: eventsOn<Order>(channels['desk->lab'], 'ORDER').flatMap(({ photos }) => idsOf(photos)),
    inTheLab: idsOf(processes.lab.snapshot.context.photos),
    pictureInFlight: idsOf(eventsOn<Developed>(channels['lab->desk'], 'DEVELOPED')),
    developed: idsOf(developed),
  };
  const found = Object.values(places).flat();
  return {
    handedIn,
    ...(Object.fromEntries(Object.entries(places).map(([place, ids]) => [place, ids.length])) as Record<
      keyof typeof places,
      number
    >),
    isComplete: found.length === handedIn && new Set(found).size === handedIn,
  };
}

function eventsOn<TEvent>(channel: GlobalSnapshot['channels'][string] | undefined, type: string): TEvent[] {
  const events = (channel?.messages ?? []).map(({ event }) => event);
  return events.filter((event) => event.type === type) as TEvent[];
}
