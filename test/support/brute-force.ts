/**
 * Counts the states of a system that is given as plain data and a function, by the plainest search there is. It shares no
 * code with the explorer that it confirms.
 */
export interface Counts {
  readonly states: number;
  readonly edges: number;
  readonly depth: number;
  readonly terminal: number;
}

/** All states that can be reached and where their moves lead; states are JSON. */
export function graphOf<S>(
  initial: S,
  moves: (state: S) => readonly S[],
): Map<string, { state: S; depth: number; next: string[] }> {
  const first = JSON.stringify(initial);
  const graph = new Map([[first, { state: initial, depth: 0, next: [] as string[] }]]);
  for (const node of graph.values()) {
    for (const state of moves(node.state)) {
      const key = JSON.stringify(state);
      node.next.push(key);
      if (!graph.has(key)) graph.set(key, { state, depth: node.depth + 1, next: [] });
    }
  }
  return graph;
}

/** Counts of such a graph. */
export function countStates<S>(initial: S, moves: (state: S) => readonly S[]): Counts {
  const nodes = [...graphOf(initial, moves).values()];
  return {
    states: nodes.length,
    edges: nodes.reduce((sum, { next }) => sum + next.length, 0),
    depth: Math.max(...nodes.map(({ depth }) => depth)),
    terminal: nodes.filter(({ next }) => next.length === 0).length,
  };
}

/** Whether a predicate holds sooner or later on every way from the initial state: by what can be said of all successors. */
export function isInevitable<S>(initial: S, moves: (state: S) => readonly S[], holds: (state: S) => boolean): boolean {
  const graph = graphOf(initial, moves);
  // The states from which it is inevitable, grown until no more are: those where it holds, and those with successors of which all are.
  const sure = new Set<string>();
  for (let before = -1; before < sure.size;) {
    before = sure.size;
    for (const [key, { state, next }] of graph) {
      if (holds(state) || (next.length > 0 && next.every((to) => sure.has(to)))) sure.add(key);
    }
  }
  return sure.has(JSON.stringify(initial));
}
