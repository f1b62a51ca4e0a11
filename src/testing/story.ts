/** Tells a run as a space–time diagram in text: one line a step, time runs downwards, one column a process. */
import type { EventObject } from 'xstate';
import type { ActorAddress, GlobalSnapshot } from '../global-snapshot.js';
import { brief, printable } from '../text.js';
import type { TraceEvent } from '../trace.js';

/** Something between the steps that no process did, such as a restore. */
export interface StoryNote {
  readonly type: 'note';
  readonly text: string;
  /** From here on the network goes on from this snapshot: what is in flight in it is in flight now. */
  readonly snapshot?: GlobalSnapshot | undefined;
}

/** What a story is told of. */
export interface StoryOptions {
  /** The processes, in the order of their columns; default: as they come. */
  readonly processes?: readonly string[] | undefined;
  /** The snapshot with which the run began. */
  readonly snapshot?: GlobalSnapshot | undefined;
  /** Whether each line tells what is in flight then; default true. Not where processes are killed, and with them what was. */
  readonly inFlight?: boolean | undefined;
  /** The most lines told, the last ones; default 200. */
  readonly maxLines?: number | undefined;
}

interface Line {
  readonly process: string | undefined;
  readonly time: number;
  mark: string;
  /** What the step begins with. */
  readonly cause: string;
  /** What the process did then. */
  readonly effects: string[];
  readonly markersTo: string[];
  readonly controlsTo: string[];
  readonly recording: string[];
  readonly done: string[];
  /** What is on the channels when it is over. */
  inFlight: string;
}

/** Characters that all columns may take; beyond, the lines name their process and that is all. */
const COLUMNS_WIDTH = 72;
const DEFAULT_LINES = 200;

/**
 * Tells a run in text, one line a step: who received what from whom and sent what, who recorded its state, where the
 * markers go, and what is in flight when the step is over.
 *
 * `●` takes a step, `◆` records its state, `◇` takes a marker, `✗` stops. Snapshots are numbered as they come; `⟨1⟩` in
 * flight is a marker of the first.
 *
 * @param events What happened, from `network.trace$`.
 */
export function tellStory(events: Iterable<TraceEvent | StoryNote>, options: StoryOptions = {}): string {
  const story = new Story(options.snapshot);
  for (const event of events) story.take(event);
  return print(story.end(), options);
}

class Story {
  private readonly lines: Line[] = [];
  /** The line of the step under way. */
  private open: Line | undefined;
  private readonly snapshots = new Map<string, number>();
  private readonly initiators = new Map<string, readonly string[]>();
  private readonly inFlight = new Map<string, string[]>();

  constructor(snapshot: GlobalSnapshot | undefined) {
    this.restore(snapshot);
  }

  take(event: TraceEvent | StoryNote): void {
    switch (event.type) {
      case 'note':
        this.begin(undefined, NaN, ' ', event.text);
        if (event.snapshot !== undefined) this.restore(event.snapshot);
        return;
      case 'snapshot.begun':
        this.initiators.set(event.snapshotId, event.initiators);
        this.numberOf(event.snapshotId);
        return;
      case 'snapshot.completed': {
        const { messages } = event.snapshot.stats;
        const text = `snapshot ${this.numberOf(event.snapshotId)} is complete, ${messages} message(s) in flight in it`;
        return void this.begin(undefined, event.time, ' ', text);
      }
      case 'snapshot.aborted': {
        const why = event.error.message.replaceAll(event.snapshotId, String(this.numberOf(event.snapshotId)));
        return void this.begin(undefined, event.time, ' ', why);
      }
      case 'network.rolled-back':
        this.begin(undefined, event.time, ' ', `rolled back to snapshot ${event.snapshot.id}`);
        return this.restore(event.snapshot);
      case 'step.ended':
      case 'topology.changed':
        return;
      case 'message.sent': {
        const line = this.lineOf(event.process, event.time);
        line.effects.push(`sends #${event.seq} ${tellEvent(event.event)} to ${receiverOf(event.channel)}`);
        return this.put(event.channel, `#${event.seq}`);
      }
      case 'marker.sent':
      case 'control.sent': {
        const number = this.numberOf(event.snapshotId);
        const line = this.lineOf(event.process, event.time);
        const to = event.type === 'marker.sent' ? line.markersTo : line.controlsTo;
        to.push(receiverOf(event.channel));
        return this.put(event.channel, `⟨${number}⟩`);
      }
      case 'state.recorded':
        return this.record(event.process, event.time, event.snapshotId);
      case 'channel.recording':
        return void this.lineOf(event.process, event.time).recording.push(event.channel);
      case 'channel.done':
        return void this.lineOf(event.process, event.time).done.push(event.channel);
      default:
        this.beginStep(event);
    }
  }

