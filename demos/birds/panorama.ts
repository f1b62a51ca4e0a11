/** A picture of the sky as plain data: what is drawn in the terminal, and can be drawn elsewhere. */
import type { SnapshotOf } from 'xstate-panorama';
import type { Bird } from './flight.js';
import { flock, places, type PanelId } from './network.js';
import type config from './network.js';

type SkySnapshot = SnapshotOf<typeof config.processes>;

/** A bird in a picture, with its position in cells from the panel's top left. */
export type PicturedBird = Pick<Bird, 'id' | 'x' | 'y'>;

/** A picture of the sky, pieced together from a picture of each panel. */
export interface Panorama {
  readonly panels: readonly {
    readonly id: PanelId;
    readonly column: number;
    readonly row: number;
    readonly birds: readonly PicturedBird[];
  }[];
  /** Birds on their way between two panels; positions in cells of the panel they fly to. */
  readonly crossings: readonly { readonly from: PanelId; readonly to: PanelId; readonly bird: PicturedBird }[];
}

const panelIds = Object.keys(places) as PanelId[];

const pictured = ({ id, x, y }: Bird): PicturedBird => ({ id, x, y });

/** Pieces pictures of the panels together, without anything between them. */
export function pieceTogether(birdsOf: (id: PanelId) => readonly Bird[]): Panorama {
  return { panels: panelIds.map((id) => ({ id, ...places[id], birds: birdsOf(id).map(pictured) })), crossings: [] };
}

/** The panorama of a global snapshot: the recorded states are the panels, the channel states what is between them. */
export function panoramaOf({ processes, channels }: SkySnapshot): Panorama {
  const crossings = Object.entries(channels).flatMap(([id, { messages }]) => {
    const [from, to] = id.split('->') as [PanelId, PanelId];
    return messages.map(({ event }) => ({ from, to, bird: pictured(event.bird) }));
  });
  return { ...pieceTogether((id) => processes[id].snapshot.context.birds), crossings };
}

/** What is wrong with a panorama. */
export interface Count {
  /** Birds that are not in it. */
  readonly missing: readonly string[];
  /** Birds that are in it more than once. */
  readonly doubled: readonly string[];
}

/** Counts the birds of a panorama. */
export function count({ panels, crossings }: Panorama): Count {
  const seen = [...panels.flatMap(({ birds }) => birds), ...crossings.map(({ bird }) => bird)].map(({ id }) => id);
  const times = (bird: string) => seen.filter((id) => id === bird).length;
  return {
    missing: flock.filter((bird) => times(bird) === 0),
    doubled: flock.filter((bird) => times(bird) > 1),
  };
}
