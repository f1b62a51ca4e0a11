/** A search of everything that can happen in a model, breadth first: the plainest there is. */

/** What can happen in a state. */
export interface Step<S> {
  readonly label: string;
  readonly next: S;
  /** Whether a state counts as stuck when no such step leads on. */
  readonly leadsOn: boolean;
}

/** What a search found. */
export interface Found {
  readonly states: number;
  readonly steps: number;
  /** The shortest way to a bad state, and what is bad about it. */
  readonly bad: { readonly what: string; readonly path: readonly string[] } | undefined;
  /** A shortest way to a state from which no steps that lead on come to a settled one. */
  readonly stuck: readonly string[] | undefined;
}

interface Node {
  readonly from: number;
  readonly label: string;
  readonly isSettled: boolean;
  /** The states from which a step leads on to this one. */
  readonly before: number[];
}

/**
 * Searches a model up to its first bad state.
 *
 * @param badIn What is bad about a state, if anything is.
 */
export function search<S>(
  initial: S,
  stepsOf: (state: S) => readonly Step<S>[],
  badIn: (state: S) => string | undefined,
  isSettled: (state: S) => boolean,
): Found {
  const numbers = new Map([[JSON.stringify(initial), 0]]);
  const nodes: Node[] = [{ from: -1, label: '', isSettled: isSettled(initial), before: [] }];
  const pathTo = (at: number): string[] => (at <= 0 ? [] : [...pathTo(nodes[at]!.from), nodes[at]!.label]);
  let layer = [initial];
  let steps = 0;
  for (let first = 0; layer.length > 0;) {
    const next: S[] = [];
    for (const [index, state] of layer.entries()) {
      for (const step of stepsOf(state)) {
        steps++;
        const key = JSON.stringify(step.next);
        let number = numbers.get(key);
        if (number === undefined) {
          number = nodes.length;
          numbers.set(key, number);
          nodes.push({ from: first + index, label: step.label, isSettled: isSettled(step.next), before: [] });
          next.push(step.next);
          const what = badIn(step.next);
          if (what !== undefined)
            return { states: nodes.length, steps, bad: { what, path: pathTo(number) }, stuck: undefined };
        }
        if (step.leadsOn) nodes[number]!.before.push(first + index);
      }
    }
    first += layer.length;
    layer = next;
  }
  const stuck = firstStuck(nodes);
  return { states: nodes.length, steps, bad: undefined, stuck: stuck === -1 ? undefined : pathTo(stuck) };
}

/** The first node from which none that is settled can be reached; -1 if there is none. */
function firstStuck(nodes: readonly Node[]): number {
  const settling = new Set(nodes.flatMap(({ isSettled }, number) => (isSettled ? number : [])));
  for (const number of settling) for (const before of nodes[number]!.before) settling.add(before);
  return nodes.findIndex((_, number) => !settling.has(number));
}