  /** The lines; those of starts in which nothing was sent tell nothing. */
  end(): Line[] {
    this.close();
    return this.lines.filter(({ cause, effects }) => cause !== STARTS || effects.length > 0);
  }

  private beginStep(event: StepEvent): void {
    const { process, time } = event;
    switch (event.type) {
      case 'message.received':
        this.begin(
          process,
          time,
          '●',
          `receives #${event.seq} ${tellEvent(event.event)} from ${senderOf(event.channel)}`,
        );
        return this.drop(event.channel, `#${event.seq}`);
      case 'marker.received':
      case 'control.received': {
        const number = this.numberOf(event.snapshotId);
        const what = event.type === 'marker.received' ? 'marker' : 'control message';
        this.begin(process, time, '◇', `receives ${what} ${number} from ${senderOf(event.channel)}`);
        return this.drop(event.channel, `⟨${number}⟩`);
      }
      case 'event.received': {
        const from = event.source === undefined ? '' : ` from ${nameOf(event.source)}`;
        return void this.begin(process, time, '●', `takes ${tellEvent(event.event)}${at(event.target)}${from}`);
      }
      case 'timer.fired':
        return void this.begin(process, time, '●', `has its timer: ${tellEvent(event.event)}${at(event.target)}`);
      case 'process.started':
        return void this.begin(process, time, '●', STARTS);
      case 'process.stopped':
        return void this.begin(process, time, '✗', 'stops');
    }
  }

  private record(process: string, time: number, snapshotId: string): void {
    const isFirstMarker = this.open?.process === process && this.open.mark === '◇';
    const number = this.numberOf(snapshotId);
    const isInitiator = this.initiators.get(snapshotId)?.includes(process) !== false;
    const cause = isInitiator ? `begins snapshot ${number}` : `is about to take a message of ${number}'s colour`;
    const line = isFirstMarker ? this.open! : this.begin(process, time, '◆', cause);
    line.mark = '◆';
    line.effects.push('records its state');
  }

  private begin(process: string | undefined, time: number, mark: string, cause: string): Line {
    this.close();
    const lists = { effects: [], markersTo: [], controlsTo: [], recording: [], done: [] };
    this.open = { process, time, mark, cause, ...lists, inFlight: '' };
    this.lines.push(this.open);
    return this.open;
  }

  private lineOf(process: string, time: number): Line {
    return this.open?.process === process ? this.open : this.begin(process, time, '●', 'goes on');
  }

  private close(): void {
    if (this.open === undefined) return;
    const channels = [...this.inFlight].filter(([, items]) => items.length > 0);
    this.open.inFlight = channels.map(([channel, items]) => `${channel} ${items.join(' ')}`).join(', ');
    this.open = undefined;
  }

  private numberOf(snapshotId: string): number {
    const number = this.snapshots.get(snapshotId) ?? this.snapshots.size + 1;
    this.snapshots.set(snapshotId, number);
    return number;
  }

  private put(channel: string, item: string): void {
    const items = this.inFlight.get(channel);
    if (items === undefined) this.inFlight.set(channel, [item]);
    else items.push(item);
  }

