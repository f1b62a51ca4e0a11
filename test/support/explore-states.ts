/** Breadth-first search over all states of anything: what is wrong, on the shortest path; and what never settles. */

/** Something with states, and steps between them. */
export interface StateSpace<TState> {
  readonly initial: TState;
  /** Equal for equal states, and for no others. */
  keyOf(state: TState): string;
  /** The steps that are possible, named so that a person can follow a path of them. */
  stepsFrom(state: TState): Iterable<Step<TState>>;
  /** What of a state must not be; undefined when all is well. */
  wrongWith(state: TState): string | undefined;
  /** Whether a state is one in which all may rest for ever. */
  isSettled(state: TState): boolean;
}

/** A step to another state. */
export interface Step<TState> {
  readonly name: string;
  readonly to: TState;
}

/** What was found. */
export interface Exploration<TState> {
  readonly states: number;
  readonly transitions: number;
  /** Steps on the shortest path to the state that is farthest. */
  readonly depth: number;
  /** Whether there was a state too many: then nothing is said of what never settles. */
  readonly isCut: boolean;
  readonly settled: number;
  /** The nearest state that is wrong. */
  readonly violation: Finding<TState> | undefined;
  /** The nearest state from which no settled one can be reached. */
  readonly stuck: Finding<TState> | undefined;
}

/** A state, and the shortest path to it. */
export interface Finding<TState> {
  readonly what: string;
  readonly path: readonly string[];
  readonly state: TState;
}

/** Visits every state that can be reached, up to so many; stops at the first that is wrong. */
export function exploreStates<TState>(
  space: StateSpace<TState>,
  { from: initial = space.initial, maxStates = Infinity }: { readonly from?: TState; readonly maxStates?: number } = {},
): Exploration<TState> {
  const numbers = new Map([[space.keyOf(initial), 0]]);
  const parents = [-1];
  const names = [''];
  const settled: number[] = space.isSettled(initial) ? [0] : [];
  /** From, to, from, to, … */
  const edges: number[] = [];
  const pathTo = (state: number): string[] => (state === 0 ? [] : [...pathTo(parents[state]!), names[state]!]);
  let depth = 0;
  let violation: Finding<TState> | undefined;
  let level: [number, TState][] = [[0, initial]];

  function visit(from: number, { name, to }: Step<TState>, next: [number, TState][]): void {
    const key = space.keyOf(to);
    let number = numbers.get(key);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(key, number);
      parents.push(from);
      names.push(name);
      next.push([number, to]);
      if (space.isSettled(to)) settled.push(number);
      const what = space.wrongWith(to);
      if (what !== undefined) violation ??= { what, path: pathTo(number), state: to };
    }
    edges.push(from, number);
  }

  const isDone = () => violation !== undefined || numbers.size > maxStates;
  while (level.length > 0 && !isDone()) {
    const next: typeof level = [];
    for (const [from, state] of level) {
      for (const step of space.stepsFrom(state)) visit(from, step, next);
      if (isDone()) break;
    }
    if (next.length > 0) depth++;
    level = next;
  }
  const isCut = numbers.size > maxStates;
  const counts = { states: numbers.size, transitions: edges.length / 2, depth, isCut, settled: settled.length };
  if (violation !== undefined || isCut) return { ...counts, violation, stuck: undefined };
  const number = firstFromWhichNoneIsReached(numbers.size, edges, settled);
  const path = number === undefined ? [] : pathTo(number);
  const what = 'no settled state can be reached from here';
  const stuck = number === undefined ? undefined : { what, path, state: follow(space, path, initial) };
  return { ...counts, violation, stuck };
}

/** Backwards from the settled states. */
function firstFromWhichNoneIsReached(
  states: number,
  edges: readonly number[],
  settled: readonly number[],
): number | undefined {
  // The edges into each state, as linked lists.
  const heads = new Int32Array(states).fill(-1);
  const tails = new Int32Array(edges.length / 2);
  for (let edge = 0; edge < tails.length; edge++) {
    const to = edges[2 * edge + 1]!;
    tails[edge] = heads[to]!;
    heads[to] = edge;
  }
  const settles = new Uint8Array(states);
  const toDo = [...settled];
  for (const state of settled) settles[state] = 1;
  for (let state = toDo.pop(); state !== undefined; state = toDo.pop()) {
    for (let edge = heads[state]!; edge >= 0; edge = tails[edge]!) {
      const from = edges[2 * edge]!;
      if (settles[from] === 0) toDo.push(from);
      settles[from] = 1;
    }
  }
  const first = settles.indexOf(0);
  return first < 0 ? undefined : first;
}

/** The state at the end of a path. */
export function follow<TState>(space: StateSpace<TState>, path: readonly string[], from = space.initial): TState {
  let state = from;
  for (const name of path) {
    const step = [...space.stepsFrom(state)].find((step) => step.name === name);
    if (step === undefined) throw new Error(`Expected a step "${name}", got none of that name.`);
    state = step.to;
  }
  return state;
}
