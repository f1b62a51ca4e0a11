/** Paints a panorama of a network that has a scene: panels, the things in them, and those between two panels. */
import type { Panorama, Thing } from '../run/panorama.js';
import type { Point } from '../run/space-time.js';
import type { Scene } from '../scene.js';
import type { Size } from './canvas.js';
import { inkNow } from './theme.js';

/** How the parts of a panorama are painted. */
export interface SceneColors {
  /** The colour in which a panel is framed, if it is. */
  frameOf?(process: string): string | undefined;
  /** Things that are there more than once. */
  readonly doubled?: ReadonlySet<string>;
  /** Things that are not in it: drawn as holes where they should be. */
  readonly missing?: Panorama;
  /** The colour of things between two panels. */
  readonly crossing?: string;
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const GAP = 10;
const LABEL = 16;
/** Room for a thing within its panel. */
const MARGIN = 7;
/** How much of its way a thing goes in a frame. */
const EASE = 0.16;

/** Paints a panorama. @param last Where things were last: they fly from there. @returns Whether something still moves. */
export function paintPanorama(
  context: CanvasRenderingContext2D,
  size: Size,
  scene: Scene,
  panorama: Panorama,
  colors: SceneColors = {},
  last?: Map<string, Point>,
): boolean {
  const ink = inkNow();
  const boxOf = boxesOf(scene, size);
  for (const id of Object.keys(scene.places)) {
    const box = boxOf(id);
    paintPanel(context, box, id, colors.frameOf?.(id), panorama.panels.has(id));
  }
  let isMoving = false;
  const taken = new Set<string>();
  const paint = (wanted: Point, { id }: Thing, color: string, isHole = false) => {
    const at = freePlace(taken, wanted);
    const before = isHole ? undefined : last?.get(id);
    const now =
      before === undefined ? at : { x: before.x + (at.x - before.x) * EASE, y: before.y + (at.y - before.y) * EASE };
    if (Math.hypot(now.x - at.x, now.y - at.y) > 0.5) isMoving = true;
    if (!isHole) last?.set(id, now);
    paintThing(context, now, id, color, scene.look ?? 'dot', isHole);
  };
  const inkOf = ({ id }: Thing, otherwise: string) => (colors.doubled?.has(id) ? ink.bad : otherwise);
  for (const [id, things] of panorama.panels) {
    for (const thing of things) paint(pointIn(scene, boxOf(id), thing), thing, inkOf(thing, ink.text));
  }
  for (const { from, to, thing } of panorama.crossings) {
    const at = pointBetween(scene, boxOf(from), boxOf(to), thing);
    paint(at, thing, inkOf(thing, colors.crossing ?? ink.accent));
  }
  if (colors.missing === undefined) return isMoving;
  const there = new Set([...panorama.panels.values()].flat().map(({ id }) => id));
  const hole = (at: Point, thing: Thing) => void (there.has(thing.id) || paint(at, thing, ink.bad, true));
  for (const [id, things] of colors.missing.panels) {
    for (const thing of things) hole(pointIn(scene, boxOf(id), thing), thing);
  }
  for (const { from, to, thing } of colors.missing.crossings)
    hole(pointBetween(scene, boxOf(from), boxOf(to), thing), thing);
  return isMoving;
}

/** Things at one place stand beside each other, so that each can be seen. */
function freePlace(taken: Set<string>, { x, y }: Point): Point {
  const keyAt = (place: number) => `${Math.round(place / 6)} ${Math.round(y / 6)}`;
  let place = x;
  for (let tries = 0; tries < 8 && taken.has(keyAt(place)); tries++) place += 15;
  taken.add(keyAt(place));
  return { x: place, y };
}

function boxesOf({ places }: Scene, { width, height }: Size): (process: string) => Box {
  const all = Object.values(places);
  const [left, top] = [Math.min(...all.map(({ column }) => column)), Math.min(...all.map(({ row }) => row))];
  const columns = Math.max(...all.map(({ column }) => column)) - left + 1;
  const rows = Math.max(...all.map(({ row }) => row)) - top + 1;
  const [wide, tall] = [(width - GAP) / columns, (height - GAP) / rows];
  return (process) => {
    const { column, row } = places[process] ?? { column: left, row: top };
    return {
      x: GAP + (column - left) * wide,
      y: GAP + (row - top) * tall,
      width: Math.max(8, wide - GAP),
      height: Math.max(8, tall - GAP),
    };
  };
}

function pointIn({ panel }: Scene, box: Box, { x, y }: Thing): Point {
  const part = (at: number, size: number) => (Math.max(0, Math.min(size - 1, at)) + 0.5) / size;
  const above = Math.min(LABEL, box.height * 0.3);
  return {
    x: box.x + MARGIN + part(x, panel.width) * (box.width - MARGIN * 2),
    y: box.y + above + part(y, panel.height) * (box.height - above - MARGIN),
  };
}

/** On the line between two panels that are side by side; else half-way. */
function pointBetween(scene: Scene, from: Box, to: Box, thing: Thing): Point {
  const there = pointIn(scene, to, thing);
  const middle = (a: Box, b: Box, side: 'x' | 'y', length: 'width' | 'height') =>
    a[side] < b[side] ? (a[side] + a[length] + b[side]) / 2 : (b[side] + b[length] + a[side]) / 2;
  const isBeside = from.y === to.y;
  const isAbove = from.x === to.x;
  return {
    x: isAbove ? there.x : middle(from, to, 'x', 'width'),
    y: isBeside ? there.y : middle(from, to, 'y', 'height'),
  };
}

function paintPanel(
  context: CanvasRenderingContext2D,
  box: Box,
  id: string,
  frame: string | undefined,
  isThere: boolean,
): void {
  const ink = inkNow();
  const { x, y, width, height } = box;
  context.beginPath();
  context.roundRect(x, y, width, height, 8);
  context.fillStyle = ink.sky;
  context.globalAlpha = isThere ? 1 : 0.35;
  context.fill();
  if (frame !== undefined) {
    context.strokeStyle = frame;
    context.lineWidth = 3;
    context.stroke();
  }
  context.fillStyle = ink.muted;
  context.font = '11px system-ui, sans-serif';
  context.textAlign = 'left';
  context.textBaseline = 'top';
  context.fillText(id, x + 8, y + 5, width - 16);
  context.globalAlpha = 1;
}

function paintThing(
  context: CanvasRenderingContext2D,
  { x, y }: Point,
  id: string,
  color: string,
  look: 'dot' | 'bird',
  isHole: boolean,
): void {
  context.strokeStyle = context.fillStyle = color;
  context.setLineDash(isHole ? [2, 2] : []);
  context.lineWidth = isHole ? 1.2 : 2;
  context.lineCap = 'round';
  context.beginPath();
  if (look === 'bird') {
    const wing = 9;
    context.moveTo(x - wing, y - 4);
    context.quadraticCurveTo(x - wing * 0.4, y - 7, x, y);
    context.quadraticCurveTo(x + wing * 0.4, y - 7, x + wing, y - 4);
    context.stroke();
  } else {
    context.arc(x, y - 3, 4, 0, 7);
    if (isHole) context.stroke();
    else context.fill();
  }
  context.setLineDash([]);
  context.font = '600 10px system-ui, sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'top';
  context.fillText(id, x, y + 2);
}
