/** Who waits for whom in one global state, and who of them waits for ever. */

/** What a blocked process still needs. */
export interface Blocked {
  /** How many of `of` it needs before it can go on; at least 1. */
  readonly need: number;
  /** From whom, each once. */
  readonly of: readonly string[];
}

/** The blocked processes; whoever is not among them may act. */
export type WaitGraph = ReadonlyMap<string, Blocked>;

/**
 * The processes that wait for ever, found by reducing the graph: whoever may act may grant all that it is asked for, and
 * whoever then has what it needs may act in its turn. Linear in the edges, for AND (all of them), OR (one) and k-of-n.
 */
export function reduce(graph: WaitGraph): Set<string> {
  const waiters = new Map<string, string[]>();
  const missing = new Map<string, number>();
  const acting: string[] = [];
  for (const [id, { need, of }] of graph) {
    missing.set(id, need);
    for (const target of of) {
      const known = waiters.get(target);
      if (known !== undefined) known.push(id);
      else {
        waiters.set(target, [id]);
        if (!graph.has(target)) acting.push(target);
      }
    }
  }
  for (let id = acting.pop(); id !== undefined; id = acting.pop()) {
    for (const waiter of waiters.get(id) ?? []) {
      const left = missing.get(waiter)! - 1;
      missing.set(waiter, left);
      if (left === 0) acting.push(waiter);
    }
  }
  const stuck = new Set<string>();
  for (const [id, left] of missing) if (left > 0) stuck.add(id);
  return stuck;
}

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
export function minimalDeadlock(graph: WaitGraph, stuck: ReadonlySet<string>): string[] {
  /** As many of the edges to other stuck processes as suffice to block it. */
  const blocking = (id: string): string[] => {
    const { need, of } = graph.get(id)!;
    return of.filter((target) => stuck.has(target)).slice(0, of.length - need + 1);
  };
  const closed = terminalComponent(stuck.values().next().value!, blocking);
  const waits = closed.map((id) => graph.get(id)!);
  if (waits.every(({ need }) => need === 1)) return closed;
  if (waits.every(({ need, of }) => need === of.length)) return cycleWithoutShortCut(graph, closed, blocking);
  return closed.length > MOST_MINIMISED ? closed : withoutSpare(graph, closed);
}

/** Processes of a k-of-n deadlock up to which it is made minimal. */
const MOST_MINIMISED = 200;

/** The first strongly connected component that Tarjan's algorithm completes: no edge leads out of it. Without recursion. */
function terminalComponent(start: string, successors: (id: string) => readonly string[]): string[] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const component: string[] = [];
  const path: { readonly id: string; readonly rest: Iterator<string> }[] = [];
  const enter = (id: string) => {
    index.set(id, index.size);
    low.set(id, index.get(id)!);
    component.push(id);
    path.push({ id, rest: successors(id)[Symbol.iterator]() });
  };
  const lower = (id: string, to: number) => low.set(id, Math.min(low.get(id)!, to));
  enter(start);
  for (;;) {
    const { id, rest } = path.at(-1)!;
    const next = rest.next();
    if (!next.done) {
      if (index.has(next.value)) lower(id, index.get(next.value)!);
      else enter(next.value);
    } else if (low.get(id) === index.get(id)) {
      return component.slice(component.indexOf(id));
    } else {
      path.pop();
      lower(path.at(-1)!.id, low.get(id)!);
    }
  }
}

/** A cycle of the AND model such that no edge between its processes is left out. */
function cycleWithoutShortCut(
  graph: WaitGraph,
  closed: readonly string[],
  blocking: (id: string) => readonly string[],
): string[] {
  const cycle: string[] = [];
  const position = new Map<string, number>();
  for (let id = closed[0]!; !position.has(id); id = blocking(id)[0]!) {
    position.set(id, cycle.length);
    cycle.push(id);
  }
  const targets = (at: number) => graph.get(cycle[at]!)!.of.flatMap((id) => position.get(id) ?? []);
  // The first process that waits for an earlier one, and the latest of those: no other edge leads back in between …
  let end = 0;
  let start = -1;
  for (; ; end++) {
    start = Math.max(-1, ...targets(end).filter((at) => at <= end));
    if (start >= 0) break;
  }
  // … and the shortest way from there to it jumps over none.
  const cameFrom = new Map([[start, start]]);
  for (const at of cameFrom.keys()) {
    if (at === end) break;
    for (const next of targets(at)) if (next > at && next <= end && !cameFrom.has(next)) cameFrom.set(next, at);
  }
  const way: string[] = [];
  for (let at = end; way.push(cycle[at]!) && at !== start;) at = cameFrom.get(at)!;
  return way.reverse();
}

/** Leaves out whom the deadlock does not need. */
function withoutSpare(graph: WaitGraph, closed: readonly string[]): string[] {
  let kept = new Set(closed);
  for (const id of closed) {
    if (!kept.has(id)) continue;
    const others = new Map<string, Blocked>();
    for (const other of kept) if (other !== id) others.set(other, graph.get(other)!);
    const rest = reduce(others);
    if (rest.size > 0) kept = rest;
  }
  return [...kept];
}
