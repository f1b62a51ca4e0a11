/** Where things stand in a space–time diagram; the page and the SVG export draw the same picture. */
import type { Run, SnapshotOfRun, Step } from './run.js';

/** A point of the picture, in pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The measures of a space–time diagram: a row a process, a column a step. */
export interface SpaceTime {
  /** The index of the step at the left edge; may be a fraction. */
  readonly first: number;
  /** The width of a step's column in pixels. */
  readonly column: number;
  /** The height of a process's row in pixels. */
  readonly row: number;
  /** The height above the first row's middle in pixels. */
  readonly top: number;
  /** By process: its row. */
  readonly rows: ReadonlyMap<string, number>;
}

/** Where a step stands. */
export function pointOf(view: SpaceTime, { index, process: id }: Step): Point {
  return { x: xOf(view, index), y: yOf(view, id) };
}

/** Where a column stands. */
export function xOf({ first, column }: SpaceTime, index: number): number {
  return (index - first + 0.5) * column;
}

/** Where a process's time line stands. */
export function yOf({ top, row, rows }: SpaceTime, id: string): number {
  return top + (rows.get(id) ?? 0) * row;
}

/** The rows of a run's processes, in their order. */
export function rowsOf(run: Run): Map<string, number> {
  return new Map(run.network.processes.map(({ id }, index) => [id, index]));
}

/** The points through which a snapshot's cut line goes, from top to bottom; processes that have not recorded are left out. */
export function cutPoints(view: SpaceTime, { recorded }: SnapshotOfRun): Point[] {
  const points = [...recorded.values()].map((step) => pointOf(view, step)).sort((a, b) => a.y - b.y);
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return [];
  const beyond = view.row * 0.45;
  return [{ x: first.x, y: first.y - beyond }, ...points, { x: last.x, y: last.y + beyond }];
}

/** A smooth line through points that lie one below the other, as an SVG path. */
export function smoothPath(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let before = first;
  const parts = rest.map((point) => {
    const middle = (before.y + point.y) / 2;
    const part = `C${before.x} ${middle} ${point.x} ${middle} ${point.x} ${point.y}`;
    before = point;
    return part;
  });
  return `M${first.x} ${first.y}${parts.join('')}`;
}

/** The colours of snapshots, on light and on dark; distinct to people who are colour-blind (Okabe and Ito's). */
export const SNAPSHOT_COLORS: readonly { readonly light: string; readonly dark: string }[] = [
  { light: '#0b68a8', dark: '#5fb4ea' },
  { light: '#b84a00', dark: '#f0894a' },
  { light: '#00795a', dark: '#35c79b' },
  { light: '#9c3d77', dark: '#e292c0' },
  { light: '#8a6400', dark: '#ecb445' },
];

/** The dashes of cut lines: colour is not all that tells them apart. */
export const SNAPSHOT_DASHES: readonly (readonly number[])[] = [[], [9, 4], [2, 4], [12, 4, 2, 4], [5, 5]];
