/**
 * Random runs of processes that send, receive, take checkpoints, crash and go back by the rules of
 * src/channel/dependents.ts; and an oracle that knows every event of the run, and which happened before which.
 */
import type { Message } from '../../src/channel/envelope.js';
import type { RecordedMessage } from '../../src/global-snapshot.js';
import { dependents, leadersOf, type ChannelProgress } from '../../src/channel/dependents.js';
import { KeptMessages } from '../../src/channel/kept-messages.js';
import type { Random } from '../../src/schedule/random.js';
import { some } from '../support/random.js';

/** Something that happened in a process. */
interface Happening {
  readonly process: string;
  readonly kind: 'sent' | 'received' | 'recorded';
  /** The channel and the name of the message; the checkpoint. */
  readonly what: string;
}

interface Pipe {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  sent: number;
  received: number;
  kept: KeptMessages;
  pending: (Message | 'marker')[];
}

/** A checkpoint, being taken or taken. */
interface Checkpoint {
  readonly id: string;
  readonly parts: Map<string, { sent: Map<string, number>; received: Map<string, number> }>;
  readonly inFlight: Map<string, RecordedMessage[]>;
  readonly closed: Set<string>;
}

/** Who went back, and who had to. */
interface Recovery {
  readonly ids: readonly string[];
  readonly crashed: readonly string[];
  readonly back: readonly string[];
  readonly fewest: readonly string[];
}

/** One run. */
export class RandomRollbacks {
  private readonly ids: readonly string[];
  private readonly pipes: readonly Pipe[];
  private readonly maxMessages: number;
  private history: Happening[] = [];
  private checkpoint: Checkpoint;
  private taking: Checkpoint | undefined;
  private named = 0;

  constructor(
    private readonly random: Random,
    private readonly closure: typeof dependents = dependents,
  ) {
    this.ids = ['a', 'b', 'c', 'd', 'e', 'f'].slice(0, random.integer(2, 6));
    const density = random.next();
    this.maxMessages = random.chance(0.5) ? Infinity : random.integer(0, 3);
    const pairs = this.ids.flatMap((from) => this.ids.filter((to) => to !== from).map((to) => ({ from, to })));
    this.pipes = pairs
      .filter(() => random.chance(density))
      .map((ends) => ({
        ...ends,
        id: `${ends.from}->${ends.to}`,
        sent: 0,
        received: 0,
        kept: this.keeping(0),
        pending: [],
      }));
    this.checkpoint = this.newCheckpoint();
    for (const id of this.ids) this.record(this.checkpoint, id);
    for (const pipe of this.pipes) pipe.pending = [];
  }

  /** Plays the run. */
  play(): Recovery[] {
    const recoveries: Recovery[] = [];
    for (let steps = this.random.integer(5, 120); steps > 0; steps--) {
      const dice = this.random.next();
      if (dice < 0.03) recoveries.push(this.recover());
      else if (dice < 0.1) this.goOnWithCheckpoint();
      else if (this.pipes.length > 0 && dice < 0.55) this.send(this.random.pick(this.pipes));
      else this.deliver();
    }
    recoveries.push(this.recover());
    return recoveries;
  }

  private happen(process: string, kind: Happening['kind'], what: string): void {
    this.history.push({ process, kind, what });
  }

  private keeping(first: number): KeptMessages {
    return new KeptMessages(first, this.maxMessages);
  }

  private send(pipe: Pipe): void {
    const message: Message = { type: 'message', seq: ++pipe.sent, event: { type: `m${this.named++}` } };
    this.happen(pipe.from, 'sent', `${pipe.id} ${message.event.type}`);
    pipe.kept.keep(message);
    pipe.pending.push(message);
  }

  private deliver(): void {
    const ready = this.pipes.filter(({ pending }) => pending.length > 0);
    if (ready.length === 0) return;
    const pipe = this.random.pick(ready);
    const item = pipe.pending.shift()!;
    const { taking } = this;
    if (item === 'marker') {
      if (!taking!.parts.has(pipe.to)) this.record(taking!, pipe.to);
      taking!.closed.add(pipe.id);
      return;
    }
    if (item.seq !== ++pipe.received) throw new Error(`${pipe.id}: message ${pipe.received} was next, got ${item.seq}`);
    this.happen(pipe.to, 'received', `${pipe.id} ${item.event.type}`);
    if (taking?.parts.has(pipe.to) && !taking.closed.has(pipe.id)) taking.inFlight.get(pipe.id)!.push(item);
  }

  // Checkpoints.

  private newCheckpoint(): Checkpoint {
    const inFlight = new Map(this.pipes.map(({ id }) => [id, []]));
    return { id: `s${this.named++}`, parts: new Map(), inFlight, closed: new Set() };
  }

  private goOnWithCheckpoint(): void {
    const taking = (this.taking ??= this.newCheckpoint());
    const waiting = this.ids.filter((id) => !taking.parts.has(id));
    if (waiting.length > 0) return this.record(taking, this.random.pick(waiting));
    if (taking.closed.size < this.pipes.length) return;
    this.checkpoint = taking;
    this.taking = undefined;
    const told = some(this.random, this.pipes, 0);
    for (const { id, from, kept } of told) kept.trim(taking.parts.get(from)!.sent.get(id)!);
  }

