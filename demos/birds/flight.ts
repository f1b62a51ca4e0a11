/** How birds fly: where each one is a beat later, and over which edge it leaves its panel. Pure. */

/** A bird, with its position within a panel and its speed, in cells and cells a beat. */
export interface Bird {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
}

/** The size of every panel, in cells. */
export const PANEL = { width: 17, height: 4 } as const;

export type Edge = 'left' | 'right' | 'up' | 'down';

/** The panels next to one, where there are any. */
export type Neighbours = Readonly<Partial<Record<Edge, string>>>;

/** Where a bird is a beat later: in the same panel, or on its way `to` another, in whose cells its position is given then. */
export function fly(bird: Bird, neighbours: Neighbours): { readonly bird: Bird; readonly to?: string } {
  const across = move(bird.x, bird.dx, PANEL.width, neighbours.left, neighbours.right);
  // A bird leaves over one edge at a time: over a corner it goes sideways first.
  const isLeaving = across.to !== undefined;
  const along = isLeaving
    ? move(bird.y, bird.dy, PANEL.height)
    : move(bird.y, bird.dy, PANEL.height, neighbours.up, neighbours.down);
  const to = across.to ?? along.to;
  const moved = { id: bird.id, x: across.at, y: along.at, dx: across.speed, dy: along.speed };
  return to === undefined ? { bird: moved } : { bird: moved, to };
}

/** One direction of a flight. Where no neighbour is, the sky ends, and the bird turns round. */
function move(from: number, speed: number, size: number, before?: string, behind?: string) {
  const at = from + speed;
  if (at >= 0 && at < size) return { at, speed };
  const to = at < 0 ? before : behind;
  if (to === undefined) return { at: from, speed: -speed };
  return { at: at < 0 ? at + size : at - size, speed, to };
}
