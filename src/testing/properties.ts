/** What is claimed of the states of a network; the same form for `simulate`, `explore` and the matchers. */
import { expected, isRecord } from '../checks.js';
import { messageOf } from '../errors.js';
import type { GlobalSnapshot } from '../global-snapshot.js';

/**
 * Judges one global state: the processes and what is in flight. It holds unless it returns `false` or throws, so that it
 * can be made of assertions. It must depend on the state alone, and leave it as it is.
 */
export type Predicate<TState = GlobalSnapshot> = (state: TState) => boolean | void;

/** Predicates by a name for people. */
export type NamedPredicates<TState = GlobalSnapshot> = Readonly<Record<string, Predicate<TState>>>;

/** Properties that a sample of states can decide: what `simulate` takes. */
export interface StateProperties<TState = GlobalSnapshot> {
  /** Each holds in every state. */
  readonly always?: NamedPredicates<TState> | undefined;
  /**
   * Each holds in some state: shows that something can happen, and that another property is not true for want of
   * anything happening.
   */
  readonly sometimes?: NamedPredicates<TState> | undefined;
}

/** Properties that all states and ways between them decide: what `explore` takes. */
export interface Properties<TState = GlobalSnapshot> extends StateProperties<TState> {
  /**
   * On every way that the network can take, each holds sooner or later. A way ends in a state in which no step can be
   * taken, or goes on for ever round a cycle of states; it is a counterexample when the predicate holds nowhere on it.
   *
   * Nothing waits for ever on a way: messages arrive in finite time, as the paper assumes, outside events that are listed
   * come, and a process with a timer due takes a step. Messages may put a timer off for ever that they set anew.
   */
  readonly eventually?: NamedPredicates<TState> | undefined;
}

/** A kind of property. */
export type PropertyKind = keyof Properties;

/** A property that was checked. */
export interface Property {
  readonly kind: PropertyKind;
  readonly name: string;
  readonly predicate: (state: GlobalSnapshot) => unknown;
}

/** Whether a predicate holds; if it threw that it does not, what. */
export interface Verdict {
  readonly holds: boolean;
  readonly because?: string;
}

/**
 * Checks properties. Throws `invalid-argument`.
 *
 * @param kinds Those that can be decided here.
 */
export function parseProperties(properties: Properties<never>, kinds: readonly PropertyKind[]): readonly Property[] {
  const form = `{ ${kinds.map((kind) => `${kind}: { name: predicate }`).join(', ')} }`;
  if (!isRecord(properties)) return expected(`\`properties\` to be ${form}`, properties);
  for (const kind of Object.keys(properties)) {
    if (!kinds.includes(kind as PropertyKind)) expected(`\`properties\` to be ${form}`, kind);
  }
  const parsed = kinds.flatMap((kind) => parseKind(kind, properties[kind] ?? {}));
  const names = parsed.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) expected('each property to have a name of its own', repeated);
  return parsed;
}

function parseKind(kind: PropertyKind, named: unknown): readonly Property[] {
  if (!isRecord(named)) return expected(`\`properties.${kind}\` to be an object of predicates by name`, named);
  return Object.entries(named).map(([name, predicate]) => {
    if (typeof predicate !== 'function')
      return expected(`${kind} "${name}" to be a function of a global state`, predicate);
    return { kind, name, predicate: predicate as Property['predicate'] };
  });
}

const HOLDS: Verdict = { holds: true };
const FAILS: Verdict = { holds: false };

/** Judges a state. Throws `invalid-argument` when the predicate says neither true nor false. */
export function judge({ kind, name, predicate }: Property, state: GlobalSnapshot): Verdict {
  let said: unknown;
  try {
    said = predicate(state);
  } catch (error) {
    return { holds: false, because: messageOf(error) };
  }
  if (said === false) return FAILS;
  // Assertions return nothing, or an object to go on with.
  if (said === true || said === undefined || (isRecord(said) && !('then' in said))) return HOLDS;
  return expected(`${kind} "${name}" to say true or false, or to throw that it does not hold`, said);
}
