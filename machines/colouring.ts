/**
 * The statecharts of the algorithms without markers: a process is white until it records, and red from then on.
 *
 * A message has the colour of its sender. What is received white by a process that is red was in flight. Which white
 * messages there were is known by their number, not by their place, so that channels need not keep order.
 */
import { setup } from 'xstate';
import type { RegionParams } from './process.js';

/**
 * What a process is told: to record spontaneously, that something red is about to come in, that the last white message of
 * a channel has come in (by the region's position, `whites.received.0`), or to forget the snapshot.
 */
export type ColouringEvent =
  | { readonly type: 'snapshot.initiated' }
  | { readonly type: 'red.received' }
  | { readonly type: `whites.received.${number}` }
  | { readonly type: 'snapshot.forgotten' };

/**
 * Creates the statechart of a process by Lai and Yang, and by Mattern: nobody is paused.
 *
 * As that of Chandy and Lamport, it is drawn on several sheets when there are many channels.
 *
 * @param channels How many incoming channels this sheet has, one region each: `channel0`, `channel1`, …
 * @param sheet `first` has the `state` region, in which the process records its own state; `further` has channels alone.
 */
export function createColouringMachine(channels: number, sheet: 'first' | 'further' = 'first') {
  return createMachine('colouring', sheet === 'first' ? { state } : {}, channels);
}

/**
 * Creates the statechart of a process that stands still from the moment at which it records until the snapshot has
 * ended: stop, drain, record.
 *
 * @param channels As of {@link createColouringMachine}.
 * @param sheet As of {@link createColouringMachine}; `first` has the `application` region too.
 */
export function createStoppingMachine(channels: number, sheet: 'first' | 'further' = 'first') {
  return createMachine('stopping', sheet === 'first' ? { application, state } : {}, channels);
}

/** "Every process records its state before it receives a red message", or by its own will. */
const state = {
  initial: 'white',
  states: {
    white: {
      on: {
        'snapshot.initiated': { target: 'red', actions: ['recordState', 'turnRed'] },
        'red.received': { target: 'red', actions: ['recordState', 'turnRed'] },
      },
    },
    red: { exit: 'turnWhite', on: { 'snapshot.forgotten': 'white' } },
  },
} as const;

const application = {
  initial: 'running',
  states: {
    running: { on: { 'snapshot.initiated': 'stopped', 'red.received': 'stopped' } },
    stopped: { entry: 'stopApplication', exit: 'resumeApplication', on: { 'snapshot.forgotten': 'running' } },
  },
} as const;

const channel = (region: number) =>
  ({
    initial: 'idle',
    states: {
      idle: { on: { 'snapshot.initiated': 'recording', 'red.received': 'recording' } },
      recording: {
        entry: { type: 'startRecording', params: { region } },
        exit: { type: 'stopRecording', params: { region } },
        on: {
          // All that its sender sent white has come in: this channel's state is what was recorded up to here.
          [`whites.received.${region}`]: 'done',
          'snapshot.forgotten': 'idle',
        },
      },
      done: {
        entry: { type: 'closeChannel', params: { region } },
        on: { 'snapshot.forgotten': 'idle' },
      },
    },
  }) as const;

const createMachine = (
  id: string,
  own: { readonly application?: typeof application; readonly state?: typeof state },
  channels: number,
) =>
  colouringSetup.createMachine({
    id,
    type: 'parallel',
    states: {
      ...own,
      ...Object.fromEntries(Array.from({ length: channels }, (_, region) => [`channel${region}`, channel(region)])),
    },
  });

const unfilled = () => undefined;

const colouringSetup = /* @__PURE__ */ setup({
  types: {
    events: {} as ColouringEvent,
  },
  actions: {
    /** Hands nothing more to the application. */
    stopApplication: unfilled,
    /** Hands the application what has come for it meanwhile. */
    resumeApplication: unfilled,
    /** Records the process's persisted state, timers and counters. */
    recordState: unfilled,
    /** Colours every message from here on, and tells the processes at the other ends, should none go there. */
    turnRed: unfilled,
    /** Colours messages no more. */
    turnWhite: unfilled,
    /** Records from here on the white messages that come in on this channel. */
    startRecording: (_, _params: RegionParams) => undefined,
    /** Stops recording this channel. */
    stopRecording: (_, _params: RegionParams) => undefined,
    /** This channel's state is known. When the last one is, the local snapshot is complete. */
    closeChannel: (_, _params: RegionParams) => undefined,
  },
});

/** The statechart of a process in an algorithm with colours. */
export type ColouringMachine = ReturnType<typeof createColouringMachine>;
