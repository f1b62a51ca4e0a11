/** Lays a statechart out: each state's children by dagre, inside it. */
import type { Chart, ChartTransition } from '../chart.js';
import { labelOf } from '../exports/mermaid.js';
import type { Point } from '../run/space-time.js';
import { createGraph, layOut } from './dagre.js';

/** A state's box, in its parent's measures. */
export interface ChartBox {
  readonly chart: Chart;
  x: number;
  y: number;
  readonly width: number;
  readonly height: number;
  /** What it does without leaving, and what it invokes: lines below its name. */
  readonly inner: readonly string[];
  readonly boxes: readonly ChartBox[];
  readonly arrows: readonly ChartArrow[];
}

/** An arrow between two boxes of the same parent. */
export interface ChartArrow {
  readonly path: string;
  readonly label: string;
  /** Where the label is; or the dot, of an initial arrow. */
  readonly at: Point;
  readonly isInitial: boolean;
}

/** How wide a text is, about, in the chart's pixels. */
export const textWidth = (text: string, size: number) => text.length * size * 0.58;
/** Names longer than this are cut. */
const shorten = (text: string, most = 34) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** Lays out a machine's chart. */
export function layOutChart(chart: Chart): ChartBox {
  const { inner, arrows } = sortTransitions(chart);
  const header = 26 + inner.length * 14;
  const least = Math.max(64, textWidth(chart.key, 13) + 28, ...inner.map((line) => textWidth(line, 11) + 24));
  if (chart.states.length === 0) {
    return { chart, x: 0, y: 0, width: least, height: header + 4, inner, boxes: [], arrows: [] };
  }
  const boxes = chart.states.map(layOutChart);
  const graph = createGraph();
  graph.setGraph({ rankdir: 'TB', nodesep: 28, ranksep: 34, edgesep: 14, marginx: 16, marginy: 12 });
  for (const { chart: child, width, height } of boxes) graph.setNode(child.id, { width, height });
  const initial = chart.type === 'parallel' ? undefined : chart.states.find(({ key }) => key === chart.initial);
  if (initial !== undefined) {
    graph.setNode('initial', { width: 8, height: 8 });
    graph.setEdge('initial', initial.id, { label: '', width: 0, height: 0 }, 'initial');
  }
  arrows.forEach(({ from, to, label }, index) => {
    graph.setEdge(from, to, { label, width: textWidth(label, 11) + 8, height: 14, labelpos: 'c' }, String(index));
  });
  layOut(graph);
  for (const box of boxes) {
    const node = graph.node(box.chart.id);
    box.x = node.x - box.width / 2;
    box.y = node.y - box.height / 2 + header - 6;
  }
  const drawn = graph.edges().map((edge) => {
    const { points, label, ...at } = graph.edge(edge);
    const isInitial = edge.v === 'initial';
    const moved = points.map(({ x, y }) => ({ x, y: y + header - 6 }));
    const dot = graph.node(edge.v);
    return {
      path: curve(moved),
      label,
      at: isInitial ? { x: dot.x, y: dot.y + header - 6 } : { x: at.x, y: at.y + header - 2 },
      isInitial,
    };
  });
  const size = graph.graph();
  return {
    chart,
    x: 0,
    y: 0,
    width: Math.max(least, size.width),
    height: size.height + header - 4,
    inner,
    boxes,
    arrows: drawn,
  };
}

/**
 * An arrow is drawn among the children of the smallest state that holds both its ends, between the two children in which
 * these are; what stays where it is becomes a line of text.
 */
function sortTransitions(chart: Chart): { inner: string[]; arrows: { from: string; to: string; label: string }[] } {
  const inner = [
    ...chart.invokes.map((id) => shorten(`⟳ ${id}`)),
    ...chart.transitions
      .filter(({ targets }) => targets.every((target) => target === chart.id))
      .map((transition) => shorten(`${transition.targets.length > 0 ? '↻ ' : ''}${nameOf(transition)}`)),
  ];
  const found = new Map<string, { from: string; to: string; labels: string[] }>();
  for (const child of chart.states) {
    for (const { transition, target } of leaving(child)) {
      const to = chart.states.find((other) => holds(other, target));
      if (to === undefined || (to === child && (transition.from !== child.id || target === child.id))) continue;
      const key = `${child.id} ${to.id}`;
      const known = found.get(key) ?? { from: child.id, to: to.id, labels: [] };
      known.labels.push(nameOf(transition));
      found.set(key, known);
    }
  }
  const arrows = [...found.values()].map(({ from, to, labels }) => {
    const all = [...new Set(labels)];
    return { from, to, label: shorten(all.slice(0, 2).join(', ') + (all.length > 2 ? ` +${all.length - 2}` : ''), 44) };
  });
  return { inner, arrows };
}

function* leaving(state: Chart): Generator<{ transition: ChartTransition & { from: string }; target: string }> {
  for (const transition of state.transitions) {
    for (const target of transition.targets) yield { transition: { ...transition, from: state.id }, target };
  }
  for (const child of state.states) yield* leaving(child);
}

function holds(state: Chart, id: string): boolean {
  return state.id === id || state.states.some((child) => holds(child, id));
}

function nameOf({ event, guard }: ChartTransition): string {
  return [labelOf(event) || 'always', ...(guard === '' ? [] : [`[${guard}]`])].join(' ');
}

/** A smooth line through dagre's points. */
function curve(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  const parts = rest.map((point, index) => {
    const next = rest[index + 1];
    if (next === undefined) return `L${point.x} ${point.y}`;
    return `Q${point.x} ${point.y} ${(point.x + next.x) / 2} ${(point.y + next.y) / 2}`;
  });
  return `M${first.x} ${first.y}${parts.join('')}`;
}
