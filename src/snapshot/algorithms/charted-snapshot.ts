import type { RecordedMessage, RecordedState } from '../../global-snapshot.js';
import type { ChartAction, ChartState, ProcessChart } from '../chart-table.js';
import type { LocalSnapshot, Recorder, SnapshotUnderWay } from '../local-snapshot.js';

/** Regions on one sheet of a process's statechart: its states grow exponentially with its regions. */
const REGIONS_PER_SHEET = 4;

/** One sheet of the statechart, as far as this snapshot has brought it. */
export interface Sheet<TEvent extends string> {
  /** The position, among the process's incoming channels, of the sheet's first region. */
  readonly first: number;
  state: ChartState<TEvent>;
  /** Its regions whose channels are being recorded, a bit each. */
  recording: number;
}

/**
 * A local snapshot that is made as a statechart decides: it asks the chart at every event, and does what that says.
 * What all algorithms have in common.
 */
export abstract class ChartedSnapshot<TEvent extends string> implements LocalSnapshot {
  state: RecordedState | undefined;
  readonly channelCount: number;
  markers = 0;
  controlMessages = 0;
  failure: unknown;
  isReported = false;
  protected readonly sheets: readonly Sheet<TEvent>[];
  private openChannels: number;
  /** By position of each channel on which messages were recorded: those. */
  private readonly messages: RecordedMessage[][] = [];

  constructor(
    protected readonly recorder: Recorder,
    chart: ProcessChart<TEvent>,
    readonly snapshot: SnapshotUnderWay,
  ) {
    const { incomingCount } = recorder;
    this.channelCount = this.openChannels = incomingCount;
    const count = Math.max(1, Math.ceil(incomingCount / REGIONS_PER_SHEET));
    this.sheets = Array.from({ length: count }, (_, index) => {
      const first = index * REGIONS_PER_SHEET;
      const channels = Math.min(REGIONS_PER_SHEET, incomingCount - first);
      return { first, state: chart(channels, index === 0 ? 'first' : 'further'), recording: 0 };
    });
  }

  abstract initiate(): void;
  abstract receive(channel: number, whites?: number): void;
  abstract forget(): void;

  get isComplete(): boolean {
    return this.state !== undefined && this.openChannels === 0;
  }

  stillRecording(): number[] {
    const isDone = (channel: number) => this.sheetOf(channel).state.value[`channel${regionOf(channel)}`] === 'done';
    return Array.from({ length: this.channelCount }, (_, channel) => channel).filter((channel) => !isDone(channel));
  }

  isRecording(channel: number): boolean {
    return channel >= 0 && channel < this.channelCount && (this.sheetOf(channel).recording & bitOf(channel)) !== 0;
  }

  record(channel: number, message: RecordedMessage): void {
    (this.messages[channel] ??= []).push(message);
  }

  messagesOn(channel: number): readonly RecordedMessage[] {
    return this.messages[channel] ?? [];
  }

  protected sheetOf(channel: number): Sheet<TEvent> {
    return this.sheets[Math.floor(channel / REGIONS_PER_SHEET)]!;
  }

  /** Does what the statechart decides. */
  protected apply(sheet: Sheet<TEvent>, event: TEvent): void {
    const { to, actions } = sheet.state.next(event);
    sheet.state = to;
    for (const action of actions) this.perform(action, sheet);
  }

  protected perform(action: ChartAction, sheet: Sheet<TEvent>): void {
    if (action.type === 'recordState') return this.recordState();
    if (!('params' in action) || action.params === undefined) return;
    const channel = sheet.first + action.params.region;
    switch (action.type) {
      case 'startRecording':
        sheet.recording |= bitOf(channel);
        return this.recorder.startRecording(channel, this);
      case 'stopRecording':
        sheet.recording &= ~bitOf(channel);
        return;
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
}

/** The region of a channel on its sheet. */
export function regionOf(channel: number): number {
  return channel % REGIONS_PER_SHEET;
}

const bitOf = (channel: number) => 1 << regionOf(channel);

/** Names of events, one for each region of a sheet; made once, as an event comes for every channel. */
export function eventsByRegion<const TName extends string>(name: TName): readonly `${TName}.${number}`[] {
  return Array.from({ length: REGIONS_PER_SHEET }, (_, region) => `${name}.${region}` as const);
}
