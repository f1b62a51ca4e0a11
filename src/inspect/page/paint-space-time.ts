/** Paints the space–time diagram: time lines, steps, messages, markers, and the cut line of each snapshot. */
import { coneOf, placeInCone, type Cone } from '../run/cone.js';
import type { Envelope, Step } from '../run/run.js';
import {
  cutPoints,
  pointOf,
  smoothPath,
  SNAPSHOT_DASHES,
  xOf,
  yOf,
  type Point,
  type SpaceTime,
} from '../run/space-time.js';
import type { Size } from './canvas.js';
import { arrowHead, diamond } from './shapes.js';
import { chosen, crossing, cursor, hovered, ownCut, ownVerdict, run, snapshotShown, theme } from './store.js';
import { colorOf, inkNow } from './theme.js';

/** How faint is what has nothing to do with the step that is pointed at. */
const FAINT = 0.13;
/** Messages in flight that are named in the picture. */
const MOST_LABELS = 8;

/** Paints the part of the run that is in view. */
export function paintSpaceTime(context: CanvasRenderingContext2D, size: Size, view: SpaceTime): void {
  const from = Math.max(run.firstIndex, Math.floor(view.first) - 1);
  const to = Math.min(run.lastIndex, Math.ceil(view.first + size.width / view.column) + 1);
  const cone = hovered.value && coneOf(run, hovered.value);
  const shown = run.steps.slice(Math.max(0, from - run.firstIndex), Math.max(0, to + 1 - run.firstIndex));
  paintTimeLines(context, size, view);
  const drawn = new Set<Envelope>();
  for (const { received, sent } of shown) {
    if (received !== undefined) drawn.add(received);
    for (const envelope of sent) drawn.add(envelope);
  }
  for (const envelope of drawn) paintEnvelope(context, view, envelope, cone);
  paintCuts(context, view, from, to);
  for (const step of shown) paintStep(context, view, step, cone);
  paintOwnCut(context, view);
  if (cursor.value !== undefined) paintCursor(context, size, view);
}

function paintTimeLines(context: CanvasRenderingContext2D, { width }: Size, view: SpaceTime): void {
  const ink = inkNow();
  const end = Math.min(width, xOf(view, run.lastIndex + 1));
  for (const { id } of run.network.processes) {
    const y = yOf(view, id);
    const isChosen = chosen.value.includes(id);
    context.strokeStyle = isChosen ? ink.muted : ink.line;
    context.lineWidth = isChosen ? 1.6 : 1;
    context.beginPath();
    context.moveTo(0, y);
    context.lineTo(end, y);
    context.stroke();
  }
}

function isInCone(cone: Cone | undefined, { sent, received }: Envelope): boolean {
  if (cone === undefined || hovered.value === undefined) return true;
  const places = [sent, received].map((step) =>
    step === undefined ? 'concurrent' : step === hovered.value ? 'self' : placeInCone(cone, step),
  );
  return places.every((place) => place !== 'concurrent');
}

function paintEnvelope(
  context: CanvasRenderingContext2D,
  view: SpaceTime,
  envelope: Envelope,
  cone: Cone | undefined,
): void {
  const ink = inkNow();
  const { sent, received, kind } = envelope;
  const begin = sent === undefined ? { x: -20, y: yOf(view, envelope.from) } : pointOf(view, sent);
  const isOver = received === undefined;
  const end = isOver ? underWay(view, begin, envelope) : pointOf(view, received);
  const isCrossing = crossing.value?.inFlight.includes(envelope) === true;
  const isBad = ownVerdict.value?.violations.includes(envelope) === true;
  const isOwnCrossing = ownVerdict.value?.inFlight.includes(envelope) === true;
  context.globalAlpha = isInCone(cone, envelope) ? 1 : FAINT;
  context.strokeStyle = isBad
    ? ink.bad
    : kind === 'marker'
      ? colorOf(envelope.snapshotId)
      : isCrossing
        ? colorOf(snapshotShown.value?.id)
        : isOwnCrossing
          ? ink.accent
          : ink.message;
  context.fillStyle = context.strokeStyle;
  context.lineWidth = isBad || isCrossing || isOwnCrossing ? 2.4 : kind === 'marker' ? 1.3 : 1;
  if (!isBad && !isCrossing && !isOwnCrossing) context.globalAlpha *= kind === 'marker' ? 0.85 : 0.6;
  context.setLineDash(kind === 'marker' ? [4, 3] : []);
  context.beginPath();
  context.moveTo(begin.x, begin.y);
  if (envelope.from === envelope.to) {
    context.quadraticCurveTo((begin.x + end.x) / 2, begin.y - view.row * 0.6, end.x, end.y);
  } else context.lineTo(end.x, end.y);
  context.stroke();
  context.setLineDash([]);
  if (!isOver && view.column > 3) {
    const angle = Math.atan2(end.y - begin.y, end.x - begin.x);
    const tip = { x: end.x - Math.cos(angle) * 4.5, y: end.y - Math.sin(angle) * 4.5 };
    arrowHead(context, tip, angle, Math.min(7, view.column * 0.9));
  }
  const isSparse = (crossing.value?.inFlight.length ?? ownVerdict.value?.inFlight.length ?? 0) <= MOST_LABELS;
  if (isBad || ((isCrossing || isOwnCrossing) && view.column >= 12 && isSparse))
    paintLabel(context, begin, end, envelope.event!.type);
  context.globalAlpha = 1;
}

/** Where the tip of an arrow is that has not arrived: at the present. */
function underWay(view: SpaceTime, begin: Point, envelope: Envelope): Point {
  const now = xOf(view, run.lastIndex) + view.column * 0.5;
  const share = Math.min(0.75, Math.max(0.15, (now - begin.x) / (view.column * 14)));
  return { x: Math.max(now, begin.x + view.column), y: begin.y + (yOf(view, envelope.to) - begin.y) * share };
}

