/** Paints the space–time diagram: time lines, steps, messages, markers, and the cut line of each snapshot. */
import { coneOf, placeInCone, type Cone } from '../run/cone.js';
import { shortId } from '../run/describe-step.js';
import type { Envelope, Step } from '../run/model.js';
import {
  pointOf,
  pointsThrough,
  smoothPath,
  SNAPSHOT_DASHES,
  xOf,
  yOf,
  type Point,
  type SpaceTime,
} from '../run/space-time.js';
import type { Size } from './canvas.js';
import { FAINT, paintEnvelopes, UNDONE } from './paint-envelopes.js';
import { diamond } from './shapes.js';
import {
  atRest,
  chosen,
  cursor,
  hovered,
  ownCut,
  ownVerdict,
  run,
  snapshotOfRun,
  snapshotShown,
  theme,
  witness,
} from './store.js';
import { colorOf, inkNow } from './theme.js';

/** Paints the part of the run that is in view. */
export function paintSpaceTime(context: CanvasRenderingContext2D, size: Size, view: SpaceTime): void {
  const from = Math.max(run.firstIndex, Math.floor(view.first) - 1);
  const to = Math.min(run.lastIndex, Math.ceil(view.first + size.width / view.column) + 1);
  const cone = hovered.value && coneOf(run, hovered.value);
  const shown = run.steps.slice(Math.max(0, from - run.firstIndex), Math.max(0, to + 1 - run.firstIndex));
  paintTimeLines(context, size, view);
  paintFates(context, size, view);
  const drawn = new Set<Envelope>();
  for (const { received, sent } of shown) {
    if (received !== undefined) drawn.add(received);
    for (const envelope of sent) drawn.add(envelope);
  }
  const paintLabels = paintEnvelopes(context, view, drawn, cone);
  paintRollbacks(context, view, from, to);
  paintCuts(context, view, from, to);
  for (const step of shown) paintStep(context, view, step, cone);
  paintLabels();
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

/** A process that waits for ever, or is at rest for good, has a bar in place of a line, from the recorded state on. */
function paintFates(context: CanvasRenderingContext2D, { width }: Size, view: SpaceTime): void {
  const recorded = snapshotOfRun(snapshotShown.value?.id)?.recorded;
  const ink = inkNow();
  const paintBar = (id: string, color: string) => {
    const step = recorded?.get(id);
    if (step === undefined) return;
    const { x, y } = pointOf(view, step);
    context.fillStyle = color;
    context.fillRect(x, y - 3, Math.max(0, Math.min(width, xOf(view, run.lastIndex + 1)) - x), 6);
  };
  for (const id of atRest.value) paintBar(id, ink.line);
  context.globalAlpha = 0.75;
  for (const id of witness.value.processes) paintBar(id, ink.bad);
  context.globalAlpha = 1;
}

function paintStep(context: CanvasRenderingContext2D, view: SpaceTime, step: Step, cone: Cone | undefined): void {
  const ink = inkNow();
  const point = pointOf(view, step);
  const isHovered = hovered.value === step;
  context.globalAlpha = cone === undefined || isHovered || placeInCone(cone, step) !== 'concurrent' ? 1 : FAINT;
  const size = Math.max(1.4, Math.min(3.6, view.column * 0.3)) * (isHovered ? 1.6 : 1);
  if (step.isUndone) context.globalAlpha *= UNDONE;
  const [snapshotId] = step.recorded;
  if (snapshotId !== undefined) {
    context.fillStyle = colorOf(snapshotId);
    diamond(context, point, Math.max(5, size * 2));
    context.strokeStyle = ink.paper;
    context.lineWidth = 1.5;
    context.stroke();
  } else if (step.kind === 'rolled-back') {
    paintBack(context, point, size * 1.8);
  } else {
    const isHollow = step.kind === 'timer' || step.kind === 'started' || step.kind === 'stopped';
    context.fillStyle = isHollow ? ink.paper : isOfSnapshot(step) ? colorOf(step.received?.snapshotId) : ink.text;
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

const isOfSnapshot = ({ kind }: Step) => kind === 'marker' || kind === 'control';

/** A triangle that points back in time. */
function paintBack(context: CanvasRenderingContext2D, { x, y }: Point, size: number): void {
  const ink = inkNow();
  context.fillStyle = ink.paper;
  context.strokeStyle = ink.text;
  context.lineWidth = 1.4;
  context.beginPath();
  context.moveTo(x - size, y);
  context.lineTo(x + size * 0.6, y - size);
  context.lineTo(x + size * 0.6, y + size);
  context.closePath();
  context.fill();
  context.stroke();
}

/** A double line through the steps in which the processes went back. */
function paintRollbacks(context: CanvasRenderingContext2D, view: SpaceTime, from: number, to: number): void {
  const ink = inkNow();
  for (const { epoch, snapshotId, steps } of run.rollbacks) {
    if ([...steps.values()].every(({ index }) => index < from || index > to)) continue;
    const points = pointsThrough(view, steps.values());
    for (const [color, width] of [[ink.text, 6] as const, [ink.paper, 3.2] as const]) {
      context.strokeStyle = color;
      paintCutLine(context, points, width, []);
    }
    const [{ x, y } = { x: 0, y: 0 }] = points;
    context.font = '600 10.5px system-ui, sans-serif';
    context.textAlign = 'left';
    context.textBaseline = 'alphabetic';
    context.fillStyle = ink.text;
    context.fillText(`↺ ${epoch}: back to ${shortId(snapshotId)}`, x + 8, Math.max(10, y));
  }
}

function paintCuts(context: CanvasRenderingContext2D, view: SpaceTime, from: number, to: number): void {
  for (const snapshot of run.snapshots.values()) {
    const steps = [...snapshot.recorded.values()];
    if (steps.every(({ index }) => index < from) || steps.every(({ index }) => index > to)) continue;
    const isShown = snapshot.id === snapshotShown.value?.id;
    const dash = SNAPSHOT_DASHES[snapshot.number % SNAPSHOT_DASHES.length]!;
    const points = pointsThrough(view, snapshot.recorded.values());
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
