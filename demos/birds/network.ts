import type { ChannelPair, NetworkConfig } from 'xstate-panorama';
import type { Scene } from 'xstate-panorama/inspect';
import { PANEL, type Bird, type Neighbours } from './flight.js';
import { panel } from './panel.js';

/** The panels of the sky, row by row. */
const grid = [
  ['north-1', 'north-2', 'north-3', 'north-4'],
  ['south-1', 'south-2', 'south-3', 'south-4'],
] as const;

export type PanelId = (typeof grid)[number][number];

/** Where each panel is in the sky, by column and row. */
export const places = Object.fromEntries(
  grid.flatMap((ids, row) => ids.map((id, column) => [id, { column, row }])),
) as Record<PanelId, { readonly column: number; readonly row: number }>;

/** How long a beat of the wings takes, in milliseconds. */
export const BEAT_MS = 100;

/** Three birds to begin with in each panel; every bird of the sky has a letter of its own. */
const letters = 'abcdefghijklmnopqrstuvwx';
const BIRDS_A_PANEL = letters.length / grid.flat().length;

/** The ids of all birds there are. */
export const flock: readonly string[] = Array.from(letters);

const neighboursOf = (id: PanelId): Neighbours => {
  const { column, row } = places[id];
  const at = (atColumn: number, atRow: number): string | undefined => grid[atRow]?.[atColumn];
  const all = {
    left: at(column - 1, row),
    right: at(column + 1, row),
    up: at(column, row - 1),
    down: at(column, row + 1),
  };
  return Object.fromEntries(Object.entries(all).filter(([, neighbour]) => neighbour !== undefined));
};

/** Scattered, but the same in every run. */
const hatch = (id: string, index: number): Bird => ({
  id,
  x: (index * 7 + 3) % PANEL.width,
  y: (index * 5 + 1) % PANEL.height,
  dx: [1, -2, 2, -1][index % 4]!,
  dy: [1, 0, -1][index % 3]!,
});

const open = (id: PanelId) => {
  const first = grid.flat().indexOf(id) * BIRDS_A_PANEL;
  const birds = flock.slice(first, first + BIRDS_A_PANEL).map((bird, index) => hatch(bird, first + index));
  return { logic: panel, input: { birds, neighbours: neighboursOf(id), beatMs: BEAT_MS } };
};

/** Eight panels; birds cross from each to those beside, above and below it: 20 channels. */
export default {
  processes: Object.fromEntries(grid.flat().map((id) => [id, open(id)])) as Record<PanelId, ReturnType<typeof open>>,
  channels: grid
    .flat()
    .flatMap((from) => Object.values(neighboursOf(from)).map((to) => [from, to] as ChannelPair<PanelId>)),
} satisfies NetworkConfig;

/** How the inspector page pictures it: `npx xstate-panorama inspect demos/birds/network.ts --open`. */
export const scene = {
  places,
  panel: PANEL,
  things: 'birds',
  inMessage: 'bird',
  look: 'bird',
  walkMs: BEAT_MS * 2,
} satisfies Scene;
