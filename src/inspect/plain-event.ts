/** Trace events made plain: what leaves the program. */
import type { EventObject } from 'xstate';
import type { GlobalSnapshot } from '../global-snapshot.js';
import type { TraceEvent } from '../trace.js';
import { toPlain, UNBOUNDED, type Redact } from './plain.js';
import type { InspectorEvent, InspectorEventOf, PropertyVerdict } from './protocol.js';
import { viewState } from './state-view.js';

/** What is done to events on their way. */
export interface PlainOptions {
  /** Called with everything before it leaves the program: leave out what should not be seen. */
  readonly redact?: Redact | undefined;
  /**
   * Stable properties looked for in every global snapshot, such as `deadlocked(config.processes)` of `xstate-panorama/detect`: viewers
   * are told which hold, with what they gave.
   */
  readonly stableProperties?: Readonly<Record<string, (snapshot: GlobalSnapshot) => unknown>> | undefined;
}

/** What happened; what a change of topology means for the picture, the inspector knows. */
export type PlainableEvent = Exclude<TraceEvent, { type: 'topology.changed' }>;

/** Makes a trace event an event of the protocol. @param n Its number. */
export function toInspectorEvent(event: PlainableEvent, n: number, options: PlainOptions): InspectorEvent {
  const { redact } = options;
  if (event.type === 'step.ended') {
    const { type, process, time, snapshot } = event;
    return { n, type, process, time, state: viewState(snapshot, redact) };
  }
  if (event.type === 'state.recorded') {
    const { state: _, ...rest } = event;
    return { n, ...rest };
  }
  if (event.type === 'network.rolled-back') {
    const { snapshot, ...rest } = event;
    return { n, ...rest, snapshotId: snapshot.id, ...stateOf(snapshot, redact) };
  }
  if (event.type === 'snapshot.aborted') {
    const { error, ...rest } = event;
    return { n, ...rest, message: error.message };
  }
  if (event.type === 'snapshot.completed') {
    const verdicts = judge(event.snapshot, options);
    return { n, ...event, snapshot: toPlain(event.snapshot, redact, UNBOUNDED) as GlobalSnapshot, verdicts };
  }
  return 'event' in event ? { n, ...event, event: toPlain(event.event, redact) as EventObject } : { n, ...event };
}

/** The state of a network, live or recorded, for people to look at. */
export function stateOf(
  {
    processes,
    channels,
  }: {
    readonly processes: Readonly<Record<string, { readonly snapshot: unknown }>>;
    readonly channels: GlobalSnapshot['channels'];
  },
  redact: Redact | undefined,
): Pick<InspectorEventOf<'network.captured'>, 'processes' | 'channels'> {
  const states = Object.entries(processes).map(([id, { snapshot }]) => [id, viewState(snapshot, redact)] as const);
  return {
    processes: Object.fromEntries(states),
    channels: toPlain(channels, redact, UNBOUNDED) as GlobalSnapshot['channels'],
  };
}

/** The properties that hold in a snapshot. One that throws says so: it is no reason to end anything. */
function judge(snapshot: GlobalSnapshot, { stableProperties = {}, redact }: PlainOptions): PropertyVerdict[] {
  return Object.entries(stableProperties).flatMap(([property, holds]): PropertyVerdict[] => {
    try {
      const witness = holds(snapshot);
      return witness ? [{ property, witness: toPlain(witness, redact) }] : [];
    } catch (error) {
      return [{ property, error: String(error) }];
    }
  });
}