  private drop(channel: string, item: string): void {
    const items = this.inFlight.get(channel);
    const index = items?.indexOf(item) ?? -1;
    if (index >= 0) items!.splice(index, 1);
  }

  private restore(snapshot: Pick<GlobalSnapshot, 'channels'> | undefined): void {
    this.inFlight.clear();
    for (const [channel, { messages }] of Object.entries(snapshot?.channels ?? {})) {
      this.inFlight.set(
        channel,
        messages.map(({ seq }) => `#${seq}`),
      );
    }
  }
}

type StepEvent = Extract<
  TraceEvent,
  {
    type:
      | 'message.received'
      | 'marker.received'
      | 'control.received'
      | 'event.received'
      | 'timer.fired'
      | 'process.started'
      | 'process.stopped';
  }
>;

const STARTS = 'starts';

const senderOf = (channel: string) => channel.split('->')[0]!;
const receiverOf = (channel: string) => channel.split('->')[1] ?? channel;

function tellEvent({ type, ...payload }: EventObject): string {
  return Object.keys(payload).length === 0 ? type : `${type} ${brief(payload)}`;
}

/** An actor, but the root, which goes without saying. */
function at(target: ActorAddress): string {
  return 'path' in target && target.path.length === 0 ? '' : ` at ${nameOf(target)}`;
}

function nameOf(address: ActorAddress): string {
  return 'peer' in address ? address.peer : address.path.join('.') || 'itself';
}

function print(lines: readonly Line[], { processes, inFlight = true, maxLines = DEFAULT_LINES }: StoryOptions): string {
  const ids = processes ?? [...new Set(lines.flatMap(({ process }) => process ?? []))];
  const isNarrow = ids.reduce((width, id) => width + id.length + 2, 0) <= COLUMNS_WIDTH;
  const columns = isNarrow ? ids.map((id) => ({ id, width: Math.max(id.length, 1) })) : [];
  const times = new Set(lines.map(({ time }) => time).filter((time) => !Number.isNaN(time)));
  const timeWidth = times.size > 1 ? Math.max(...Array.from(times, (time) => String(time).length)) + 3 : 0;
  const numberWidth = String(lines.length).length;
  const head = ' '.repeat(numberWidth + timeWidth + 2) + columns.map(({ id }) => `${id}  `).join('');
  const body = lines.map((line, index) => {
    const number = String(index + 1).padStart(numberWidth);
    const time = timeWidth === 0 ? '' : (Number.isNaN(line.time) ? '' : `${line.time} ms`).padStart(timeWidth + 1);
    const lifelines = columns.map(({ id, width }) => (id === line.process ? line.mark : '│').padEnd(width + 2));
    return `${number}${time}  ${lifelines.join('')}${tellLine(inFlight ? line : { ...line, inFlight: '' })}`;
  });
  const skipped = Math.max(0, body.length - maxLines);
  const shown = skipped > 0 ? [`… ${skipped} line(s) before …`, ...body.slice(skipped)] : body;
  // Ids, types and messages are not trusted: none of them begins a line of its own.
  const lined = [head, ...shown].map((line) => printable(line).replaceAll('\n', '\\n').trimEnd());
  return lined.filter((line) => line !== '').join('\n');
}

function tellLine({ process, cause, effects, markersTo, controlsTo, recording, done, inFlight }: Line): string {
  const parts = [
    process === undefined ? cause : `${process} ${cause}`,
    ...effects,
    ...(markersTo.length > 0 ? [`markers to ${markersTo.join(', ')}`] : []),
    ...(controlsTo.length > 0 ? [`control messages to ${controlsTo.join(', ')}`] : []),
    ...(recording.length > 0 ? [`records ${recording.join(', ')} from here on`] : []),
    ...(done.length > 0 ? [`has all of ${done.join(', ')}`] : []),
  ];
  return `${parts.join('; ')}${inFlight === '' ? '' : `   [${inFlight}]`}`;
}
