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

/** A step, and what it ends the waiting of. */
interface FairStep<S> {
  readonly to: S;
  readonly ends: readonly string[];
}

/**
 * Whether a predicate holds sooner or later on every way from the initial state on which nothing waits for ever: if not,
 * a way leads through states in which it does not hold to an end, or to states from which one can always go on to a step
 * or state that gives any one that waits its due (the greatest such set, found by Emerson and Lei's fixed point).
 */
export function isInevitable<S>(
  initial: S,
  stepsOf: (state: S) => readonly FairStep<S>[],
  waitingIn: (state: S) => readonly string[],
  holds: (state: S) => boolean,
): boolean {
  const graph = graphOf(initial, (state) => stepsOf(state).map(({ to }) => to));
  const keyOf = (state: S) => JSON.stringify(state);
  const avoiding = new Set([...graph].filter(([, { state }]) => !holds(state)).map(([key]) => key));
  const edges = [...avoiding].flatMap((from) =>
    stepsOf(graph.get(from)!.state).map(({ to, ends }) => ({ from, to: keyOf(to), state: to, ends })),
  );
  const names = new Set([...avoiding].flatMap((key) => waitingIn(graph.get(key)!.state)));
  const reaching = (goals: ReadonlySet<string>, within: ReadonlySet<string>) => {
    const found = new Set([...goals].filter((key) => within.has(key)));
    for (let before = -1; before < found.size;) {
      before = found.size;
      for (const { from, to } of edges) if (within.has(from) && found.has(to)) found.add(from);
    }
    return found;
  };
  let endless: ReadonlySet<string> = avoiding;
  for (let before = -1; before !== endless.size;) {
    before = endless.size;
    for (const name of [undefined, ...names]) {
      const giveDue = edges.filter(
        ({ to, state, ends }) =>
          endless.has(to) && (name === undefined || ends.includes(name) || !waitingIn(state).includes(name)),
      );
      endless = reaching(new Set(giveDue.map(({ from }) => from)), endless);
    }
  }
  const ends = [...avoiding].filter((key) => graph.get(key)!.next.length === 0);
  return !reaching(new Set([...endless, ...ends]), avoiding).has(keyOf(initial));
}
