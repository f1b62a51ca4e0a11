/**
 * Ways that a network can take on which a predicate never holds: they end in a state in which no step can be taken, or go
 * on for ever round a cycle. All their states are ones in which it does not hold, so it is among these alone that ends and
 * cycles are looked for.
 *
 * Nothing waits for ever on a way (weak fairness): that messages arrive in finite time is assumed of channels by the paper.
 * A strongly connected part of the graph has such a cycle just if of all that waits in each of its states, a step within it
 * ends each: then one can go through all of it. If something waits everywhere and no step ends it, nor does any cycle.
 */
import type { StepCode } from './model.js';
import type { NumberList } from './state-store.js';

/** A step from one state to another, by their numbers. */
export interface Edge {
  readonly from: number;
  readonly step: StepCode;
  readonly to: number;
}

/** The states found, as a graph; the first state is the initial one. */
export interface Graph {
  readonly states: number;
  readonly terminal: NumberList;
  edgesFrom(index: number): Iterable<Edge>;
  /** What waits in a state, and may not wait for ever. */
  waitingIn(index: number): ReadonlySet<number>;
  /** Which of what waits a step puts an end to. */
  endedBy(edge: Edge): readonly number[];
}

/** A way from the initial state, without end or to an end. */
export interface Way {
  readonly edges: readonly Edge[];
  /** For one without end: the edges from this one on repeat. */
  readonly repeatsFrom: number | undefined;
}

type Edges = (index: number) => readonly Edge[];

/**
 * Finds a way on which a predicate never holds: the shortest to an end, or the one that is soonest on a cycle.
 *
 * @param holds For each state 1 if the predicate holds there.
 */
export function findAvoidingWay(graph: Graph, holds: NumberList): Way | undefined {
  const isAvoiding = (index: number) => holds.get(index) === 0;
  if (!isAvoiding(0)) return undefined;
  const edgesFrom: Edges = (index) => [...graph.edgesFrom(index)].filter(({ to }) => isAvoiding(to));
  const toEnd = walk(0, graph.states, edgesFrom, isOneOf(listOf(graph.terminal)));
  const ending = toEnd && { edges: toEnd, repeatsFrom: undefined };
  const parts = componentsFrom(0, graph.states, edgesFrom).filter((part) => isFair(graph, part, edgesFrom));
  const toCycle = walk(0, graph.states, edgesFrom, isOneOf(parts.flat()));
  if (toCycle === undefined) return ending;
  const start = toCycle.at(-1)?.to ?? 0;
  const part = parts.find((members) => members.includes(start))!;
  const endless = {
    edges: [...toCycle, ...fairCycle(graph, start, part, edgesFrom)],
    repeatsFrom: toCycle.length,
  };
  return ending !== undefined && ending.edges.length <= endless.edges.length ? ending : endless;
}

const listOf = (numbers: NumberList) => Array.from({ length: numbers.length }, (_, at) => numbers.get(at));

function isOneOf(states: readonly number[]): (index: number) => boolean {
  const all = new Set(states);
  return (index) => all.has(index);
}

/** The shortest walk to a state that is a goal; breadth first. */
function walk(from: number, states: number, edgesFrom: Edges, isGoal: (index: number) => boolean): Edge[] | undefined {
  return isGoal(from) ? [] : walkAlong(from, states, edgesFrom, ({ to }) => isGoal(to));
}

/** The shortest walk whose last edge is a goal. */
function walkAlong(
  from: number,
  states: number,
  edgesFrom: Edges,
  isGoal: (edge: Edge) => boolean,
): Edge[] | undefined {
  const seen = new Uint8Array(states);
  seen[from] = 1;
  const order = [from];
  const arrivals = new Map<number, Edge>();
  const back = (last: Edge) => {
    const edges = [last];
    for (let edge = arrivals.get(last.from); edge !== undefined; edge = arrivals.get(edge.from)) edges.push(edge);
    return edges.reverse();
  };
  for (const index of order) {
    for (const edge of edgesFrom(index)) {
      if (isGoal(edge)) return back(edge);
      if (seen[edge.to] === 1) continue;
      seen[edge.to] = 1;
      arrivals.set(edge.to, edge);
      order.push(edge.to);
    }
  }
  return undefined;
}

/** Whether a strongly connected part has an edge, and a step within it for all that waits everywhere in it. */
function isFair(graph: Graph, part: readonly number[], edgesFrom: Edges): boolean {
  const isMember = isOneOf(part);
  const inner = part.flatMap((index) => edgesFrom(index).filter(({ to }) => isMember(to)));
  if (inner.length === 0) return false;
  const waiting = new Set(graph.waitingIn(part[0]!));
  for (const index of part) keep(waiting, graph.waitingIn(index));
  for (const edge of inner) for (const ended of graph.endedBy(edge)) waiting.delete(ended);
  return waiting.size === 0;
}

/** A cycle within a fair part on which nothing waits for ever: short, if perhaps not the shortest. */
function fairCycle(graph: Graph, start: number, part: readonly number[], edgesFrom: Edges): Edge[] {
  const isMember = isOneOf(part);
  const within: Edges = (index) => edgesFrom(index).filter(({ to }) => isMember(to));
  const waiting = new Set(graph.waitingIn(start));
  const stillWaiting = (edge: Edge) => {
    const left = new Set(waiting);
    keep(left, graph.waitingIn(edge.to));
    for (const ended of graph.endedBy(edge)) left.delete(ended);
    return left;
  };
  const cycle: Edge[] = [];
  const go = (isGoal: (edge: Edge) => boolean) => {
    for (const edge of walkAlong(cycle.at(-1)?.to ?? start, graph.states, within, isGoal)!) {
      cycle.push(edge);
      keep(waiting, stillWaiting(edge));
    }
  };
  while (waiting.size > 0) go((edge) => stillWaiting(edge).size < waiting.size);
  if (cycle.at(-1)?.to !== start) go(({ to }) => to === start);
  return cycle;
}

/** Removes from a set what is not in another one. */
function keep(set: Set<number>, others: ReadonlySet<number>): void {
  for (const item of set) if (!others.has(item)) set.delete(item);
}

/** Tarjan's strongly connected components of what can be reached from a state. Without recursion. */
function componentsFrom(root: number, states: number, edgesFrom: Edges): number[][] {
  const numbers = new Int32Array(states);
  const lowest = new Int32Array(states);
  const isOpen = new Uint8Array(states);
  const open: number[] = [];
  const components: number[][] = [];
  let count = 0;
  const enter = (index: number) => {
    numbers[index] = lowest[index] = ++count;
    isOpen[index] = 1;
    open.push(index);
    return { index, rest: edgesFrom(index).map(({ to }) => to) };
  };
  const leave = (index: number) => {
    if (lowest[index] !== numbers[index]) return;
    const component = open.splice(open.lastIndexOf(index));
    for (const member of component) isOpen[member] = 0;
    components.push(component);
  };
  const path = [enter(root)];
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const next = top.rest.pop();
    if (next === undefined) {
      path.pop();
      leave(top.index);
      const parent = path.at(-1)?.index;
      if (parent !== undefined) lowest[parent] = Math.min(lowest[parent]!, lowest[top.index]!);
    } else if (numbers[next] === 0) path.push(enter(next));
    else if (isOpen[next] === 1) lowest[top.index] = Math.min(lowest[top.index]!, numbers[next]!);
  }
  return components;
}
