/** Where things stand in a space–time diagram; the page and the SVG export draw the same picture. */
import type { Envelope, Step } from './model.js';
import type { Run } from './run.js';

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

/** The points of a line through steps, from top to bottom, such as a snapshot's cut line. */
export function pointsThrough(view: SpaceTime, steps: Iterable<Step>): Point[] {
  const points = Array.from(steps, (step) => pointOf(view, step)).sort((a, b) => a.y - b.y);
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return [];
  const beyond = view.row * 0.45;
  return [{ x: first.x, y: first.y - beyond }, ...points, { x: last.x, y: last.y + beyond }];
}

/** How an envelope is drawn. */
export interface Arrow {
  readonly begin: Point;
  readonly end: Point;
  /** An arrow's head is drawn at the end of one that was received, a cross where one was dropped. */
  readonly fate: 'received' | 'dropped' | 'unknown';
}

/** Where an envelope's arrow begins and ends; one that is under way ends at the present. */
export function arrowOf(view: SpaceTime, run: Run, { sent, received, seenAt, lostAt, from, to }: Envelope): Arrow {
  const begin =
    sent === undefined
      ? { x: seenAt === undefined ? -20 : xOf(view, seenAt - 0.5), y: yOf(view, from) }
      : pointOf(view, sent);
  if (received !== undefined) return { begin, end: pointOf(view, received), fate: 'received' };
  const isDropped = lostAt !== undefined && run.step(lostAt)?.wentBackTo !== undefined;
  const now = xOf(view, lostAt ?? run.lastIndex + 0.5);
  const share = isDropped ? 0.86 : Math.min(0.75, Math.max(0.15, (now - begin.x) / (view.column * 14)));
  const x = isDropped ? begin.x + (now - begin.x) * share : Math.max(now, begin.x + view.column);
  const end = { x, y: begin.y + (yOf(view, to) - begin.y) * share };
  return { begin, end, fate: isDropped ? 'dropped' : 'unknown' };
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
