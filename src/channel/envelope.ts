/** What channels carry. */
import type { EventObject } from 'xstate';
import type { InputsSaved, RecordedMessage, RecordedState } from '../global-snapshot.js';

/** An application event travelling on a channel. */
export interface Message {
  readonly type: 'message';
  /** 1 for the first message ever sent on the channel. */
  readonly seq: number;
  readonly event: EventObject;
  /** For which snapshots its sender was red; without markers alone, and only while some are under way. */
  readonly colours?: readonly Colour[];
}

/** Says that its sender has recorded for a snapshot: what bears it is red for that snapshot, what does not is white. */
export interface Colour {
  readonly snapshotId: string;
  /** How many messages were sent on the channel before, in algorithms that count them. */
  readonly whites?: number;
}

/** A control message of an algorithm without markers: red, and without an event. */
export interface ColourMessage extends Colour {
  readonly type: 'colour';
  /** The sequence number of the last message before it. */
  readonly seq: number;
}

/** The algorithm's own envelope: what follows it on the channel was sent after the sender recorded. */
export interface Marker {
  readonly type: 'marker';
  /** The sequence number of the last message before it. */
  readonly seq: number;
  readonly snapshotId: string;
  /** For a receiver in another program. */
  readonly ticket?: Ticket | undefined;
}

/** What a process in another program must know of a snapshot to take part in it. */
export interface Ticket {
  /** The process that gathers the reports. */
  readonly supervisor: string;
  /** How long the snapshot may still take, in milliseconds. */
  readonly leftMs: number;
  /** The most messages that may be recorded as in flight. */
  readonly maxMessages: number;
  /** Whether it is a checkpoint: everybody keeps its own part, to go back to. */
  readonly isCheckpoint: boolean;
}

/** What processes in different programs tell one another about a snapshot; no part of any channel's state. */
export interface Control {
  readonly type: 'control';
  readonly snapshotId: string;
  readonly notice: Notice;
}

/** What a {@link Control} says. All but `ended` and `saved` are for the supervisor or the coordinator, and are passed on to it. */
export type Notice = { readonly process: string } & (
  | /** A piece of a process's report: channel states can be many. */ {
      readonly kind: 'report';
      readonly part: number;
      readonly parts: number;
      readonly state?: RecordedState | undefined;
      readonly channels: readonly (readonly [id: string, messages: readonly RecordedMessage[]])[];
      readonly markers: number;
    }
  | /** Time is running out, and no marker has come on these channels. */ {
      readonly kind: 'awaiting';
      readonly channels: readonly string[];
    }
  | /** The process cannot take part, or a channel of it has failed. */ {
      readonly kind: 'abort';
      readonly code: string;
      readonly message: string;
      readonly channels: readonly string[];
    }
  | /** A peer has gone: if it has not reported by now, it never will. */ {
      readonly kind: 'parted';
      readonly peer: string;
      readonly message: string;
      readonly channels: readonly string[];
    }
  | /** A checkpoint is safely down, and so many inputs of each process are in all that are kept. */ {
      readonly kind: 'saved';
      readonly inputs?: InputsSaved | undefined;
    }
  | /** A process is gone, or has failed. For the coordinator. */ {
      readonly kind: 'crashed';
      readonly peer: string;
      readonly message: string;
      readonly isGone: boolean;
      readonly hasLeft?: boolean | undefined;
    }
  | /** The process goes on in the epoch of this decision. For the coordinator. */ {
      readonly kind: 'recovered';
      readonly decision: string;
    }
  | /** Nobody sees to crashes any more. */ { readonly kind: 'uncoordinated' }
  | /** The supervisor has the global snapshot, or gave it up. */ { readonly kind: 'ended' }
);

/** What a channel carries. */
export type Envelope = Message | Marker | ColourMessage | Control;
