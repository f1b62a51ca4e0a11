/**
 * Keeps the books of a deployment from the traces of its processes alone, through rollbacks and lives, and judges snapshots
 * by them: an oracle that shares no code with what it judges.
 */
import type { EventObject } from 'xstate';
import type { GlobalSnapshot } from '../../global-snapshot.js';
import type { TraceEvent } from '../../trace.js';
import { canonicalText } from '../canonical.js';

/** A sequence of events, by how many there are and a digest of what they are, in order. */
interface Sequence {
  readonly count: number;
  readonly digest: string;
}

/** What a process has done since the world began, as far as its state has not forgotten it in a rollback. */
interface History {
  readonly inputs: Sequence;
  /** By channel. */
  readonly sent: ReadonlyMap<string, Sequence>;
  readonly received: ReadonlyMap<string, Sequence>;
}

type Message = Extract<TraceEvent, { readonly type: 'message.sent' | 'message.received' }>;

const NOTHING: Sequence = { count: 0, digest: '' };
const FRESH: History = { inputs: NOTHING, sent: new Map(), received: new Map() };

/** The books of one process in one life. */
export class Account {
  private history: History = FRESH;
  /** Events of its log, which it is handed one after the other. */
  private readonly inputs = new WeakSet<EventObject>();

  constructor(
    private readonly books: Books,
    /** The snapshot that it goes on from. */
    snapshotId: string | undefined,
    private readonly process: string,
  ) {
    if (snapshotId !== undefined) this.history = books.recalled(snapshotId, process);
  }

  /** How many inputs its state has. */
  get taken(): number {
    return this.history.inputs.count;
  }

  /** The next event of its log is handed over. */
  expectInput(event: EventObject): void {
    this.inputs.add(event);
  }

  enter(event: TraceEvent): void {
    const { history } = this;
    switch (event.type) {
      case 'message.sent':
        this.history = { ...history, sent: withNext(history.sent, event) };
        return;
      case 'message.received':
        this.history = { ...history, received: withNext(history.received, event) };
        return;
      case 'event.received':
        if (event.source !== undefined || !this.inputs.delete(event.event)) return;
        this.history = { ...history, inputs: next(history.inputs, event.event) };
        return;
      case 'state.recorded':
        return this.books.record(event.snapshotId, this.process, history);
      case 'network.rolled-back': {
        const isNew = event.snapshot.processes[this.process] === undefined;
        this.history = isNew ? FRESH : this.books.recalled(event.snapshot.id, this.process);
        return;
      }
      default:
        return;
    }
  }
}

/** The books of a deployment. */
export class Books {
  /** By snapshot and process: what it had done when it recorded its state. */
  private readonly recorded = new Map<string, Map<string, History>>();
  /** By process: what its log ever had, up to each input. */
  private readonly logged = new Map<string, Sequence[]>();

  record(snapshotId: string, process: string, history: History): void {
    const recorded = this.recorded.get(snapshotId);
    if (recorded === undefined) this.recorded.set(snapshotId, new Map([[process, history]]));
    else recorded.set(process, history);
  }

  recalled(snapshotId: string, process: string): History {
    return this.recorded.get(snapshotId)?.get(process) ?? FRESH;
  }

  /** What is wrong with a complete snapshot: a message lost, repeated or changed, or an input. */
  judge({ id, processes, channels }: GlobalSnapshot, logOf: (process: string) => readonly EventObject[]) {
    for (const process of Object.keys(processes)) {
      const { inputs } = this.recalled(id, process);
      const logged = this.loggedUpTo(process, inputs.count, logOf(process));
      if (processes[process]!.inputs !== undefined && inputs.count !== processes[process]!.inputs) {
        return wrong(
          'inputs',
          `process "${process}" is recorded with ${processes[process]!.inputs} inputs, and had taken ${inputs.count}`,
        );
      }
      if (inputs.digest !== logged?.digest) {
        return wrong(
          'inputs',
          `the ${inputs.count} inputs that process "${process}" has taken are not the first ${inputs.count} of its log`,
        );
      }
    }
    for (const [from, state] of Object.entries(processes)) {
      for (const [channel, { count }] of Object.entries(state.sent)) {
        const to = channel.split('->')[1]!;
        const peer = processes[to];
        if (peer === undefined) continue;
        const sent = upTo(count, this.recalled(id, from).sent.get(channel));
        const received = upTo(peer.received[channel]?.count ?? 0, this.recalled(id, to).received.get(channel));
        const inFlight = channels[channel]?.messages ?? [];
        const arrived = inFlight.reduce((sequence, { event }) => next(sequence, event), received);
        if (arrived.digest === sent.digest && sent.count === count) continue;
        return wrong(
          'delivery',
          `channel "${channel}" is recorded with ${count} messages sent; in truth ${sent.count} were, and they are not the ${received.count} received and the ${inFlight.length} in flight`,
        );
      }
    }
    return undefined;
  }

  private loggedUpTo(process: string, count: number, events: readonly EventObject[]): Sequence | undefined {
    const logged = this.logged.get(process) ?? [NOTHING];
    this.logged.set(process, logged);
    for (const event of events.slice(logged.length - 1)) logged.push(next(logged.at(-1)!, event));
    return logged[count];
  }
}

/** A channel on which nothing was sent yet has begun anew. */
const upTo = (count: number, sequence: Sequence = NOTHING) => (count === 0 ? NOTHING : sequence);

const wrong = (check: 'inputs' | 'delivery', message: string) => ({ check, message });

/** The first message of a channel begins it anew: where nobody supervises, a peer may come, go and come. */
function withNext(sequences: ReadonlyMap<string, Sequence>, { channel, seq, event }: Message) {
  const before = seq === 1 ? NOTHING : (sequences.get(channel) ?? NOTHING);
  return new Map(sequences).set(channel, next(before, event));
}

function next({ count, digest }: Sequence, event: EventObject): Sequence {
  return { count: count + 1, digest: hashOf(`${digest} ${canonicalText(event)}`) };
}

/** 64 bits of a text: enough that no two of a run are taken for each other. */
function hashOf(text: string): string {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return `${(a >>> 0).toString(36)}${(b >>> 0).toString(36)}`;
}
