/**
 * The inspector protocol, version 1: what happens in a network, as a stream of plain events; and what a viewer may ask for.
 *
 * It is all that a viewer knows. Every event is plain data (safe for `structuredClone`; as text, see `run-file.ts`),
 * is a copy, and has been through the inspector's `redact`. A recorded run is the same stream on file.
 *
 * A viewer first gets `network.described`, then, when the network runs already, `network.captured`; then whatever
 * happens, in the order in which it happened. A viewer that is too slow gets `events.skipped` and a new
 * `network.captured` in place of what it missed. Where processes are alone in their programs, `topology.changed` tells of
 * peers that come and go. After a restart or a restore, `network.described` comes again.
 */
import type { EventObject } from 'xstate';
import type { ActorAddress, GlobalSnapshot, RecordedMessage } from '../global-snapshot.js';
import type { Chart } from './chart.js';
import type { Scene } from './scene.js';

/** The version of the protocol. */
export const INSPECTOR_VERSION = 1;

/** The state of an actor for people to look at. */
export interface StateView {
  readonly status: string;
  /** A machine's state value. */
  readonly value?: unknown;
  readonly context?: unknown;
  readonly output?: unknown;
  readonly error?: unknown;
  /** Its children, by id. */
  readonly children?: Readonly<Record<string, StateView>>;
}

/** How deliveries and timers are paced, when the inspector's `playback` paces them. */
export interface PlaybackState {
  readonly isPlaying: boolean;
  /** Milliseconds of the network's clock in one of the real time. */
  readonly speed: number;
  readonly seed: number;
}

/** A property that holds in a global snapshot, or that could not be judged. */
export interface PropertyVerdict {
  readonly property: string;
  /**
   * What the property gave: why it holds. Of its `processes`, `edges` and `messages`, as a deadlock's witness has them, the
   * page makes a picture.
   */
  readonly witness?: unknown;
  /** Why it could not be judged. */
  readonly error?: string;
}

/** What a viewer may ask for; where one is not listed, it cannot be done. */
export type Ability = 'snapshot' | 'playback' | 'restart' | 'restore';

/** What every event has. */
interface Numbered {
  /** Its number in this stream, ascending; a gap means that some were skipped. */
  readonly n: number;
  /** When, in milliseconds of the network's clock; `NaN` when the clock does not tell. */
  readonly time: number;
}

interface OfProcess extends Numbered {
  readonly process: string;
}

interface OfChannel extends OfProcess {
  /** The channel's id, `from->to`. */
  readonly channel: string;
}

interface OfSnapshot {
  readonly snapshotId: string;
}

/** One event of the stream. Those of the same name as a `TraceEvent` are that, made plain. */
export type InspectorEvent =
  /** The processes and channels. What came before in the stream belongs to another network. */
  | (Numbered & {
      readonly type: 'network.described';
      readonly version: typeof INSPECTOR_VERSION;
      readonly processes: readonly { readonly id: string; readonly chart?: Chart }[];
      readonly channels: readonly { readonly id: string; readonly from: string; readonly to: string }[];
      readonly abilities: readonly Ability[];
      readonly playback?: PlaybackState;
      /** How it likes to be pictured. */
      readonly scene?: Scene;
    })
  /** Processes or channels have come or gone: these are there now. What came before in the stream still holds. */
  | (Numbered & {
      readonly type: 'topology.changed';
      readonly processes: readonly { readonly id: string; readonly chart?: Chart }[];
      readonly channels: readonly { readonly id: string; readonly from: string; readonly to: string }[];
    })
  /** The state of everything at this moment. */
  | (Numbered & {
      readonly type: 'network.captured';
      readonly processes: Readonly<Record<string, StateView>>;
      /** The messages that are on the channels, oldest first; channels that are empty may be left out. */
      readonly channels: Readonly<Record<string, { readonly messages: readonly RecordedMessage[] }>>;
    })
  | (Numbered & { readonly type: 'events.skipped'; readonly count: number })
  /** What these processes did since the snapshot is undone, and what was under way is dropped: this is the state now. */
  | (Numbered & {
      readonly type: 'network.rolled-back';
      /** Which rollback it is: 1 for the first. */
      readonly epoch: number;
      readonly snapshotId: string;
      readonly processes: Readonly<Record<string, StateView>>;
      readonly channels: Readonly<Record<string, { readonly messages: readonly RecordedMessage[] }>>;
    })
  | (Numbered & { readonly type: 'playback.changed'; readonly playback: PlaybackState })
  /** A viewer's own command was refused. */
  | (Numbered & { readonly type: 'command.failed'; readonly message: string })
  | (OfProcess & { readonly type: 'process.started' | 'process.stopped' })
  | (OfChannel & {
      readonly type: 'message.sent' | 'message.received';
      readonly seq: number;
      readonly event: EventObject;
    })
  | (OfProcess & {
      readonly type: 'event.received';
      readonly source: ActorAddress | undefined;
      readonly target: ActorAddress;
      readonly event: EventObject;
    })
  | (OfProcess & {
      readonly type: 'timer.fired';
      readonly source: ActorAddress;
      readonly target: ActorAddress;
      readonly event: EventObject;
    })
  | (OfProcess & { readonly type: 'step.ended'; readonly state: StateView })
  | (OfProcess & OfSnapshot & { readonly type: 'state.recorded' })
  | (OfChannel &
      OfSnapshot & { readonly type: 'marker.sent' | 'marker.received' | 'control.sent' | 'control.received' })
  | (OfChannel & OfSnapshot & { readonly type: 'channel.recording' | 'channel.done' })
  | (Numbered & OfSnapshot & { readonly type: 'snapshot.begun'; readonly initiators: readonly string[] })
  | (Numbered &
      OfSnapshot & {
        readonly type: 'snapshot.completed';
        readonly snapshot: GlobalSnapshot;
        readonly verdicts?: readonly PropertyVerdict[];
      })
  | (Numbered & OfSnapshot & { readonly type: 'snapshot.aborted'; readonly message: string });

/** The events of one type, or of several. */
export type InspectorEventOf<T extends InspectorEvent['type']> = InspectorEvent & { readonly type: T };

/** The events of the two ends of an envelope's way. */
export type EnvelopeEvent = Extract<
  InspectorEvent,
  {
    readonly type:
      'message.sent' | 'message.received' | 'marker.sent' | 'marker.received' | 'control.sent' | 'control.received';
  }
>;

/** What a viewer asks for. */
export type ViewerCommand =
  /** Takes a snapshot from these initiators; without them, from the fewest that reach everybody. */
  | { readonly type: 'snapshot.take'; readonly initiators?: readonly string[] }
  | { readonly type: 'playback.play' }
  | { readonly type: 'playback.pause' }
  | { readonly type: 'playback.speed'; readonly speed: number }
  /** Delivers exactly one envelope: the oldest of this channel; without one, does whatever comes next. */
  | { readonly type: 'playback.step'; readonly channel?: string }
  /** Begins the run again, with another seed if one is given. */
  | { readonly type: 'network.restart'; readonly seed?: number }
  /** Begins a new run that goes on from a snapshot. */
  | { readonly type: 'network.restore'; readonly snapshot: GlobalSnapshot };
