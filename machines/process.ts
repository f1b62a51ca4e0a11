/**
 * The statechart of one process: the two rules of the Chandy–Lamport algorithm, and nothing else.
 *
 * One parallel region per incoming channel, each idle → recording → done. What the rules *do* are named actions that the
 * library carries out; *when* they are done is decided here alone.
 */
import { setup } from 'xstate';

/**
 * What a process is told: to record spontaneously, that a marker came in on one of its channels (by the region's
 * position, `marker.received.0`, or `marker.received.elsewhere` for a channel of another block), or to forget the
 * snapshot so that the chart can serve the next one.
 */
export type ProcessEvent =
  | { readonly type: 'snapshot.initiated' }
  | { readonly type: `marker.received.${number | 'elsewhere'}` }
  | { readonly type: 'snapshot.forgotten' };

/** Which channel's region an action speaks of, by the region's position. */
export interface RegionParams {
  readonly region: number;
}

/**
 * Creates the statechart of a process with this many incoming channels.
 *
 * A parallel machine's states grow exponentially with its regions, so a process with many channels is drawn on several
 * sheets, each this chart with a few of the regions. One sheet has the `state` region too.
 *
 * @param channels How many incoming channels this sheet has, one region each: `channel0`, `channel1`, …
 * @param sheet `first` has the `state` region, in which the process records its own state; `further` has channels alone.
 */
export function createProcessMachine(channels: number, sheet: 'first' | 'further' = 'first') {
  // Both rules begin by recording the process's state, if it has not: "the process records its state", and then "for
  // each outgoing channel, sends one marker before it sends further messages" (the marker-sending rule).
  const state = {
    initial: 'unrecorded',
    states: {
      unrecorded: {
        on: {
          'snapshot.initiated': { target: 'recorded', actions: ['recordState', 'sendMarkers'] },
          'marker.received.*': { target: 'recorded', actions: ['recordState', 'sendMarkers'] },
        },
      },
      recorded: { on: { 'snapshot.forgotten': 'unrecorded' } },
    },
  } as const;

  const channel = (region: number) =>
    ({
      initial: 'idle',
      states: {
        idle: {
          on: {
            // The marker-receiving rule, first marker: "the state of this channel is empty" …
            [`marker.received.${region}`]: { target: 'done' },
            // … and the messages on all others are recorded from now on.
            'marker.received.*': { target: 'recording' },
            'snapshot.initiated': { target: 'recording' },
          },
        },
        recording: {
          entry: { type: 'startRecording', params: { region } },
          exit: { type: 'stopRecording', params: { region } },
          on: {
            // The marker-receiving rule, a later marker: this channel's state is what was recorded up to here.
            [`marker.received.${region}`]: { target: 'done' },
            'snapshot.forgotten': { target: 'idle' },
          },
        },
        done: {
          entry: { type: 'closeChannel', params: { region } },
          on: { 'snapshot.forgotten': { target: 'idle' } },
        },
      },
    }) as const;

  return processSetup.createMachine({
    id: 'process',
    type: 'parallel',
    states: {
      ...(sheet === 'first' ? { state } : {}),
      ...Object.fromEntries(Array.from({ length: channels }, (_, region) => [`channel${region}`, channel(region)])),
    },
  });
}

const unfilled = () => undefined;

const processSetup = /* @__PURE__ */ setup({
  types: {
    events: {} as ProcessEvent,
  },
  actions: {
    /** Records the process's persisted state, timers and counters. */
    recordState: unfilled,
    /** Sends one marker on every outgoing channel, before any further message on it. */
    sendMarkers: unfilled,
    /** Records from here on what comes in on this channel. */
    startRecording: (_, _params: RegionParams) => undefined,
    /** Stops recording this channel. */
    stopRecording: (_, _params: RegionParams) => undefined,
    /** This channel's state is known. When the last one is, the local snapshot is complete. */
    closeChannel: (_, _params: RegionParams) => undefined,
  },
});

/** The statechart of a process. */
export type ProcessMachine = ReturnType<typeof createProcessMachine>;
