/**
 * Keeps the books of a run from its trace alone, and judges snapshots and the true state by them: an oracle that shares
 * no code with what it judges.
 */
import type { EventObject } from 'xstate';
import { channelId, type ChannelPair } from '../channel/topology.js';
import type { GlobalSnapshot } from '../global-snapshot.js';
import { differences } from '../snapshot/diff-snapshots.js';
import type { TraceEvent } from '../trace.js';

/** What is wrong, by the check that noticed it. */
export interface Complaint {
  readonly check: 'delivery' | 'recording';
  readonly message: string;
}

/** All that was ever sent on a channel. */
interface ChannelBook {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly fifo: boolean;
  /** By number: what was sent since these books begin, and what was in flight then. */
  readonly events: Map<number, EventObject>;
  /** How many were sent. */
  sent: number;
  received: Received;
}

/** Which messages were received: all up to a number, and others past a gap. */
interface Received {
  readonly count: number;
  readonly beyond: readonly number[];
}

/** What was sent and received on a channel when its ends recorded their states. */
interface Cut {
  sent: number;
  received: Received;
}

/** The books of a network from its start on. */
export class Ledger {
  private readonly books = new Map<string, ChannelBook>();
  private readonly booksOf = new Map<string, ChannelBook[]>();
  /** By snapshot and channel. */
  private readonly cuts = new Map<string, Map<ChannelBook, Cut>>();
  /** Processes in the middle of a step. */
  private readonly busy = new Set<string>();

  /** @param snapshot What the network goes on from. */
  constructor(processes: Iterable<string>, channels: readonly ChannelPair[], snapshot: GlobalSnapshot | undefined) {
    for (const id of processes) this.booksOf.set(id, []);
    for (const [from, to, { fifo = true } = {}] of channels) {
      const id = channelId(from, to);
      const sent = snapshot?.processes[from]!.sent[id]!.count ?? 0;
      const received = { beyond: [], ...(snapshot?.processes[to]!.received[id] ?? { count: 0 }) };
      const events = new Map(snapshot?.channels[id]!.messages.map(({ seq, event }) => [seq, event]));
      const book: ChannelBook = { id, from, to, fifo, events, sent, received };
      this.books.set(id, book);
      for (const end of new Set([from, to])) this.booksOf.get(end)!.push(book);
    }
  }

  /** Enters what happened; complains of what must not happen. */
  enter(event: TraceEvent): Complaint | undefined {
    switch (event.type) {
      case 'message.sent':
        return this.send(this.books.get(event.channel)!, event.seq, event.event);
      case 'message.received':
        this.busy.add(event.process);
        return this.receive(this.books.get(event.channel)!, event.seq, event.event);
      case 'event.received':
      case 'timer.fired':
      case 'process.started':
      case 'process.stopped':
        this.busy.add(event.process);
        return undefined;
      case 'step.ended':
        this.busy.delete(event.process);
        return undefined;
      case 'state.recorded':
        return this.record(event.snapshotId, event.process);
      case 'snapshot.completed':
        return this.judge(event.snapshot, this.cuts.get(event.snapshotId) ?? new Map<ChannelBook, Cut>());
      case 'snapshot.aborted':
        this.cuts.delete(event.snapshotId);
        return undefined;
      default:
        return undefined;
    }
  }

  /** Compares the true state of this moment with the books: nothing is lost, nothing is there twice. */
  compare(state: GlobalSnapshot): Complaint | undefined {
    const now = new Map<ChannelBook, Cut>();
    for (const book of this.books.values()) {
      now.set(book, { sent: book.sent, received: book.received });
    }
    const complaint = this.judge(state, now);
    return complaint && { check: 'delivery', message: complaint.message };
  }

  private send(book: ChannelBook, seq: number, event: EventObject): Complaint | undefined {
    const number = ++book.sent;
    book.events.set(number, event);
    return seq === number ? undefined : delivery(`message #${number} sent on channel "${book.id}" has number ${seq}`);
  }

