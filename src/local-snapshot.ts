import { createActor, type Actor } from 'xstate';
import type { createProcessMachine, ProcessMachine, RegionParams } from '../machines/index.js';
import type { RecordedMessage, RecordedState } from './global-snapshot.js';

/** Regions on one sheet of a process's statechart: a machine's cost grows with the square of its regions. */
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
  /** Takes a complete local snapshot. */
  report(report: Report): void;
  /** Counts a recorded message against the limit. */
  countMessage(): void;
  /** Gives the snapshot up. */
  abort(reason: unknown): void;
}

/** The sheets on which the statechart of every process is drawn, by their size, filled in with the library's actions. */
export type ProcessSheets = (channels: number, sheet: 'first' | 'further') => ProcessMachine;

/** Fills the statechart's named actions in. Each sheet is made once and serves every process and snapshot. */
export function createProcessSheets(createMachine: typeof createProcessMachine): ProcessSheets {
  const sheets = new Map<string, ProcessMachine>();
  const of = ({ context }: { context: { local: unknown } }) => context.local as SheetContext;
  const create: ProcessSheets = (channels, sheet) =>
    createMachine(channels, sheet).provide({
      actions: {
        recordState: (args) => of(args).local.recordState(),
        sendMarkers: (args) => of(args).local.sendMarkers(),
        startRecording: (args, { region }: RegionParams) => of(args).local.startRecording(of(args).first + region),
        stopRecording: (args, { region }: RegionParams) => of(args).local.stopRecording(of(args).first + region),
        closeChannel: (args, { region }: RegionParams) => of(args).local.closeChannel(of(args).first + region),
      },
    }) as ProcessMachine;
  return (channels, sheet) => {
    const key = `${sheet} ${channels}`;
    const known = sheets.get(key) ?? create(channels, sheet);
    sheets.set(key, known);
    return known;
  };
}

interface SheetContext {
  readonly local: LocalSnapshot;
  /** The position, among the process's incoming channels, of the sheet's first region. */
  readonly first: number;
}

/**
 * What one process records for one snapshot: its own state, and the state of each incoming channel.
 *
 * It asks the process's statechart at every event and does what that decides; kept and reused for later snapshots, as
 * making the statechart's actors anew costs more than running them.
 */
export class LocalSnapshot {
  /** What the process recorded of itself; undefined before it did. */
  state: RecordedState | undefined;
  /** What was recorded on each incoming channel. */
  messages: RecordedMessage[][] = [];
  /** Markers that this process has sent. */
  markers = 0;
  /** Why the process could not be recorded. */
  failure: unknown;
  private snapshot: SnapshotUnderWay | undefined;
  private openChannels = 0;
  private readonly sheets: readonly Actor<ProcessMachine>[];

  constructor(
    private readonly recorder: Recorder,
    sheets: ProcessSheets,
  ) {
    const count = Math.max(1, Math.ceil(recorder.incomingCount / REGIONS_PER_SHEET));
    this.sheets = Array.from({ length: count }, (_, index) => {
      const first = index * REGIONS_PER_SHEET;
      const channels = Math.min(REGIONS_PER_SHEET, recorder.incomingCount - first);
      const machine = sheets(channels, index === 0 ? 'first' : 'further');
      const context: SheetContext = { local: this, first };
      return createActor(machine, { input: { local: context } }).start();
    });
  }

  /** Makes it ready for a snapshot. */
  begin(snapshot: SnapshotUnderWay): void {
    this.snapshot = snapshot;
    this.openChannels = this.recorder.incomingCount;
    this.messages = Array.from({ length: this.openChannels }, () => []);
  }

  /** Whether the state and all channels are recorded. */
  get isComplete(): boolean {
    return this.state !== undefined && this.openChannels === 0;
  }

  /** The process records spontaneously. No effect when a marker came first: the snapshot's id is one. */
  initiate(): void {
    if (this.isUnrecorded) for (const sheet of this.sheets) sheet.send({ type: 'snapshot.initiated' });
  }

  /** A marker came in on this channel, by its position among the incoming ones. */
  receiveMarker(channel: number): void {
    const own = this.sheets[Math.floor(channel / REGIONS_PER_SHEET)]!;
    const event = { type: `marker.received.${channel % REGIONS_PER_SHEET}` } as const;
    if (!this.isUnrecorded) {
      own.send(event);
      return;
    }
    for (const sheet of this.sheets) sheet.send(sheet === own ? event : { type: 'marker.received.elsewhere' });
  }

  /** Positions of the incoming channels whose state is not known yet. */
  stillRecording(): number[] {
    return this.messages.flatMap((_, channel) => {
      const value = this.sheets[Math.floor(channel / REGIONS_PER_SHEET)]!.getSnapshot().value as Record<string, string>;
      return value[`channel${channel % REGIONS_PER_SHEET}`] === 'done' ? [] : [channel];
    });
  }

  /** Forgets the snapshot, whether complete or given up, and holds none of what was recorded. */
  forget(): void {
    for (const sheet of this.sheets) sheet.send({ type: 'snapshot.forgotten' });
    this.snapshot = undefined;
    this.state = undefined;
    this.messages = [];
    this.markers = 0;
    this.failure = undefined;
  }

  recordState(): void {
    try {
      this.state = this.recorder.recordState(this.snapshot!.id);
    } catch (error) {
      this.failure = error;
    }
  }

  sendMarkers(): void {
    if (this.failure === undefined) this.markers = this.recorder.sendMarkers(this.snapshot!);
  }

  startRecording(channel: number): void {
    this.recorder.startRecording(channel, this.messages[channel]!, this.snapshot!);
  }

  stopRecording(channel: number): void {
    this.recorder.stopRecording(channel, this.messages[channel]!);
  }

  closeChannel(channel: number): void {
    this.openChannels--;
    this.recorder.closeChannel(channel, this.snapshot!.id);
  }

  private get isUnrecorded(): boolean {
    return (this.sheets[0]!.getSnapshot().value as Record<string, string>).state === 'unrecorded';
  }
}
