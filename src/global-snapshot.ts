import type { ActorLogic, AnyActorLogic, AnyActorRef, EventObject, Snapshot, SnapshotFrom } from 'xstate';

/** The version of the shape of {@link GlobalSnapshot}; another one is refused when restoring. */
export const SNAPSHOT_VERSION = 1;

/** Where a pending timer begins or ends: an actor of the process, by the ids from the root (`[]`), or a peer. */
export type ActorAddress = { readonly path: readonly string[] } | { readonly peer: string };

/** A pending delayed event of a process (`after`, or `raise`/`sendTo` with a delay). */
export interface RecordedTimer {
  readonly source: ActorAddress;
  readonly target: ActorAddress;
  readonly event: EventObject;
  /** What was left of the delay when the process was recorded, in milliseconds of the network's clock; at least 0. */
  readonly delay: number;
  /** The id under which XState can cancel it. */
  readonly id: string;
}

/** How many messages passed one end of a channel since the network first began; goes on after a restore. */
export interface ChannelCounter {
  /** On channels without FIFO, at the receiver: those before the first gap. */
  readonly count: number;
  /** On channels without FIFO, at the receiver, always there: the sequence numbers that arrived past that gap. */
  readonly beyond?: readonly number[];
}

/** What a machine's snapshot has and its persisted snapshot has not, or has as plain data. */
type NotPersisted =
  | 'status'
  | 'output'
  | 'error'
  | 'machine'
  | 'tags'
  | '_nodes'
  | 'children'
  | 'matches'
  | 'hasTag'
  | 'can'
  | 'getMeta'
  | 'toJSON';

/** The persisted snapshot of a logic as XState writes it: its snapshot as plain data. */
export type PersistedSnapshotOf<TLogic extends AnyActorLogic> =
  SnapshotFrom<TLogic> extends {
    readonly machine: unknown;
    readonly output?: infer TOutput;
    readonly children: infer TChildren;
  }
    ? Omit<SnapshotFrom<TLogic>, NotPersisted> & Snapshot<TOutput> & { readonly children: PersistedChildren<TChildren> }
    : SnapshotFrom<TLogic>;

/** Children by their ids; of a machine that declares none, whatever it spawns. */
export type PersistedChildren<TChildren> = [keyof TChildren] extends [never]
  ? Readonly<Record<string, PersistedChild<AnyActorRef>>>
  : { readonly [K in keyof TChildren]: PersistedChild<NonNullable<TChildren[K]>> };

/** A child, by the type of its reference. */
export interface PersistedChild<TRef> {
  readonly snapshot: unknown extends SnapshotFrom<TRef>
    ? Snapshot<unknown>
    : PersistedSnapshotOf<ActorLogic<SnapshotFrom<TRef>, EventObject>>;
}

/** Counters by channel id. */
export type ChannelCounters = Readonly<Record<string, ChannelCounter>>;

/** What a process recorded of itself. */
export interface RecordedState<
  TSnapshot = Snapshot<unknown>,
  TSent extends ChannelCounters = ChannelCounters,
  TReceived extends ChannelCounters = ChannelCounters,
> {
  /** The persisted XState snapshot of the process's root actor and all its descendants. */
  readonly snapshot: TSnapshot;
  /** Pending delayed events, earliest due first. */
  readonly timers: readonly RecordedTimer[];
  /** By id of each outgoing channel: the messages sent before this state was recorded. */
  readonly sent: TSent;
  /** By id of each incoming channel: the messages received before this state was recorded. */
  readonly received: TReceived;
  /** How many logged events from outside were taken before this state was recorded; left out when none ever was. */
  readonly inputs?: number;
}

/** One message of a channel state. */
export interface RecordedMessage<TEvent extends EventObject = EventObject> {
  /** Its sequence number on the channel: 1 for the first message ever sent on it. */
  readonly seq: number;
  readonly event: TEvent;
}

/** The messages in flight on a channel in the recorded global state, oldest first; in any order where none is kept. */
export interface ChannelState<TEvent extends EventObject = EventObject> {
  readonly messages: readonly RecordedMessage<TEvent>[];
}

/**
 * The recorded states and channel states of one snapshot id: the paper's recorded global state S*.
 *
 * Plain data: safe for `structuredClone`; for JSON where the contexts are; for files use `xstate-panorama/file`.
 */
export interface GlobalSnapshot<
  TProcesses extends Record<string, RecordedState<unknown>> = Record<string, RecordedState>,
  TChannels extends Readonly<Record<string, ChannelState>> = Readonly<Record<string, ChannelState>>,
> {
  /** The version of this shape. */
  readonly version: typeof SNAPSHOT_VERSION;
  /** Unique across programs and restarts. */
  readonly id: string;
  /** The processes that recorded spontaneously. */
  readonly initiators: readonly (keyof TProcesses & string)[];
  readonly processes: Readonly<TProcesses>;
  /** By channel id, `from->to`, in the order in which their receivers reported. */
  readonly channels: TChannels;
  readonly stats: {
    /** Markers sent: exactly the number of channels; 0 in an algorithm without markers. */
    readonly markers: number;
    /** Control messages sent in an algorithm without markers; absent otherwise. */
    readonly controlMessages?: number;
    /** Messages recorded as in flight, over all channels. */
    readonly messages: number;
  };
}

/** How many inputs each process had taken in every checkpoint that is kept; those of whom nothing is known are left out. */
export type InputsSaved = Readonly<Record<string, number>>;

/** A global snapshot of any processes. */
export type AnyGlobalSnapshot = GlobalSnapshot<Record<string, RecordedState<unknown>>>;
