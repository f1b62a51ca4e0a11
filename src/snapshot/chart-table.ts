import { initialTransition, transition, type AnyMachineSnapshot, type AnyStateMachine } from 'xstate';
import type { RegionParams } from '../../machines/index.js';

/** One of the statecharts' named actions, for the library to carry out. */
export type ChartAction =
  | {
      readonly type: 'recordState' | 'sendMarkers' | 'turnRed' | 'turnWhite' | 'stopApplication' | 'resumeApplication';
    }
  | { readonly type: 'startRecording' | 'stopRecording' | 'closeChannel'; readonly params: RegionParams };

/** A state of one sheet of a process's statechart. */
export interface ChartState<TEvent extends string = string> {
  /** By region: `state`, `channel0`, `channel1`, … */
  readonly value: Readonly<Record<string, string>>;
  /** Where an event leads from here, as the statechart decides. */
  next(event: TEvent): Move<TEvent>;
}

/** A transition: the state it leads to, and the actions to be done, in order. */
export interface Move<TEvent extends string = string> {
  readonly to: ChartState<TEvent>;
  readonly actions: readonly ChartAction[];
}

/** The statechart of a process, sheet by sheet. */
export type CreateChart = (channels: number, sheet: 'first' | 'further') => AnyStateMachine;

/** The initial state of a sheet with this many channels. */
export type ProcessChart<TEvent extends string = string> = (
  channels: number,
  sheet: 'first' | 'further',
) => ChartState<TEvent>;

/** What is known of each statechart; it is pure, so one serves all networks. */
const charts = new WeakMap<CreateChart, ProcessChart>();

/**
 * The statechart of a process as a table that fills itself in: the machine is asked for a transition when it is first
 * needed, and its answer, which depends on state and event alone, is kept. A sheet has few states (at most 2·3⁴).
 */
export function chartOf(createMachine: CreateChart): ProcessChart {
  const known = charts.get(createMachine);
  if (known !== undefined) return known;
  const sheets = new Map<string, ChartState>();
  const chart: ProcessChart = (channels, sheet) => {
    const key = `${sheet} ${channels}`;
    const initial = sheets.get(key) ?? drawSheet(createMachine(channels, sheet));
    sheets.set(key, initial);
    return initial;
  };
  charts.set(createMachine, chart);
  return chart;
}

function drawSheet(machine: AnyStateMachine): ChartState {
  const states = new Map<string, ChartState>();
  const stateOf = (snapshot: AnyMachineSnapshot): ChartState => {
    const key = JSON.stringify(snapshot.value);
    const state = states.get(key) ?? createState(snapshot);
    states.set(key, state);
    return state;
  };
  const createState = (snapshot: AnyMachineSnapshot): ChartState => {
    const moves = new Map<string, Move>();
    return {
      value: snapshot.value as Record<string, string>,
      next(type) {
        const known = moves.get(type);
        if (known !== undefined) return known;
        const [after, actions] = transition(machine, snapshot, { type });
        const move: Move = {
          to: stateOf(after as AnyMachineSnapshot),
          actions: actions.map(({ type, params }) => ({ type, params }) as unknown as ChartAction),
        };
        moves.set(type, move);
        return move;
      },
    };
  };
  return stateOf(initialTransition(machine)[0] as AnyMachineSnapshot);
}
