import type { EventObject } from 'xstate';
import { SNAPSHOT_VERSION, type ChannelState, type GlobalSnapshot, type RecordedState } from '../../global-snapshot.js';
import type { Contents } from './contents.js';
import type { Interner } from './interner.js';
import type { LocalStates } from './local-states.js';

/** A network as a graph, as far as its states are looked at. */
interface Viewed {
  readonly processIds: readonly string[];
  readonly channels: readonly { readonly id: string }[];
  /** By process: the channels that lead from it. */
  readonly outgoing: readonly (readonly number[])[];
  readonly locals: readonly LocalStates[];
  readonly contents: Contents;
  readonly events: Interner<EventObject>;
  /** The number of a channel's content in a state. */
  content(state: Int32Array, channel: number): number;
}

/** What is read of states: processes and channels, by their numbers. */
export interface Reads {
  readonly processes: Set<number>;
  readonly channels: Set<number>;
}

/**
 * A state as a global snapshot: what properties judge, and what a network can go on from. The counters begin with it:
 * what is in flight are the first messages of each channel.
 *
 * @param reads Collects what is read of it.
 */
export function viewOf(model: Viewed, state: Int32Array, reads?: Reads): GlobalSnapshot {
  const messagesOn = (channel: number) => model.contents.messages(model.content(state, channel));
  const all = [...model.channels.keys()];
  const noteAll = (channels: readonly number[]) => {
    for (const channel of channels) reads?.channels.add(channel);
  };
  const counters = (channels: readonly number[]) =>
    Object.fromEntries(channels.map((channel) => [model.channels[channel]!.id, { count: messagesOn(channel).length }]));
  const define = <T>(target: object, key: string, note: () => void, create: () => T) => {
    if (reads === undefined) (target as Record<string, unknown>)[key] = create();
    else Object.defineProperty(target, key, { enumerable: true, get: () => (note(), create()) });
  };

  const processes: Record<string, RecordedState> = {};
  for (const [process, id] of model.processIds.entries()) {
    const note = () => void reads?.processes.add(process);
    define(processes, id, note, () => {
      const { snapshot, timers, received } = model.locals[process]!.get(state[process]!).recorded;
      const recorded = { snapshot, timers, received };
      const outgoing = model.outgoing[process]!;
      define(
        recorded,
        'sent',
        () => noteAll(outgoing),
        () => counters(outgoing),
      );
      return recorded as RecordedState;
    });
  }
  const channels: Record<string, ChannelState> = {};
  for (const [channel, { id }] of model.channels.entries()) {
    define(
      channels,
      id,
      () => noteAll([channel]),
      () => ({
        messages: messagesOn(channel).map((event, index) => ({ seq: index + 1, event: model.events.get(event) })),
      }),
    );
  }
  const stats = { markers: 0 };
  const count = () => all.reduce((sum, channel) => sum + messagesOn(channel).length, 0);
  define(stats, 'messages', () => noteAll(all), count);
  return { version: SNAPSHOT_VERSION, id: 'explored', initiators: [], processes, channels, stats: stats as never };
}
