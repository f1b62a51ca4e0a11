/** A panorama as characters. */
import type { Stage } from '../runner/stage.js';
import { PANEL } from './flight.js';
import { places, type PanelId } from './network.js';
import { count, type Panorama, type PicturedBird } from './panorama.js';

const columns = Math.max(...Object.values(places).map(({ column }) => column)) + 1;
const rows = Math.max(...Object.values(places).map(({ row }) => row)) + 1;
const width = columns * (PANEL.width + 1) + 1;
const height = rows * (PANEL.height + 1) + 1;

type Paint = (text: string) => string;

/** A character, how it is painted, and whether a bird sits there. */
interface Cell {
  char: string;
  paint: Paint;
  isTaken?: boolean;
}

/**
 * Draws a panorama: one letter a bird; those between two panels on the line between them; those that are there more
 * than once in red.
 *
 * @param photographed Panels whose names are marked as recorded.
 */
export function draw(panorama: Panorama, { color }: Stage, photographed: ReadonlySet<string> = new Set()): string {
  const grid = Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x): Cell => ({ char: frameAt(x, y), paint: color.dim })),
  );
  for (const { id } of panorama.panels) {
    const isRecorded = photographed.has(id);
    label(grid, id, isRecorded ? ` ${id} ● ` : ` ${id} `, isRecorded ? color.green : color.dim);
  }
  const doubled = new Set(count(panorama).doubled);
  const paint = (bird: PicturedBird, otherwise: Paint) => (doubled.has(bird.id) ? color.red : otherwise);
  for (const { id, birds } of panorama.panels) {
    const panel = { ...cornerOf(id), ...PANEL };
    for (const bird of birds) perch(grid, panel, bird, paint(bird, color.bold));
  }
  for (const { from, to, bird } of panorama.crossings) perch(grid, borderOf(from, to), bird, paint(bird, color.yellow));
  return grid.map(painted).join('\n');
}

/** A line as text: neighbours that are painted alike are painted at once. */
function painted(line: readonly Cell[]): string {
  let text = '';
  for (let from = 0, to = 1; to <= line.length; to++) {
    const { paint } = line[from]!;
    if (to < line.length && line[to]!.paint === paint) continue;
    text += paint(
      line
        .slice(from, to)
        .map(({ char }) => char)
        .join(''),
    );
    from = to;
  }
  return text;
}

interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const cornerOf = (id: PanelId) => ({
  left: places[id].column * (PANEL.width + 1) + 1,
  top: places[id].row * (PANEL.height + 1) + 1,
});

/** The line between two panels that are beside or above each other. */
function borderOf(from: PanelId, to: PanelId): Area {
  const [first, second] = [cornerOf(from), cornerOf(to)];
  return first.top === second.top
    ? { left: Math.max(first.left, second.left) - 1, top: first.top, width: 1, height: PANEL.height }
    : { left: first.left, top: Math.max(first.top, second.top) - 1, width: PANEL.width, height: 1 };
}

/** Puts a bird where it is, or on the next free cell of the area: each one can be seen. */
function perch(grid: Cell[][], area: Area, bird: PicturedBird, paint: Paint): void {
  const size = area.width * area.height;
  const wanted = Math.min(bird.y, area.height - 1) * area.width + Math.min(bird.x, area.width - 1);
  for (let step = 0; step < size; step++) {
    const at = (wanted + step) % size;
    const cell = grid[area.top + Math.floor(at / area.width)]![area.left + (at % area.width)]!;
    if (cell.isTaken) continue;
    Object.assign(cell, { char: bird.id, paint, isTaken: true });
    return;
  }
}

/** Writes a panel's name on its upper edge. */
function label(grid: Cell[][], id: PanelId, text: string, paint: Paint): void {
  const { left, top } = cornerOf(id);
  Array.from(text).forEach((char, index) => Object.assign(grid[top - 1]![left + 1 + index]!, { char, paint }));
}

/** The character of the empty sky at a cell: panels are framed. */
function frameAt(x: number, y: number): string {
  const isAcross = y % (PANEL.height + 1) === 0;
  const isAlong = x % (PANEL.width + 1) === 0;
  if (!isAcross) return isAlong ? '│' : ' ';
  if (!isAlong) return '─';
  const [left, middle, right] = y === 0 ? '┌┬┐' : y === height - 1 ? '└┴┘' : '├┼┤';
  return (x === 0 ? left : x === width - 1 ? right : middle)!;
}
