/** A machine's statechart as plain data, for drawing. */
import type { AnyActorLogic, AnyStateMachine, AnyTransitionDefinition } from 'xstate';

/** A state and all below it. */
export interface Chart {
  /** XState's id of the state, unique in the machine. */
  readonly id: string;
  /** Its name among its siblings. */
  readonly key: string;
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  /** The key of the initial child. */
  readonly initial?: string;
  /** The ids of the actors that it invokes. */
  readonly invokes: readonly string[];
  readonly transitions: readonly ChartTransition[];
  readonly states: readonly Chart[];
}

/** An arrow of a statechart. */
export interface ChartTransition {
  /** The event's type as XState writes it, `xstate.after.50.id` for a delay; empty for one that is always taken. */
  readonly event: string;
  /** Ids of the states that it leads to; none when it stays where it is. */
  readonly targets: readonly string[];
  /** The guard's name; empty when it has none. */
  readonly guard: string;
}

type StateNode = AnyStateMachine['root'];

/** States drawn of one machine. */
const MOST_STATES = 500;

/** Describes the statechart of a logic; nothing for logic that is no machine. */
export function describeChart(logic: AnyActorLogic): Chart | undefined {
  const { root } = logic as Partial<AnyStateMachine>;
  return root === undefined ? undefined : describeState(root, { left: MOST_STATES });
}

function describeState(node: StateNode, budget: { left: number }): Chart {
  budget.left--;
  // XState takes an `initial` of a parallel state for nothing, until it is read.
  const initial = node.type === 'parallel' ? undefined : (node.initial?.target?.[0] as StateNode | undefined)?.key;
  return {
    id: node.id,
    key: node.key,
    type: node.type,
    ...(initial === undefined ? {} : { initial }),
    invokes: node.invoke.map(({ id }) => id),
    transitions: [...node.transitions.values(), node.always ?? []].flat().map(describeTransition),
    states: Object.values(node.states).flatMap((child) => (budget.left > 0 ? [describeState(child, budget)] : [])),
  };
}

function describeTransition({ eventType, target, guard }: AnyTransitionDefinition): ChartTransition {
  const targets = (target ?? []) as readonly StateNode[];
  return { event: eventType as string, targets: targets.map(({ id }) => id), guard: nameOf(guard) };
}

/** Guards are names, objects with a type, or functions. */
function nameOf(guard: unknown): string {
  if (guard === undefined) return '';
  if (typeof guard === 'string') return guard;
  if (typeof guard === 'function') return guard.name || 'guard';
  return (guard as { readonly type?: string }).type ?? 'guard';
}