function paintLabel(context: CanvasRenderingContext2D, begin: Point, end: Point, text: string): void {
  const ink = inkNow();
  context.font = '600 10.5px system-ui, sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const short = text.length > 18 ? `${text.slice(0, 17)}…` : text;
  const [x, y] = [begin.x + (end.x - begin.x) * 0.72, begin.y + (end.y - begin.y) * 0.72];
  context.lineWidth = 4;
  const color = context.fillStyle;
  context.strokeStyle = ink.paper;
  context.strokeText(short, x, y);
  context.fillStyle = color;
  context.fillText(short, x, y);
}

function paintStep(context: CanvasRenderingContext2D, view: SpaceTime, step: Step, cone: Cone | undefined): void {
  const ink = inkNow();
  const point = pointOf(view, step);
  const isHovered = hovered.value === step;
  context.globalAlpha = cone === undefined || isHovered || placeInCone(cone, step) !== 'concurrent' ? 1 : FAINT;
  const size = Math.max(1.4, Math.min(3.6, view.column * 0.3)) * (isHovered ? 1.6 : 1);
  const [snapshotId] = step.recorded;
  if (snapshotId !== undefined) {
    context.fillStyle = colorOf(snapshotId);
    diamond(context, point, Math.max(5, size * 2));
    context.strokeStyle = ink.paper;
    context.lineWidth = 1.5;
    context.stroke();
  } else {
    const isHollow = step.kind === 'timer' || step.kind === 'started' || step.kind === 'stopped';
    context.fillStyle = isHollow ? ink.paper : step.kind === 'marker' ? colorOf(step.received?.snapshotId) : ink.text;
    context.strokeStyle = ink.text;
    context.lineWidth = 1.2;
    context.beginPath();
    if (step.kind === 'event') context.rect(point.x - size, point.y - size, size * 2, size * 2);
    else context.arc(point.x, point.y, size, 0, 7);
    context.fill();
    if (isHollow) context.stroke();
  }
  context.globalAlpha = 1;
}

function paintCuts(context: CanvasRenderingContext2D, view: SpaceTime, from: number, to: number): void {
  for (const snapshot of run.snapshots.values()) {
    const steps = [...snapshot.recorded.values()];
    if (steps.every(({ index }) => index < from) || steps.every(({ index }) => index > to)) continue;
    const isShown = snapshot.id === snapshotShown.value?.id;
    const dash = SNAPSHOT_DASHES[snapshot.number % SNAPSHOT_DASHES.length]!;
    const points = cutPoints(view, snapshot);
    if (isShown) paintPast(context, points, colorOf(snapshot.id));
    context.strokeStyle = inkNow().paper;
    context.globalAlpha = 0.8;
    paintCutLine(context, points, isShown ? 8 : 5, []);
    context.strokeStyle = colorOf(snapshot.id);
    context.globalAlpha = snapshot.status === 'aborted' ? 0.25 : isShown ? 1 : 0.6;
    paintCutLine(context, points, isShown ? 4 : 2, isShown ? [] : dash);
  }
  context.globalAlpha = 1;
}

function paintCutLine(
  context: CanvasRenderingContext2D,
  points: readonly Point[],
  width: number,
  dash: readonly number[],
): void {
  context.lineWidth = width;
  context.lineCap = 'round';
  context.setLineDash([...dash]);
  context.stroke(new Path2D(smoothPath(points)));
  context.setLineDash([]);
}

/** A tint over all that is in the cut. */
function paintPast(context: CanvasRenderingContext2D, points: readonly Point[], color: string): void {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return;
  context.fillStyle = color;
  context.globalAlpha = theme.value === 'dark' ? 0.11 : 0.08;
  const left = Math.min(0, ...points.map(({ x }) => x)) - 10;
  context.fill(new Path2D(`${smoothPath(points)}L${left} ${last.y}L${left} ${first.y}Z`));
}

/** Where a cut of one's own passes a time line: between the last step that is in it and the first that is not. */
export function ownCutX(view: SpaceTime, id: string, local: number): number {
  const [before, after] = [run.localStep(id, local - 1), run.localStep(id, local)];
  if (before !== undefined && after !== undefined) {
    const [a, b] = [xOf(view, before.index), xOf(view, after.index)];
    return b - Math.min(view.column * 0.5, (b - a) / 2);
  }
  if (before !== undefined) return xOf(view, run.lastIndex) + view.column * 0.7;
  return after === undefined ? xOf(view, run.firstIndex) : xOf(view, after.index) - view.column * 0.5;
}

function paintOwnCut(context: CanvasRenderingContext2D, view: SpaceTime): void {
  if (ownCut.value === undefined) return;
  const points = Array.from(ownCut.value, ([id, local]) => ({ x: ownCutX(view, id, local), y: yOf(view, id) }));
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return;
  const ink = inkNow();
  context.strokeStyle = ownVerdict.value?.isConsistent === false ? ink.bad : ink.accent;
  const beyond = view.row * 0.45;
  paintCutLine(
    context,
    [{ x: first.x, y: first.y - beyond }, ...points, { x: last.x, y: last.y + beyond }],
    2.5,
    [1, 5],
  );
}

function paintCursor(context: CanvasRenderingContext2D, { height }: Size, view: SpaceTime): void {
  const ink = inkNow();
  const x = xOf(view, cursor.value!) + view.column / 2;
  context.fillStyle = ink.paper;
  context.globalAlpha = 0.55;
  context.fillRect(x, 0, 1e5, height);
  context.globalAlpha = 1;
  context.strokeStyle = ink.text;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x, 0);
  context.lineTo(x, height);
  context.stroke();
}
