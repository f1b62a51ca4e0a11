import { initialTransition, transition, type SnapshotFrom } from 'xstate';
import type { createProcessMachine, ProcessEvent, ProcessMachine, RegionParams } from '../machines/index.js';

/** One of the statechart's named actions, for the library to carry out. */
export type ChartAction =
  | { readonly type: 'recordState' | 'sendMarkers' }
  | { readonly type: 'startRecording' | 'stopRecording' | 'closeChannel'; readonly params: RegionParams };

/** A state of one sheet of the statechart. */
export interface ChartState {
  /** By region: `state`, `channel0`, `channel1`, … */
  readonly value: Readonly<Record<string, string>>;
  /** Where an event leads from here, as the statechart decides. */
  next(event: ProcessEvent['type']): Move;
}

/** A transition: the state it leads to, and the actions to be done, in order. */
export interface Move {
  readonly to: ChartState;
  readonly actions: readonly ChartAction[];
}

/** The initial state of a sheet with this many channels. */
export type ProcessChart = (channels: number, sheet: 'first' | 'further') => ChartState;

/** What is known of each statechart; it is pure, so one serves all networks. */
const charts = new WeakMap<typeof createProcessMachine, ProcessChart>();

/**
 * The statechart of a process as a table that fills itself in: the machine is asked for a transition when it is first
 * needed, and its answer, which depends on state and event alone, is kept. A sheet has few states (at most 2·3⁴).
 */
export function chartOf(createMachine: typeof createProcessMachine): ProcessChart {
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

function drawSheet(machine: ProcessMachine): ChartState {
  const states = new Map<string, ChartState>();
  const stateOf = (snapshot: SnapshotFrom<ProcessMachine>): ChartState => {
    const key = JSON.stringify(snapshot.value);
    const state = states.get(key) ?? createState(snapshot);
    states.set(key, state);
    return state;
  };
  const createState = (snapshot: SnapshotFrom<ProcessMachine>): ChartState => {
    const moves = new Map<string, Move>();
    return {
      value: snapshot.value as Record<string, string>,
      next(type) {
        const known = moves.get(type);
        if (known !== undefined) return known;
        const [after, actions] = transition(machine, snapshot, { type });
        const move: Move = {
          to: stateOf(after),
          actions: actions.map(({ type, params }) => ({ type, params }) as ChartAction),
        };
        moves.set(type, move);
        return move;
      },
    };
  };
  return stateOf(initialTransition(machine)[0]);
}
