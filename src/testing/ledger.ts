/**
 * Keeps the books of a run from its trace alone, and judges snapshots and the true state by them: an oracle that shares
 * no code with what it judges.
 */
import type { EventObject } from 'xstate';
import { differences } from '../diff-snapshots.js';
import type { GlobalSnapshot } from '../global-snapshot.js';
import { channelId, type ChannelPair } from '../topology.js';
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
  /** Messages before the first one in `sent`. */
  readonly base: number;
  readonly sent: EventObject[];
  received: number;
}

/** How many messages were sent and received on a channel when its ends recorded their states. */
interface Cut {
  sent: number;
  received: number;
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
    for (const [from, to] of channels) {
      const id = channelId(from, to);
      const received = snapshot?.processes[to]!.received[id]!.count ?? 0;
      const sent = snapshot?.channels[id]!.messages.map(({ event }) => event) ?? [];
      const book: ChannelBook = { id, from, to, base: received, sent, received };
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
      now.set(book, { sent: book.base + book.sent.length, received: book.received });
    }
    const complaint = this.judge(state, now);
    return complaint && { check: 'delivery', message: complaint.message };
  }

  private send({ id, base, sent }: ChannelBook, seq: number, event: EventObject): Complaint | undefined {
    sent.push(event);
    return seq === base + sent.length
      ? undefined
      : delivery(`message #${base + sent.length} sent on channel "${id}" has number ${seq}`);
  }

  private receive(book: ChannelBook, seq: number, event: EventObject): Complaint | undefined {
    const { id, base, sent } = book;
    const number = ++book.received;
    if (number > base + sent.length) return delivery(`message #${seq} was received on channel "${id}" and never sent`);
    if (seq === number && isSame(sent[number - base - 1], event)) return undefined;
    return delivery(`channel "${id}" handed over #${seq} ${event.type}, when the next one sent was #${number}`);
  }

  private record(snapshotId: string, process: string): Complaint | undefined {
    const cut = this.cuts.get(snapshotId) ?? new Map<ChannelBook, Cut>();
    this.cuts.set(snapshotId, cut);
    for (const book of this.booksOf.get(process)!) {
      const counts = cut.get(book) ?? { sent: NaN, received: NaN };
      cut.set(book, counts);
      if (book.from === process) counts.sent = book.base + book.sent.length;
      if (book.to === process) counts.received = book.received;
    }
    if (!this.busy.has(process)) return undefined;
    return { check: 'recording', message: `process "${process}" recorded its state in the middle of a step` };
  }

  /** Whether a global state is the one that these counts mean, on every channel. */
  private judge({ processes, channels }: GlobalSnapshot, cut: ReadonlyMap<ChannelBook, Cut>): Complaint | undefined {
    for (const book of this.books.values()) {
      const { id, from, to, base, sent } = book;
      const counts = cut.get(book);
      if (counts === undefined) return recording(`no end of channel "${id}" recorded its state`);
      const recorded = [processes[from]?.sent[id]?.count, processes[to]?.received[id]?.count];
      if (recorded[0] !== counts.sent || recorded[1] !== counts.received) {
        return recording(
          `channel "${id}" is recorded with ${recorded[0]} sent and ${recorded[1]} received, and the trace has ${counts.sent} and ${counts.received}`,
        );
      }
      const messages = channels[id]?.messages ?? [];
      const isRecorded = messages.map(
        ({ seq, event }, index) => seq === counts.received + index + 1 && isSame(sent[seq - base - 1], event),
      );
      if (messages.length === counts.sent - counts.received && !isRecorded.includes(false)) continue;
      const { received } = counts;
      const numbers = messages.map(({ seq }) => seq);
      const meant = Array.from({ length: Math.max(0, counts.sent - received) }, (_, index) => received + index + 1);
      const early = counts.sent < received ? `; its receiver had received what its sender had not yet sent` : '';
      return recording(
        `channel "${id}" is recorded with ${tell(numbers)} in flight, when by the trace it was ${tell(meant)}${early}`,
      );
    }
    return undefined;
  }
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || (a !== undefined && differences(a, b, '').length === 0);
}

const tell = (seqs: readonly number[]) => seqs.map((seq) => `#${seq}`).join(' ') || 'nothing';

const delivery = (message: string): Complaint => ({ check: 'delivery', message });
const recording = (message: string): Complaint => ({ check: 'recording', message });
