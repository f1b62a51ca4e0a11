import type { ProcessEvent } from '../machines/index.js';
import type { Ticket } from './envelope.js';
import type { RecordedMessage, RecordedState } from './global-snapshot.js';
import type { ChartAction, ChartState, ProcessChart } from './process-chart.js';

/** Regions on one sheet of a process's statechart: its states grow exponentially with its regions. */
const REGIONS_PER_SHEET = 4;

/** What the statechart's actions are done by: the process. */
export interface Recorder {
  /** How many incoming channels the process has. */
  readonly incomingCount: number;
  /** Records the process's own state. Throws when something in it cannot be recorded. */
  recordState(snapshotId: string): RecordedState;
  /** Sends one marker on every outgoing channel and returns how many. */
  sendMarkers(snapshot: SnapshotUnderWay): number;
  /** Records in `messages` what comes in on an incoming channel from here on. */
  startRecording(channel: number, messages: RecordedMessage[], snapshot: SnapshotUnderWay): void;
  stopRecording(channel: number, messages: RecordedMessage[]): void;
  /** The state of an incoming channel is known. */
  closeChannel(channel: number, snapshotId: string): void;
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

/** One sheet of the statechart, as far as this snapshot has brought it. */
interface Sheet {
  /** The position, among the process's incoming channels, of the sheet's first region. */
  readonly first: number;
  state: ChartState;
}

/**
 * What one process records for one snapshot: its own state, and the state of each incoming channel.
 *
 * It asks the process's statechart at every event and does what that decides.
 */
export class LocalSnapshot {
  /** What the process recorded of itself; undefined before it did. */
  state: RecordedState | undefined;
  /** What was recorded on each incoming channel. */
  readonly messages: readonly RecordedMessage[][];
  /** Markers that this process has sent. */
  markers = 0;
  /** Why the process could not be recorded. */
  failure: unknown;
  private openChannels: number;
  private readonly sheets: readonly Sheet[];

  constructor(
    private readonly recorder: Recorder,
    chart: ProcessChart,
    private readonly snapshot: SnapshotUnderWay,
  ) {
    this.openChannels = recorder.incomingCount;
    this.messages = Array.from({ length: this.openChannels }, () => []);
    const count = Math.max(1, Math.ceil(recorder.incomingCount / REGIONS_PER_SHEET));
    this.sheets = Array.from({ length: count }, (_, index) => {
      const first = index * REGIONS_PER_SHEET;
      const channels = Math.min(REGIONS_PER_SHEET, recorder.incomingCount - first);
      return { first, state: chart(channels, index === 0 ? 'first' : 'further') };
    });
  }

  /** Whether the state and all channels are recorded. */
  get isComplete(): boolean {
    return this.state !== undefined && this.openChannels === 0;
  }

  /** The process records spontaneously. No effect when a marker came first: the snapshot's id is one. */
  initiate(): void {
    if (this.isUnrecorded) for (const sheet of this.sheets) this.take(sheet, 'snapshot.initiated');
  }

  /** A marker came in on this channel, by its position among the incoming ones. */
  receiveMarker(channel: number): void {
    const own = this.sheets[Math.floor(channel / REGIONS_PER_SHEET)]!;
    const event = `marker.received.${channel % REGIONS_PER_SHEET}` as const;
    if (!this.isUnrecorded) {
      this.take(own, event);
      return;
    }
    for (const sheet of this.sheets) this.take(sheet, sheet === own ? event : 'marker.received.elsewhere');
  }

  /** Positions of the incoming channels whose state is not known yet. */
  stillRecording(): number[] {
    return this.messages.flatMap((_, channel) => {
      const { value } = this.sheets[Math.floor(channel / REGIONS_PER_SHEET)]!.state;
      return value[`channel${channel % REGIONS_PER_SHEET}`] === 'done' ? [] : [channel];
    });
  }

  /** The snapshot has ended, complete or given up: nothing is recorded any more. */
  forget(): void {
    for (const sheet of this.sheets) this.take(sheet, 'snapshot.forgotten');
  }

  /** Does what the statechart decides. */
  private take(sheet: Sheet, event: ProcessEvent['type']): void {
    const { to, actions } = sheet.state.next(event);
    sheet.state = to;
    for (const action of actions) this.perform(action, sheet);
  }

  private perform(action: ChartAction, { first }: Sheet): void {
    switch (action.type) {
      case 'recordState':
        return this.recordState();
      case 'sendMarkers':
        if (this.failure === undefined) this.markers = this.recorder.sendMarkers(this.snapshot);
        return;
    }
    const channel = first + action.params.region;
    switch (action.type) {
      case 'startRecording':
        return this.recorder.startRecording(channel, this.messages[channel]!, this.snapshot);
      case 'stopRecording':
        return this.recorder.stopRecording(channel, this.messages[channel]!);
      case 'closeChannel':
        this.openChannels--;
        return this.recorder.closeChannel(channel, this.snapshot.id);
    }
  }

  private recordState(): void {
    try {
      this.state = this.recorder.recordState(this.snapshot.id);
    } catch (error) {
      this.failure = error;
    }
  }

  private get isUnrecorded(): boolean {
    return this.sheets[0]!.state.value.state === 'unrecorded';
  }
}