  private record(checkpoint: Checkpoint, id: string): void {
    this.happen(id, 'recorded', checkpoint.id);
    const out = this.pipes.filter(({ from }) => from === id);
    const into = this.pipes.filter(({ to }) => to === id);
    checkpoint.parts.set(id, {
      sent: new Map(out.map((pipe) => [pipe.id, pipe.sent])),
      received: new Map(into.map((pipe) => [pipe.id, pipe.received])),
    });
    for (const { pending } of out) pending.push('marker');
  }

  // Rollbacks.

  private recover(): Recovery {
    const crashed = some(this.random, this.ids, 1).slice(0, this.random.integer(1, 2));
    const follows = leadersOf(this.pipes.map((pipe) => this.progressOf(pipe)));
    const back = [...this.closure(crashed, follows)].sort();
    const fewest = this.fewestGoingBack(crashed);
    if (String(back) === String(fewest)) this.goBack(back);
    return { ids: this.ids, crashed, back, fewest };
  }

  private progressOf({ id, from, to, received, kept }: Pipe): ChannelProgress {
    return { from, to, sentThen: this.checkpoint.parts.get(from)!.sent.get(id)!, received, keptAfter: kept.keptAfter };
  }

  private goBack(back: readonly string[]): void {
    this.taking = undefined;
    const undone = this.undoneBy(back);
    this.history = this.history.filter((happening) => !undone.has(happening));
    for (const pipe of this.pipes) {
      const [isSenderBack, isReceiverBack] = [back.includes(pipe.from), back.includes(pipe.to)];
      const sent = this.checkpoint.parts.get(pipe.from)!.sent.get(pipe.id)!;
      const inFlight = this.checkpoint.inFlight
        .get(pipe.id)!
        .map((message) => ({ type: 'message', ...message }) as const);
      const again = isSenderBack ? [] : pipe.kept.since(sent);
      if (isSenderBack) Object.assign(pipe, { sent, kept: this.keeping(sent) });
      if (isReceiverBack) pipe.received = this.checkpoint.parts.get(pipe.to)!.received.get(pipe.id)!;
      if (isReceiverBack) pipe.pending = [...inFlight, ...again!];
      else if (isSenderBack) pipe.pending = inFlight.filter(({ seq }) => seq > pipe.received);
      else pipe.pending = pipe.pending.filter((item) => item !== 'marker');
    }
    for (const pipe of this.pipes) this.refuseGaps(pipe);
  }

  // The oracle: it looks at the history alone.

  private fewestGoingBack(crashed: readonly string[]): string[] {
    const { ids } = this;
    const sets = Array.from({ length: 2 ** ids.length }, (_, bits) => ids.filter((_, index) => (bits >> index) & 1));
    const enough = sets.filter((set) => crashed.every((id) => set.includes(id)) && this.isEnough(set));
    return enough.sort((a, b) => a.length - b.length)[0]!;
  }

  /** Whether nothing that stays happened after something that is undone, and what is missing then is kept. */
  private isEnough(back: readonly string[]): boolean {
    const affected = this.futureOf(this.undoneBy(back));
    if ([...affected].some(({ process }) => !back.includes(process))) return false;
    return this.pipes.every(({ id, from, to }) => {
      if (back.includes(from) || !back.includes(to)) return true;
      const since = this.sinceCheckpoint(from).filter(({ kind, what }) => kind === 'sent' && what.startsWith(`${id} `));
      return since.length <= this.maxMessages;
    });
  }

  private sinceCheckpoint(process: string): Happening[] {
    const own = this.history.filter((happening) => happening.process === process);
    return own.slice(own.findIndex(({ kind, what }) => kind === 'recorded' && what === this.checkpoint.id) + 1);
  }

  private undoneBy(back: readonly string[]): Set<Happening> {
    return new Set(back.flatMap((id) => this.sinceCheckpoint(id)));
  }

  /** All that happened after some happenings: later in the same process, or by what was sent. */
  private futureOf(causes: Set<Happening>): Set<Happening> {
    const messages = new Set<string>();
    const processes = new Set<string>();
    const future = new Set<Happening>();
    // The history is one of the orders in which it can have happened.
    for (const happening of this.history) {
      const { process, kind, what } = happening;
      const isAfter = processes.has(process) || (kind === 'received' && messages.has(what));
      if (!isAfter && !causes.has(happening)) continue;
      future.add(happening);
      processes.add(process);
      if (kind === 'sent') messages.add(what);
    }
    return future;
  }

  /** What is under way on a channel is what was sent and not received, in order. */
  private refuseGaps({ id, pending }: Pipe): void {
    const on = (wanted: Happening['kind']) =>
      this.history.filter(({ kind, what }) => kind === wanted && what.startsWith(`${id} `)).map(({ what }) => what);
    const [sent, received] = [on('sent'), on('received')];
    const expected = sent.slice(received.length).join();
    const found = pending.map((item) => (item === 'marker' ? item : `${id} ${item.event.type}`)).join();
    if (received.some((what, index) => what !== sent[index]) || expected !== found) {
      throw new Error(`expected [${expected}] under way on ${id}, got [${found}]`);
    }
  }
}
