/** A run's space–time diagram as an SVG picture. */
import { describeStep, nameOf, shortId } from '../run/describe-step.js';
import type { Envelope, Step } from '../run/model.js';
import type { Run } from '../run/run.js';
import {
  arrowOf,
  pointOf,
  pointsThrough,
  rowsOf,
  smoothPath,
  SNAPSHOT_COLORS,
  SNAPSHOT_DASHES,
  xOf,
  yOf,
  type Arrow,
  type Point,
  type SpaceTime,
} from '../run/space-time.js';

/** The part of a run that is drawn. */
export interface SvgOptions {
  /** The index of the first step; default: the first of the run. */
  readonly from?: number | undefined;
  /** How many steps; default 400. */
  readonly steps?: number | undefined;
}

const escape = (text: string) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);

/** Exports the space–time diagram of a run: time lines, messages, markers, and the cut line of each snapshot. */
export function toSvg(run: Run, { from = run.firstIndex, steps = 400 }: SvgOptions = {}): string {
  const margin = 20 + 7.5 * Math.max(4, ...run.network.processes.map(({ id }) => id.length));
  const rows = rowsOf(run);
  const row = Math.max(22, Math.min(56, 900 / Math.max(1, rows.size)));
  const view: SpaceTime = { first: from, column: 16, row, top: 48, rows };
  const to = Math.min(run.lastIndex, from + steps - 1);
  const width = margin + xOf(view, to + 1) + 8;
  const height = view.top + rows.size * view.row;
  const shown = run.steps.filter(({ index }) => index >= from && index <= to);
  const color = (snapshotId: string) =>
    SNAPSHOT_COLORS[(run.snapshots.get(snapshotId)?.number ?? 0) % SNAPSHOT_COLORS.length]!.light;

  const lines = run.network.processes.map(({ id }) => {
    const y = yOf(view, id);
    return `<text class="name" x="-12" y="${y + 4}">${escape(id)}</text><path class="line" d="M0 ${y}H${width - margin}"/>`;
  });
  const arrow = (envelope: Envelope) => {
    const { kind, snapshotId, isOvertaken, seq } = envelope;
    const whole = arrowOf(view, run, envelope);
    const [begin, end] = clip(whole, width - margin);
    const fate = end === whole.end ? whole.fate : 'unknown'; // its end is not in the picture
    const stroke = snapshotId === undefined ? '' : ` stroke="${color(snapshotId)}"`;
    const title = `<title>${escape(`${nameOf(envelope)}: ${envelope.from} to ${envelope.to}`)}</title>`;
    const head = fate === 'received' ? ` marker-end="url(#${kind})"` : '';
    const cross = fate === 'dropped' ? `<path class="lost" d="M${end.x - 4} ${end.y - 4}l8 8m0 -8l-8 8"/>` : '';
    const [x, y] = [begin.x + (end.x - begin.x) * 0.8, begin.y + (end.y - begin.y) * 0.8];
    const number = isOvertaken ? `<text class="overtaken" x="${x}" y="${y + 4}">#${seq!}</text>` : '';
    return `<path class="${kind}"${stroke}${head} d="M${begin.x} ${begin.y}L${end.x} ${end.y}">${title}</path>${cross}${number}`;
  };
  const envelopes = new Set(
    shown.flatMap(({ received, sent }) => (received === undefined ? sent : [received, ...sent])),
  );
  const dots = shown.map((step) => {
    const { x, y } = pointOf(view, step);
    const [snapshotId] = step.recorded;
    const title = `<title>${escape(`${step.process}: ${describeStep(step)}`)}</title>`;
    if (step.wentBackTo !== undefined) return `<path class="back" d="M${x - 6} ${y}l9 -6v12z">${title}</path>`;
    if (snapshotId === undefined) {
      const fill = step.received?.snapshotId === undefined ? '' : ` style="fill: ${color(step.received.snapshotId)}"`;
      return `<circle class="step ${step.kind}"${fill} cx="${x}" cy="${y}" r="3.5">${title}</circle>`;
    }
    return `<path class="record" fill="${color(snapshotId)}" d="M${x} ${y - 8}l8 8l-8 8l-8 -8z">${title}</path>`;
  });
  /** A line of which nothing is in the picture is left out; what is beside it is drawn at its edge. */
  const lineThrough = (through: Iterable<Step>): Point[] => {
    const points = pointsThrough(view, through);
    const right = width - margin;
    if (points.every(({ x }) => x < 0) || points.every(({ x }) => x > right)) return [];
    return points.map(({ x, y }) => ({ x: Math.max(-20, Math.min(right, x)), y }));
  };
  const cuts = [...run.snapshots.values()].map((snapshot) => {
    const points = lineThrough(snapshot.recorded.values());
    if (points.length === 0) return '';
    const dash = SNAPSHOT_DASHES[snapshot.number % SNAPSHOT_DASHES.length]!.join(' ');
    const stroke = color(snapshot.id);
    return `<path class="cut" stroke="${stroke}" stroke-dasharray="${dash}" d="${smoothPath(points)}"/><text class="cut-name" fill="${stroke}" x="${points[0]!.x}" y="${points[0]!.y - 4}">${escape(shortId(snapshot.id))}</text>`;
  });
  const rollbacks = run.rollbacks.map(({ epoch, snapshotId, steps: back }) => {
    const points = lineThrough(back.values());
    if (points.length === 0) return '';
    const path = smoothPath(points);
    const name = escape(`↺ ${epoch}: back to ${shortId(snapshotId)}`);
    return `<path class="rollback" d="${path}"/><path class="rollback-gap" d="${path}"/><text class="cut-name" x="${points[0]!.x}" y="${points[0]!.y - 4}">${name}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${-margin} 0 ${width} ${height}" font-family="system-ui, sans-serif">
<style>
.name { font-size: 13px; font-weight: 600; text-anchor: end; fill: #1b2733 }
.line { stroke: #c3ccd4 } path.message { stroke: #5d6b78; stroke-opacity: .75 } .lost { stroke: #1b2733; stroke-width: 1.6 }
path.marker { stroke-dasharray: 4 3; stroke-width: 1.5 } path.control { stroke-dasharray: 1.5 3; stroke-width: 1.8 }
path.message, path.marker, path.control, .cut, .rollback, .rollback-gap { fill: none } .cut { stroke-width: 2.5; stroke-linecap: round }
.rollback { stroke: #1b2733; stroke-width: 6 } .rollback-gap { stroke: #fff; stroke-width: 3.4 } .back { fill: #fff; stroke: #1b2733; stroke-width: 1.4 }
.cut-name, .overtaken { font-size: 11px; text-anchor: middle; font-weight: 600 }
.overtaken { paint-order: stroke; stroke: #fff; stroke-width: 4px; fill: #5d6b78 }
circle { fill: #1b2733 } .timer, .started, .stopped { fill: #fff; stroke: #1b2733 } .marker-head { fill: #1b2733 } .record { stroke: #fff; stroke-width: 1.5 }
</style>
<defs>
<marker id="message" viewBox="0 0 10 10" refX="12" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 1L9 5L0 9z" fill="#5d6b78"/></marker>
<marker id="control" viewBox="0 0 10 10" refX="13" refY="5" markerWidth="6" markerHeight="6" orient="auto"><path d="M1 1h8v8h-8z" fill="context-stroke"/></marker>
<marker id="marker" viewBox="0 0 10 10" refX="13" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 5L5 1L10 5L5 9z" fill="context-stroke"/></marker>
</defs>
<rect x="${-margin}" width="${width}" height="${height}" fill="#fff"/>
${[...lines, ...Array.from(envelopes, arrow), ...rollbacks, ...cuts, ...dots].filter((part) => part !== '').join('\n')}
</svg>
`;
}

/** Painters of pictures do not expect lines that go far beyond them. */
function clip({ begin, end }: Arrow, right: number): readonly [Point, Point] {
  const at = (x: number): Point => ({ x, y: begin.y + ((end.y - begin.y) * (x - begin.x)) / (end.x - begin.x) });
  return [begin.x < -20 ? at(-20) : begin, end.x > right ? at(right) : end];
}
