/** Statecharts without context as tables that fill themselves in: what decides, asked once for each question. */
import { initialTransition, transition, type AnyMachineSnapshot, type AnyStateMachine } from 'xstate';

/** A state of a statechart. */
export interface TableState<TEvent extends string, TAction, TValue> {
  readonly value: TValue;
  /** Where an event leads from here, as the statechart decides. */
  next(event: TEvent): Move<TEvent, TAction, TValue>;
}

/** A transition: the state it leads to, and the actions to be done, in order. */
export interface Move<TEvent extends string, TAction, TValue> {
  readonly to: TableState<TEvent, TAction, TValue>;
  readonly actions: readonly TAction[];
}

/** What is known of each statechart; it is pure, so one table serves all. */
const tables = new WeakMap<AnyStateMachine, unknown>();

/**
 * Gives the initial state of a statechart that has no context. The machine is asked for a transition when it is first
 * needed, and its answer, which depends on state and event alone, is kept.
 */
export function tabulate<TEvent extends string, TAction, TValue>(
  machine: AnyStateMachine,
): TableState<TEvent, TAction, TValue> {
  const known = tables.get(machine);
  if (known !== undefined) return known as TableState<TEvent, TAction, TValue>;
  const states = new Map<string, TableState<TEvent, TAction, TValue>>();
  const stateOf = (snapshot: AnyMachineSnapshot) => {
    const key = JSON.stringify(snapshot.value);
    const state = states.get(key) ?? createState(snapshot);
    states.set(key, state);
    return state;
  };
  const createState = (snapshot: AnyMachineSnapshot): TableState<TEvent, TAction, TValue> => {
    const moves = new Map<string, Move<TEvent, TAction, TValue>>();
    return {
      value: snapshot.value as TValue,
      next(type) {
        const known = moves.get(type);
        if (known !== undefined) return known;
        const [after, actions] = transition(machine, snapshot, { type });
        const move: Move<TEvent, TAction, TValue> = {
          to: stateOf(after as AnyMachineSnapshot),
          actions: actions.map(({ type, params }) => ({ type, params }) as TAction),
        };
        moves.set(type, move);
        return move;
      },
    };
  };
  const initial = stateOf(initialTransition(machine)[0] as AnyMachineSnapshot);
  tables.set(machine, initial);
  return initial;
}
