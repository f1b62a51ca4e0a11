/**
 * Ways that a network can take on which a predicate never holds: they end in a state in which no step can be taken, or go
 * round a cycle for ever. All their states are ones in which it does not hold, so it is among these alone that ends and
 * cycles are looked for.
 */
import type { NumberList } from './state-store.js';

/** The states found, as a graph; the first state is the initial one. */
export interface Graph {
  readonly states: number;
  readonly terminal: NumberList;
  successors(index: number): Iterable<number>;
}

/** A way without end or to an end. */
export interface Way {
  readonly states: readonly number[];
  /** For one without end: the place, among the states, of the one that comes after the last. */
  readonly repeatsFrom: number | undefined;
}

/**
 * Finds a way on which a predicate never holds: the shortest to an end, or the one that is soonest on a cycle.
 *
 * @param holds For each state 1 if the predicate holds there.
 */
export function findAvoidingWay(graph: Graph, holds: NumberList): Way | undefined {
  const isAvoiding = (index: number) => holds.get(index) === 0;
  if (!isAvoiding(0)) return undefined;
  const avoiding = (index: number) => [...graph.successors(index)].filter(isAvoiding);
  const reached = breadthFirst(0, graph.states, avoiding);
  const isTerminal = new Set(Array.from({ length: graph.terminal.length }, (_, at) => graph.terminal.get(at)));
  const end = reached.order.find((index) => isTerminal.has(index));
  const cyclic = statesOnCycles(reached.order, graph.states, avoiding);
  const first = reached.order.find((index) => cyclic.has(index));
  const ending = end === undefined ? undefined : { states: wayTo(end, reached.parents), repeatsFrom: undefined };
  if (first === undefined) return ending;
  const prefix = wayTo(first, reached.parents);
  const endless = {
    states: [...prefix, ...cycleFrom(first, graph.states, avoiding)],
    repeatsFrom: prefix.length - 1,
  };
  return ending !== undefined && ending.states.length <= endless.states.length ? ending : endless;
}

interface Reached {
  /** Nearest first. */
  readonly order: readonly number[];
  readonly parents: ReadonlyMap<number, number>;
}

function breadthFirst(from: number, states: number, successors: (index: number) => number[]): Reached {
  const seen = new Uint8Array(states);
  seen[from] = 1;
  const order = [from];
  const parents = new Map<number, number>();
  for (const index of order) {
    for (const next of successors(index)) {
      if (seen[next] === 1) continue;
      seen[next] = 1;
      parents.set(next, index);
      order.push(next);
    }
  }
  return { order, parents };
}

function wayTo(end: number, parents: ReadonlyMap<number, number>): number[] {
  const way = [end];
  for (let at = parents.get(end); at !== undefined; at = parents.get(at)) way.push(at);
  return way.reverse();
}

/** The shortest cycle from a state on one: the states after it, but not itself once more. */
function cycleFrom(start: number, states: number, successors: (index: number) => number[]): number[] {
  const { order, parents } = breadthFirst(start, states, successors);
  const last = order.find((index) => successors(index).includes(start))!;
  return wayTo(last, parents).slice(1);
}

/** The states that lie on cycles: those of Tarjan's strongly connected components with an edge inside. Without recursion. */
function statesOnCycles(
  roots: readonly number[],
  states: number,
  successors: (index: number) => number[],
): Set<number> {
  const numbers = new Int32Array(states);
  const lowest = new Int32Array(states);
  const isOpen = new Uint8Array(states);
  const open: number[] = [];
  const cyclic = new Set<number>();
  let count = 0;
  const enter = (index: number) => {
    numbers[index] = lowest[index] = ++count;
    isOpen[index] = 1;
    open.push(index);
    return { index, rest: successors(index) };
  };
  const leave = (index: number) => {
    if (lowest[index] !== numbers[index]) return;
    const component = open.splice(open.lastIndexOf(index));
    for (const member of component) isOpen[member] = 0;
    if (component.length === 1 && !successors(index).includes(index)) return;
    for (const member of component) cyclic.add(member);
  };
  for (const root of roots) {
    if (numbers[root] !== 0) continue;
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
  }
  return cyclic;
}
