/** Where the processes of a network stand: on a circle, so that no channel passes behind a process. */
import type { NetworkOfRun } from '../run/model.js';
import type { Point } from '../run/space-time.js';
import type { Size } from './canvas.js';

/** The picture of a network. */
export interface NetworkGeometry {
  readonly centers: ReadonlyMap<string, Point>;
  /** The radius of a process's disc in pixels. */
  readonly radius: number;
  /** Whether there is no room for names in the discs: then they stand outside. */
  readonly isCrowded: boolean;
  /** The angle at which a process stands, seen from the middle. */
  readonly angles: ReadonlyMap<string, number>;
}

/** Room for names that stand outside, in pixels. */
const NAMES = 92;

/** Places processes on a circle, the first at the top. */
export function placeProcesses({ processes }: NetworkOfRun, { width, height }: Size): NetworkGeometry {
  const count = Math.max(1, processes.length);
  const isCrowded = count > 14;
  const room = Math.min(width, height) / 2;
  const around = isCrowded ? Math.max(room * 0.45, room - NAMES) : room - Math.min(64, room * 0.34);
  const radius = Math.max(6, Math.min(isCrowded ? 16 : 40, (Math.PI * around * 0.62) / count, room * 0.26));
  // Two stand beside each other where there is room for it; else the first is at the top.
  const first = count === 2 && width > height ? Math.PI : -Math.PI / 2;
  const angles = new Map(processes.map(({ id }, index) => [id, (index / count) * 2 * Math.PI + first]));
  const ring = count === 1 ? 0 : around;
  const stretch = isCrowded
    ? Math.max(1, Math.min(1.8, (width / 2 - NAMES) / around))
    : Math.min(1.6, Math.max(1, (width / height) * 0.9));
  // A triangle's middle is not that of its circle.
  const heights = Array.from(angles.values(), (angle) => Math.sin(angle) * ring);
  const top = height / 2 - (Math.max(...heights, 0) + Math.min(...heights, 0)) / 2;
  const centers = new Map(
    Array.from(angles, ([id, angle]) => [
      id,
      { x: width / 2 + Math.cos(angle) * ring * stretch, y: top + Math.sin(angle) * ring },
    ]),
  );
  return { centers, radius, isCrowded, angles };
}

/** A channel's way: a curve that keeps to its right, so that the two directions of a link lie apart. */
export interface Way {
  readonly begin: Point;
  readonly control: Point;
  readonly end: Point;
}

/** The way of a channel between two discs; one to itself makes a loop outwards. */
export function wayOf(geometry: NetworkGeometry, from: string, to: string): Way {
  const a = geometry.centers.get(from)!;
  const b = geometry.centers.get(to)!;
  const out = geometry.radius + 7;
  if (from === to) {
    const angle = geometry.angles.get(from)!;
    const at = (turn: number, length: number) => ({
      x: a.x + Math.cos(angle + turn) * length,
      y: a.y + Math.sin(angle + turn) * length,
    });
    return { begin: at(-0.5, out), control: at(0, out * 2.6), end: at(0.5, out) };
  }
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = Math.hypot(dx, dy) || 1;
  const bend = Math.min(26, length * 0.09);
  const control = { x: (a.x + b.x) / 2 - (dy / length) * bend * 2, y: (a.y + b.y) / 2 + (dx / length) * bend * 2 };
  return { begin: towards(a, control, out), control, end: towards(b, control, out) };
}

/** A point of a way, 0 at its beginning, 1 at its end. */
export function pointOn({ begin, control, end }: Way, t: number): Point {
  const u = 1 - t;
  return {
    x: u * u * begin.x + 2 * u * t * control.x + t * t * end.x,
    y: u * u * begin.y + 2 * u * t * control.y + t * t * end.y,
  };
}

/** The direction in which a way arrives, in radians. */
export function arrival({ control, end }: Way): number {
  return Math.atan2(end.y - control.y, end.x - control.x);
}

function towards(from: Point, to: Point, distance: number): Point {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy) || 1;
  return { x: from.x + (dx / length) * distance, y: from.y + (dy / length) * distance };
}
