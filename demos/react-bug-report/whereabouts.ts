import type { SnapshotOf } from 'xstate-panorama';
import type network from './network.js';

/** A global snapshot of the page and its worker. */
export type LabSnapshot = SnapshotOf<typeof network.processes, typeof network.channels>;

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
    orderInFlight: channels['desk->lab'].messages.flatMap(({ event }) => idsOf(event.photos)),
    inTheLab: idsOf(processes.lab.snapshot.context.photos),
    pictureInFlight: channels['lab->desk'].messages.flatMap(({ event }) =>
      event.type === 'DEVELOPED' ? [event.id] : [],
    ),
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
