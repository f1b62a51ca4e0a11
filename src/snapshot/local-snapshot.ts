/** What a process and an algorithm know of one another. */
import type { Ticket } from '../channel/envelope.js';
import type { RecordedMessage, RecordedState } from '../global-snapshot.js';

/** What the statecharts' actions are done by: the process. */
export interface Recorder {
  /** How many incoming channels the process has. */
  readonly incomingCount: number;
  /** Records the process's own state. Throws when something in it cannot be recorded. */
  recordState(snapshotId: string): RecordedState;
  /** Sends one marker on every outgoing channel and returns how many. */
  sendMarkers(snapshot: SnapshotUnderWay): number;
  /** Records what comes in on an incoming channel from here on, as long as the local snapshot wants it. */
  startRecording(channel: number, local: LocalSnapshot): void;
  /** The state of an incoming channel is known. */
  closeChannel(channel: number, snapshotId: string): void;
  /** Reports a local snapshot, if it is complete. */
  settle(local: LocalSnapshot): void;
}

/** What those of the algorithms without markers are done by. */
export interface ColouringRecorder extends Recorder {
  /**
   * Colours every message from here on, and sends one control message on every outgoing channel.
   *
   * @param isCounted Whether a colour tells how many messages were sent on its channel before.
   * @returns How many control messages.
   */
  turnRed(snapshotId: string, isCounted: boolean): number;
  /** Colours messages no more. */
  turnWhite(snapshotId: string): void;
  /** Hands nothing more to the application, for the sake of this snapshot. */
  stopApplication(snapshotId: string): void;
  /** Hands it what has come for it meanwhile, when no other snapshot stops it. */
  resumeApplication(snapshotId: string): void;
}

/** What one process records for one snapshot: its own state, and the state of each incoming channel. */
export interface LocalSnapshot {
  readonly snapshot: SnapshotUnderWay;
  /** What the process recorded of itself; undefined before it did. */
  readonly state: RecordedState | undefined;
  /** How many incoming channels it records: those that the process had as it began. */
  readonly channelCount: number;
  /** Markers that this process has sent. */
  readonly markers: number;
  /** Control messages that this process has sent, or was sent by the supervisor. */
  readonly controlMessages: number;
  /** Why the process could not be recorded. */
  readonly failure: unknown;
  /** Whether the state and all channels are recorded. */
  readonly isComplete: boolean;
  /** Whether the process has reported it. */
  isReported: boolean;
  /** The process records spontaneously. No effect when it has recorded already: the snapshot's id is one. */
  initiate(): void;
  /**
   * A marker or a control message came in, or a red message is about to.
   *
   * @param channel Which channel, by its position among the incoming ones.
   * @param whites How many white messages its sender sent on it in all, if that was said.
   */
  receive(channel: number, whites?: number): void;
  /** Whether it records what comes in on a channel. */
  isRecording(channel: number): boolean;
  /** Records a message on a channel that {@link isRecording}. */
  record(channel: number, message: RecordedMessage): void;
  /** What was recorded on a channel. */
  messagesOn(channel: number): readonly RecordedMessage[];
  /** Positions of the incoming channels whose state is not known yet. */
  stillRecording(): number[];
  /** The snapshot has ended, complete or given up: nothing is recorded any more. */
  forget(): void;
}

/** A local snapshot in an algorithm without markers: messages close a channel. */
export interface CountingSnapshot extends LocalSnapshot {
  /** A message came in on a channel. Returns whether that closed it. */
  count(channel: number): boolean;
}

/** What a process reports when its local snapshot is complete. */
export interface Report {
  readonly process: string;
  /** Its counters name all channels of the process: `sent` the outgoing ones, `received` the incoming ones. */
  readonly state: RecordedState;
  /** The states of its incoming channels. */
  readonly channels: readonly (readonly [id: string, messages: readonly RecordedMessage[]])[];
  /** Markers that it has sent. */
  readonly markers: number;
  /** Control messages that it has sent, or was sent by the supervisor; default 0. */
  readonly controlMessages?: number;
}

/** A snapshot under way, as a process meets it. */
export interface SnapshotUnderWay {
  readonly id: string;
  /** What its markers tell of it to processes in other programs. */
  readonly ticket?: Ticket;
  /** Takes a complete local snapshot. */
  report(report: Report): void;
  /** Counts a recorded message against the limit. */
  countMessage(): void;
  /** Gives the snapshot up. */
  abort(reason: unknown): void;
}
