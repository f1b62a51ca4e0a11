import type { InspectorEvent, StateView } from '../protocol.js';

/** What a region of the algorithm's statechart is in. */
export type Lamp = 'idle' | 'recording' | 'done';

/** The state of a channel. */
export interface ChannelOfState {
  /** Envelopes that are under way. */
  readonly queued: number;
  /** By snapshot under way: the receiver's region of this channel, where it is not idle. */
  readonly lamps: ReadonlyMap<string, Lamp>;
}

/** The state of a network at one moment. Its values are replaced and never changed, so a copy is shallow. */
export interface NetworkState {
  readonly processes: Map<string, StateView>;
  readonly channels: Map<string, ChannelOfState>;
  /** By process: the snapshots under way for which it has recorded its state. */
  readonly recorded: Map<string, ReadonlySet<string>>;
}

const idle: ChannelOfState = { queued: 0, lamps: new Map() };

/** The state before anything has happened. */
export function emptyState(): NetworkState {
  return { processes: new Map(), channels: new Map(), recorded: new Map() };
}

/** The state of a channel, of which nothing may have been told. */
export function channelOf(state: NetworkState, id: string): ChannelOfState {
  return state.channels.get(id) ?? idle;
}

/** Copies a state. */
export function copyState({ processes, channels, recorded }: NetworkState): NetworkState {
  return { processes: new Map(processes), channels: new Map(channels), recorded: new Map(recorded) };
}

/** Changes a state as an event says. */
export function applyEvent(state: NetworkState, event: InspectorEvent): void {
  switch (event.type) {
    case 'network.captured':
    case 'network.rolled-back':
      for (const [id, view] of Object.entries(event.processes)) state.processes.set(id, view);
      state.channels.clear();
      for (const [id, { messages }] of Object.entries(event.channels)) {
        state.channels.set(id, { ...idle, queued: messages.length });
      }
      state.recorded.clear();
      return;
    case 'step.ended':
      state.processes.set(event.process, event.state);
      return;
    case 'message.sent':
    case 'marker.sent':
    case 'control.sent':
      return addQueued(state, event.channel, 1);
    case 'message.received':
    case 'marker.received':
    case 'control.received':
      return addQueued(state, event.channel, -1);
    case 'channel.recording':
    case 'channel.done':
      return setLamp(state, event.channel, event.snapshotId, event.type === 'channel.done' ? 'done' : 'recording');
    case 'state.recorded':
      state.recorded.set(event.process, new Set(state.recorded.get(event.process)).add(event.snapshotId));
      return;
    case 'snapshot.completed':
    case 'snapshot.aborted':
      return endSnapshot(state, event.snapshotId);
    default:
  }
}

function addQueued(state: NetworkState, id: string, count: number): void {
  const channel = channelOf(state, id);
  state.channels.set(id, { ...channel, queued: Math.max(0, channel.queued + count) });
}

function setLamp(state: NetworkState, id: string, snapshotId: string, lamp: Lamp): void {
  const channel = channelOf(state, id);
  state.channels.set(id, { ...channel, lamps: new Map(channel.lamps).set(snapshotId, lamp) });
}

/** As a snapshot ends, its regions are idle again. */
function endSnapshot(state: NetworkState, snapshotId: string): void {
  for (const [id, channel] of state.channels) {
    if (!channel.lamps.has(snapshotId)) continue;
    const lamps = new Map(channel.lamps);
    lamps.delete(snapshotId);
    state.channels.set(id, { ...channel, lamps });
  }
  for (const [id, recorded] of state.recorded) {
    if (!recorded.has(snapshotId)) continue;
    const left = new Set(recorded);
    left.delete(snapshotId);
    state.recorded.set(id, left);
  }
}
