/** Paints the arrows of a space–time diagram: messages, markers and control messages. */
import { placeInCone, type Cone } from '../run/cone.js';
import type { Envelope } from '../run/model.js';
import { arrowOf, type Arrow, type Point, type SpaceTime } from '../run/space-time.js';
import { arrowHead, cross, diamond, square } from './shapes.js';
import { crossing, hovered, ownVerdict, run, snapshotShown, witness } from './store.js';
import { colorOf, inkNow } from './theme.js';

/** How faint is what has nothing to do with the step that is pointed at. */
export const FAINT = 0.13;
/** How faint is what a rollback has undone. */
export const UNDONE = 0.4;
/** Crossing messages that are named; and that are drawn thick: more would hide the cut that they cross. */
const MOST_LABELS = 8;
const MOST_THICK = 24;

/** The dashes by which messages, markers and control messages differ, besides their heads. */
const DASHES = { message: [], marker: [4, 3], control: [1.5, 3] } as const;

/** The messages that say something of a cut. */
interface Spoken {
  readonly inFlight: ReadonlySet<Envelope>;
  readonly violations: ReadonlySet<Envelope>;
  readonly isOwn: boolean;
  readonly isMany: boolean;
}

/** Paints envelopes. @returns What paints the names of some of them, over all that is painted in between. */
export function paintEnvelopes(
  context: CanvasRenderingContext2D,
  view: SpaceTime,
  envelopes: Iterable<Envelope>,
  cone: Cone | undefined,
): () => void {
  const verdict = ownVerdict.value ?? crossing.value;
  const inFlight = new Set(verdict?.inFlight);
  const spoken: Spoken = {
    inFlight,
    violations: new Set(verdict?.violations),
    isOwn: ownVerdict.value !== undefined,
    isMany: inFlight.size > MOST_THICK,
  };
  const labels: (() => void)[] = [];
  const taken: Point[] = [];
  for (const envelope of envelopes) {
    const arrow = arrowOf(view, run, envelope);
    const color = paintEnvelope(context, view, envelope, arrow, cone, spoken);
    const text = view.column >= 12 ? labelOf(envelope, spoken) : undefined;
    if (text !== undefined) {
      const isFaint = !isInCone(cone, envelope) || isUndone(envelope);
      labels.push(() => paintLabel(context, arrow, text, color, isFaint, taken));
    }
  }
  return () => labels.forEach((paint) => paint());
}

/** Names of messages that cross the cut, as long as they are few; numbers of those that were overtaken. */
function labelOf(envelope: Envelope, { inFlight, violations }: Spoken): string | undefined {
  const { event, seq, isOvertaken } = envelope;
  const isNamed = violations.has(envelope) || (inFlight.has(envelope) && inFlight.size <= MOST_LABELS);
  const name = isNamed ? event!.type : '';
  if (!isNamed && !isOvertaken) return undefined;
  const short = name.length > 18 ? `${name.slice(0, 17)}…` : name;
  return [short, ...(isOvertaken ? [`#${seq!}`] : [])].join(' ').trim();
}

function isInCone(cone: Cone | undefined, { sent, received }: Envelope): boolean {
  if (cone === undefined || hovered.value === undefined) return true;
  const places = [sent, received].map((step) =>
    step === undefined ? 'concurrent' : step === hovered.value ? 'self' : placeInCone(cone, step),
  );
  return places.every((place) => place !== 'concurrent');
}

const isUndone = ({ sent, received, lostAt }: Envelope) =>
  sent?.isUndone === true || received?.isUndone === true || lostAt !== undefined;

/** @returns Its colour. */
function paintEnvelope(
  context: CanvasRenderingContext2D,
  view: SpaceTime,
  envelope: Envelope,
  { begin, end, fate }: Arrow,
  cone: Cone | undefined,
  { inFlight, violations, isOwn, isMany }: Spoken,
): string {
  const ink = inkNow();
  const { kind, channel, seq, isOvertaken } = envelope;
  const isWitness = kind === 'message' && witness.value.messages.has(`${channel} ${seq!}`);
  const isBad = violations.has(envelope) || isWitness;
  const isCrossing = inFlight.has(envelope);
  const color = isBad
    ? ink.bad
    : kind !== 'message'
      ? colorOf(envelope.snapshotId)
      : isCrossing
        ? isOwn
          ? ink.accent
          : colorOf(snapshotShown.value?.id)
        : ink.message;
  context.strokeStyle = context.fillStyle = color;
  const isThick = isBad || (isCrossing && !isMany);
  context.lineWidth = isThick ? 2.4 : kind !== 'message' || isOvertaken ? 1.4 : 1;
  const plain = view.column < 6 ? 0.3 : 0.6; // a thicket is fainter
  const strength = isThick ? 1 : isCrossing ? 0.5 : kind !== 'message' || isOvertaken ? 0.85 : plain;
  context.globalAlpha = strength * (isInCone(cone, envelope) ? 1 : FAINT) * (isUndone(envelope) ? UNDONE : 1);
  context.setLineDash([...DASHES[kind]]);
  context.beginPath();
  context.moveTo(begin.x, begin.y);
  if (envelope.from === envelope.to) {
    context.quadraticCurveTo((begin.x + end.x) / 2, begin.y - view.row * 0.6, end.x, end.y);
  } else context.lineTo(end.x, end.y);
  context.stroke();
  context.setLineDash([]);
  if (fate === 'dropped') {
    context.globalAlpha = 1;
    context.lineWidth = 1.6;
    cross(context, end, 3.5);
  } else if (fate === 'received' && view.column > 3) paintHead(context, view, kind, begin, end);
  context.globalAlpha = 1;
  return color;
}

function paintHead(
  context: CanvasRenderingContext2D,
  view: SpaceTime,
  kind: Envelope['kind'],
  begin: Point,
  end: Point,
): void {
  const angle = Math.atan2(end.y - begin.y, end.x - begin.x);
  const before = (distance: number) => ({
    x: end.x - Math.cos(angle) * distance,
    y: end.y - Math.sin(angle) * distance,
  });
  const size = Math.min(7, view.column * 0.9);
  if (kind === 'message') arrowHead(context, before(4.5), angle, size);
  else if (kind === 'marker') diamond(context, before(8), size * 0.6);
  else square(context, before(8), size * 0.45);
}

/** A label goes where there is room on its arrow; where there is none, it is left out. */
function paintLabel(
  context: CanvasRenderingContext2D,
  { begin, end }: Arrow,
  text: string,
  color: string,
  isFaint: boolean,
  taken: Point[],
): void {
  context.font = '600 10.5px system-ui, sans-serif';
  const width = context.measureText(text).width + 4;
  const at = [0.72, 0.5, 0.86, 0.32].map((share) => ({
    x: begin.x + (end.x - begin.x) * share,
    y: begin.y + (end.y - begin.y) * share,
  }));
  // Each label takes its two ends and its middle.
  const places = ({ x, y }: Point) => [-0.5, 0, 0.5].map((share) => ({ x: x + share * width, y }));
  const isFree = (point: Point) =>
    places(point).every(({ x, y }) =>
      taken.every((other) => Math.abs(other.y - y) > 11 || Math.abs(other.x - x) > width / 4),
    );
  const point = at.find(isFree);
  if (point === undefined) return;
  taken.push(...places(point));
  context.globalAlpha = isFaint ? UNDONE : 1;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.lineWidth = 4;
  context.strokeStyle = inkNow().paper;
  context.strokeText(text, point.x, point.y);
  context.fillStyle = color;
  context.fillText(text, point.x, point.y);
  context.globalAlpha = 1;
}
