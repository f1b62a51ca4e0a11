/** The waits between processes in one global state, and which of them last for ever. Processes are numbers from 0. */

/** What a blocked process still needs. */
export interface Blocked<TId = string> {
  /** How many of `of` it needs before it can go on; at least 1. */
  readonly need: number;
  /** From whom, each once. */
  readonly of: readonly TId[];
}

/** By process: what it waits for; undefined when it may act. */
export type WaitGraph = readonly (Blocked<number> | undefined)[];

/**
 * The processes that wait for ever, found by reducing the graph: whoever may act may grant all that it is asked for, and
 * whoever then has what it needs may act in its turn. Linear in the edges, for AND (all of them), OR (one) and k-of-n.
 */
export function reduce(graph: WaitGraph): Set<number> {
  const missing = new Int32Array(graph.length);
  const acting: number[] = [];
  graph.forEach((blocked, process) => {
    if (blocked === undefined) acting.push(process);
    else missing[process] = blocked.need;
  });
  const { first, waiters } = waitersIn(graph);
  for (let process = acting.pop(); process !== undefined; process = acting.pop()) {
    for (let at = first[process]!; at < first[process + 1]!; at++) {
      const waiter = waiters[at]!;
      if (--missing[waiter]! === 0) acting.push(waiter);
    }
  }
  const stuck = new Set<number>();
  missing.forEach((left, process) => {
    if (left > 0) stuck.add(process);
  });
  return stuck;
}

/** Who waits for each process: those of process p are at `first[p]` up to `first[p + 1]`. */
function waitersIn(graph: WaitGraph): { readonly first: Int32Array; readonly waiters: Int32Array } {
  const first = new Int32Array(graph.length + 1);
  for (const blocked of graph) if (blocked !== undefined) for (const target of blocked.of) first[target + 1]!++;
  for (let process = 0; process < graph.length; process++) first[process + 1]! += first[process]!;
  const waiters = new Int32Array(first[graph.length]!);
  const next = first.slice();
  graph.forEach((blocked, process) => {
    if (blocked !== undefined) for (const target of blocked.of) waiters[next[target]!++] = process;
  });
  return { first, waiters };
}
