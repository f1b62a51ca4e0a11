import { reduce, type WaitGraph } from './wait-graph.js';

/** Processes of a k-of-n deadlock up to which it is made minimal. */
const MOST_MINIMISED = 200;

/** What a process waits for, as far as it keeps the process from going on. */
type Blocking = (process: number) => readonly number[];

/**
 * Some of the processes that wait for ever, as few as explain it: they wait for one another so that none of them can ever
 * go on, and without any one of them the others could.
 *
 * Of a graph in which all wait for all of theirs (AND) it is a cycle without a short cut, of one in which all wait for any
 * one of theirs (OR) a knot; both in linear time. Otherwise (k-of-n) the cost is quadratic, so what has more than 200
 * processes is left as it was found: stuck by itself, but perhaps with some to spare.
 *
 * @param stuck What {@link reduce} found, not empty.
 */
export function minimalDeadlock(graph: WaitGraph, stuck: ReadonlySet<number>): readonly number[] {
  /** As many of the edges to other stuck processes as suffice to block it. */
  const blocking: Blocking = (process) => {
    const { need, of } = graph[process]!;
    const enough = of.length - need + 1;
    const edges: number[] = [];
    for (let at = 0; at < of.length && edges.length < enough; at++) if (stuck.has(of[at]!)) edges.push(of[at]!);
    return edges;
  };
  const closed = terminalComponent(graph.length, stuck.values().next().value!, blocking);
  const waits = closed.map((process) => graph[process]!);
  if (waits.every(({ need }) => need === 1)) return closed;
  if (waits.every(({ need, of }) => need === of.length)) return cycleWithoutShortCut(graph, closed[0]!, blocking);
  return closed.length > MOST_MINIMISED ? closed : withoutSpare(graph, closed);
}

/** The first strongly connected component that Tarjan's algorithm completes: no edge leads out of it. Without recursion. */
function terminalComponent(size: number, start: number, successors: Blocking): readonly number[] {
  const UNSEEN = -1;
  /** By process: its place in `component`. */
  const index = new Int32Array(size).fill(UNSEEN);
  const low = new Int32Array(size);
  const component: number[] = [];
  const path: { readonly process: number; readonly edges: readonly number[]; at: number }[] = [];
  const enter = (process: number) => {
    index[process] = low[process] = component.length;
    component.push(process);
    path.push({ process, edges: successors(process), at: 0 });
  };
  const lower = (process: number, to: number) => (low[process] = Math.min(low[process]!, to));
  enter(start);
  for (;;) {
    const step = path.at(-1)!;
    const { process, edges } = step;
    const next = edges[step.at++];
    if (next !== undefined) {
      if (index[next] === UNSEEN) enter(next);
      else lower(process, index[next]!);
    } else if (low[process] === index[process]) {
      return component.slice(index[process]);
    } else {
      path.pop();
      lower(path.at(-1)!.process, low[process]!);
    }
  }
}

/** A cycle of the AND model such that no edge between its processes is left out. */
function cycleWithoutShortCut(graph: WaitGraph, first: number, blocking: Blocking): readonly number[] {
  const NOWHERE = -1;
  const cycle: number[] = [];
  const position = new Int32Array(graph.length).fill(NOWHERE);
  for (let process = first; position[process] === NOWHERE; process = blocking(process)[0]!) {
    position[process] = cycle.length;
    cycle.push(process);
  }
  const targets = (at: number) => graph[cycle[at]!]!.of.map((target) => position[target]!);
  // The first process that waits for an earlier one, and the latest of those: no other edge leads back in between …
  let end = 0;
  let start = NOWHERE;
  for (; ; end++) {
    for (const at of targets(end)) if (at <= end && at > start) start = at;
    if (start !== NOWHERE) break;
  }
  // … and the shortest way from there to it jumps over none.
  const cameFrom = new Map([[start, start]]);
  for (const at of cameFrom.keys()) {
    if (at === end) break;
    for (const next of targets(at)) if (next > at && next <= end && !cameFrom.has(next)) cameFrom.set(next, at);
  }
  const way: number[] = [];
  for (let at = end; way.push(cycle[at]!) && at !== start;) at = cameFrom.get(at)!;
  return way.reverse();
}

/** Leaves out whom the deadlock does not need. */
function withoutSpare(graph: WaitGraph, closed: readonly number[]): readonly number[] {
  let kept = new Set(closed);
  for (const process of closed) {
    if (!kept.has(process)) continue;
    const rest = reduce(graph.map((blocked, other) => (other !== process && kept.has(other) ? blocked : undefined)));
    if (rest.size > 0) kept = rest;
  }
  return [...kept];
}
