import type { EventObject } from 'xstate';
import type { GlobalSnapshot } from '../../global-snapshot.js';
import type { TraceEvent, Untimed } from '../../trace.js';
import type { Effect, Input } from '../cell.js';
import { tellStory, type StoryNote } from '../story.js';
import type { TakenStep } from './model.js';

/** One step of one process: what it begins with, and what the process sends. */
export type ExploredStep = TakenStep;

/** A way that a network can take, step by step. */
export interface ExploredPath<TState = GlobalSnapshot> {
  /** Plain data; `takeStep` takes them on a real network. */
  readonly steps: readonly ExploredStep[];
  /** For a way that goes on for ever: the steps from this one on repeat, the first being 0. */
  readonly repeatsFrom: number | undefined;
  /** The global state after the last step. */
  readonly state: TState;
  /** The way as `network.trace$` would tell of it; no times, as each process has its own. */
  readonly trace: readonly TraceEvent[];
  /** The way as a space–time story in text. */
  readonly story: string;
}

/** What a path is made of. */
export interface PathParts {
  readonly processes: readonly string[];
  /** What it began in, if not with fresh processes. */
  readonly snapshot: GlobalSnapshot | undefined;
  readonly starts: readonly TakenStep[];
  readonly steps: readonly TakenStep[];
  readonly repeatsFrom: number | undefined;
  readonly state: GlobalSnapshot;
}

/** Creates the public face of a path. */
export function createPath({ processes, snapshot, starts, steps, repeatsFrom, state }: PathParts): ExploredPath {
  const trace = traceOf(snapshot, starts, steps);
  const tell = () => {
    const events: (TraceEvent | StoryNote)[] = trace.flat();
    if (repeatsFrom !== undefined) {
      const text =
        steps.length === repeatsFrom + 1
          ? 'the last step repeats'
          : `the last ${steps.length - repeatsFrom} steps repeat`;
      events.push({ type: 'note', text: `… and so on: ${text} for ever` });
    }
    return tellStory(events, { processes, ...(snapshot === undefined ? {} : { snapshot }) });
  };
  return {
    steps,
    repeatsFrom,
    state,
    get trace() {
      return trace.flat();
    },
    get story() {
      return tell();
    },
  };
}

/** What `network.trace$` would tell, step by step. */
function traceOf(
  snapshot: GlobalSnapshot | undefined,
  starts: readonly TakenStep[],
  steps: readonly TakenStep[],
): TraceEvent[][] {
  const sent = new Map<string, number>();
  for (const { sent: counters } of Object.values(snapshot?.processes ?? {})) {
    for (const [channel, { count }] of Object.entries(counters)) sent.set(channel, count);
  }
  const inFlight = new Map(
    Object.entries(snapshot?.channels ?? {}).map(([channel, { messages }]) => [channel, [...messages]]),
  );
  const send = (channel: string, event: EventObject) => {
    const seq = (sent.get(channel) ?? 0) + 1;
    sent.set(channel, seq);
    inFlight.set(channel, [...(inFlight.get(channel) ?? []), { seq, event }]);
    return seq;
  };
  // Equal events are one object here. Which of them comes first where no order is kept makes no difference.
  const receive = (channel: string, event: EventObject) => {
    const messages = inFlight.get(channel) ?? [];
    const index = messages.findIndex((message) => message.event === event);
    return messages.splice(index, 1)[0]?.seq ?? NaN;
  };
  const tell = (process: string, first: Untimed, sends: Effect['sent']): TraceEvent[] => {
    const messages = sends.map(({ channel, event }): Untimed => ({
      type: 'message.sent',
      process,
      channel,
      seq: send(channel, event),
      event,
    }));
    const all: Untimed[] = [first, ...messages, { type: 'step.ended', process, snapshot: undefined }];
    return all.map((event) => ({ ...event, time: NaN }) as TraceEvent);
  };
  const arrival = (process: string, input: Input): Untimed => {
    if (input.type === 'timer') {
      const { source, target, event } = input.timer;
      return { type: 'timer.fired', process, source, target, event };
    }
    const { event } = input;
    if (input.type === 'event')
      return { type: 'event.received', process, source: undefined, target: { path: [] }, event };
    const seq = receive(input.channel, event);
    return { type: 'message.received', process, channel: input.channel, seq, event };
  };
  return [
    ...starts.map(({ process, sent: sends }) => tell(process, { type: 'process.started', process }, sends)),
    ...steps.map(({ process, input, sent: sends }) => tell(process, arrival(process, input), sends)),
  ];
}