  private receive(book: ChannelBook, seq: number, event: EventObject): Complaint | undefined {
    const { id, fifo, events, sent, received } = book;
    const next = received.count + 1;
    book.received = withReceived(received, fifo ? next : seq);
    if ((fifo ? next : seq) > sent) return delivery(`message #${seq} was received on channel "${id}" and never sent`);
    if (wasReceived(received, seq) && !fifo) return delivery(`channel "${id}" handed over #${seq} twice`);
    if ((seq === next || !fifo) && isSame(events.get(seq), event)) return undefined;
    if (!fifo) return delivery(`channel "${id}" handed over #${seq} as another than was sent`);
    return delivery(`channel "${id}" handed over #${seq} ${event.type}, when the next one sent was #${next}`);
  }

  private record(snapshotId: string, process: string): Complaint | undefined {
    const cut = this.cuts.get(snapshotId) ?? new Map<ChannelBook, Cut>();
    this.cuts.set(snapshotId, cut);
    for (const book of this.booksOf.get(process)!) {
      const counts = cut.get(book) ?? { sent: NaN, received: { count: NaN, beyond: [] } };
      cut.set(book, counts);
      if (book.from === process) counts.sent = book.sent;
      if (book.to === process) counts.received = book.received;
    }
    if (!this.busy.has(process)) return undefined;
    return { check: 'recording', message: `process "${process}" recorded its state in the middle of a step` };
  }

  /** Whether a global state is the one that these counts mean, on every channel. */
  private judge({ processes, channels }: GlobalSnapshot, cut: ReadonlyMap<ChannelBook, Cut>): Complaint | undefined {
    for (const book of this.books.values()) {
      const { id, from, to } = book;
      const counts = cut.get(book);
      if (counts === undefined) return recording(`no end of channel "${id}" recorded its state`);
      const { sent, received } = counts;
      const recordedSent = processes[from]?.sent[id]?.count;
      const { count, beyond = [] } = processes[to]?.received[id] ?? { count: undefined };
      if (recordedSent !== sent || count !== received.count || !isSame(beyond, received.beyond)) {
        return recording(
          `channel "${id}" is recorded with ${recordedSent} sent and ${count}${past(beyond)} received, and the trace has ${sent} and ${received.count}${past(received.beyond)}`,
        );
      }
      const messages = channels[id]?.messages ?? [];
      const numbers = messages.map(({ seq }) => seq);
      const meant = inFlight(sent, received);
      const isRecorded =
        isSame(book.fifo ? numbers : numbers.toSorted((a, b) => a - b), meant) &&
        messages.every(({ seq, event }) => isSame(book.events.get(seq), event));
      if (isRecorded && sent >= received.count) continue;
      const early = sent < received.count ? `; its receiver had received what its sender had not yet sent` : '';
      return recording(
        `channel "${id}" is recorded with ${tell(numbers)} in flight, when by the trace it was ${tell(meant)}${early}`,
      );
    }
    return undefined;
  }
}

function wasReceived({ count, beyond }: Received, seq: number): boolean {
  return seq <= count || beyond.includes(seq);
}

/** What was received, with one more. */
function withReceived({ count, beyond }: Received, seq: number): Received {
  if (beyond.length === 0 && seq === count + 1) return { count: seq, beyond };
  const all = new Set([...beyond, seq]);
  let next = count;
  while (all.delete(next + 1)) next++;
  return { count: next, beyond: [...all].sort((a, b) => a - b) };
}

/** The numbers of what was sent and not received. */
function inFlight(sent: number, received: Received): number[] {
  const past = Array.from({ length: Math.max(0, sent - received.count) }, (_, index) => received.count + index + 1);
  return past.filter((seq) => !wasReceived(received, seq));
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || (a !== undefined && differences(a, b, '').length === 0);
}

const tell = (seqs: readonly number[]) => seqs.map((seq) => `#${seq}`).join(' ') || 'nothing';

const past = (beyond: readonly number[]) => (beyond.length === 0 ? '' : ` and past a gap ${tell(beyond)}`);

const delivery = (message: string): Complaint => ({ check: 'delivery', message });
const recording = (message: string): Complaint => ({ check: 'recording', message });
