import { describe, PanoramaError } from '../../errors.js';
import type { GlobalSnapshot } from '../../global-snapshot.js';

/** What is claimed of the states of a network; made by {@link always}, {@link sometimes} and {@link eventually}. */
export interface Property<TState = GlobalSnapshot> {
  readonly kind: 'always' | 'sometimes' | 'eventually';
  readonly name: string;
  /** A function of the state alone, which is read-only. */
  holds(this: void, state: TState): boolean;
}

/**
 * Claims that a predicate holds in every state that can be reached.
 *
 * @param name Names the property in results.
 * @param holds Judges one global state: the processes and what is in flight.
 */
export function always<TState>(name: string, holds: (state: TState) => boolean): Property<TState> {
  return { kind: 'always', name, holds };
}

/**
 * Claims that a predicate holds in some state that can be reached: shows that something can happen, and that another
 * property is not true for want of anything happening.
 *
 * @param name Names the property in results.
 * @param holds Judges one global state.
 */
export function sometimes<TState>(name: string, holds: (state: TState) => boolean): Property<TState> {
  return { kind: 'sometimes', name, holds };
}

/**
 * Claims that on every way the network can take, a predicate holds sooner or later. A way ends in a state in which no step
 * can be taken, or goes on for ever round a cycle of states; each is a counterexample when the predicate holds nowhere on it.
 *
 * No fairness is assumed: a way on which one timer fires for ever while a message waits for ever is a way.
 *
 * @param name Names the property in results.
 * @param holds Judges one global state.
 */
export function eventually<TState>(name: string, holds: (state: TState) => boolean): Property<TState> {
  return { kind: 'eventually', name, holds };
}

/** Whether a property's predicate holds in a state. Throws `invalid-argument` when it does not say. */
export function judge(property: Property, state: GlobalSnapshot): boolean {
  let verdict: unknown;
  try {
    verdict = property.holds(state);
  } catch (error) {
    throw new PanoramaError(
      'invalid-argument',
      `Expected property "${property.name}" to judge every state, got an error: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
  if (typeof verdict === 'boolean') return verdict;
  throw new PanoramaError(
    'invalid-argument',
    `Expected property "${property.name}" to say true or false, got ${describe(verdict)}.`,
  );
}
