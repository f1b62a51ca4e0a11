import type { AnyStateMachine } from 'xstate';
import type { RegionParams } from '../../machines/index.js';
import { tabulate, type TableState } from '../state-table.js';

/** One of the statecharts' named actions, for the library to carry out. */
export type ChartAction =
  | {
      readonly type: 'recordState' | 'sendMarkers' | 'turnRed' | 'turnWhite' | 'stopApplication' | 'resumeApplication';
    }
  | { readonly type: 'startRecording' | 'stopRecording' | 'closeChannel'; readonly params: RegionParams };

/** A state of one sheet of a process's statechart; its value by region: `state`, `channel0`, `channel1`, … */
export type ChartState<TEvent extends string = string> = TableState<
  TEvent,
  ChartAction,
  Readonly<Record<string, string>>
>;

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
 * The statechart of a process as a table that fills itself in. A sheet has few states (at most 2·3⁴).
 */
export function chartOf(createMachine: CreateChart): ProcessChart {
  const known = charts.get(createMachine);
  if (known !== undefined) return known;
  const sheets = new Map<string, ChartState>();
  const chart: ProcessChart = (channels, sheet) => {
    const key = `${sheet} ${channels}`;
    const initial = sheets.get(key) ?? tabulate(createMachine(channels, sheet));
    sheets.set(key, initial);
    return initial;
  };
  charts.set(createMachine, chart);
  return chart;
}
