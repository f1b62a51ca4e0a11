/**
 * Judges snapshots of the town by what was sent into it, and by what it had said. It shares no code and no types with the
 * library: a fault in the one is not made up for by the same one in the other.
 */
import { STOCK, type Books, type Delivery } from './depot.js';

/** A snapshot, as far as it is judged. */
interface Picture {
  readonly processes: Readonly<
    Record<
      string,
      {
        readonly snapshot: { readonly context: Books };
        readonly inputs?: number;
        readonly sent: Readonly<Record<string, { readonly count: number }>>;
        readonly received: Readonly<Record<string, { readonly count: number }>>;
      }
    >
  >;
  readonly channels: Readonly<
    Record<string, { readonly messages: readonly { readonly seq: number; readonly event: Delivery }[] }>
  >;
  readonly stats: { readonly markers: number; readonly messages: number };
}

/** What is known of the inputs of one process. */
interface Known {
  /** All that were ever sent to it. */
  readonly sent: Set<number>;
  /** Those that were said to be safe. */
  readonly safe: Set<number>;
  /** Those that any snapshot had, in the order in which it had them. */
  taken: readonly number[];
}

/** Keeps account of inputs, and judges snapshots by that. */
export class Checker {
  private readonly known: ReadonlyMap<string, Known>;
  private readonly channels: readonly (readonly [string, string])[];

  constructor(
    private readonly ids: readonly string[],
    links: readonly (readonly [string, string])[],
  ) {
    this.known = new Map(ids.map((id) => [id, { sent: new Set(), safe: new Set(), taken: [] }]));
    this.channels = links.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]);
  }

  noteSent(id: string, n: number): void {
    this.known.get(id)!.sent.add(n);
  }

  noteSafe(id: string, n: number): void {
    this.known.get(id)!.safe.add(n);
  }

  get safe(): number {
    return [...this.known.values()].reduce((sum, { safe }) => sum + safe.size, 0);
  }

  /** The inputs that were said to be safe and that a snapshot has not (yet). */
  missing(snapshot: unknown): string[] {
    const { processes } = snapshot as Picture;
    return this.ids.flatMap((id) => {
      const taken = new Set(processes[id]?.snapshot.context.inputs);
      return [...this.known.get(id)!.safe].filter((n) => !taken.has(n)).map((n) => `${id}: ${n}`);
    });
  }

  /**
   * What is wrong with a log of inputs, in words.
   *
   * @param left What it has not forgotten, with its number.
   * @param last The number of the last one that it ever had.
   * @param snapshot One that has all of them.
   */
  faultsOfLog(
    id: string,
    left: readonly { readonly seq: number; readonly event: object }[],
    last: number,
    snapshot: unknown,
  ): string[] {
    const { inputs } = (snapshot as Picture).processes[id]!.snapshot.context;
    const faults = left.flatMap(({ seq, event }) => {
      const { n } = event as { readonly n?: number };
      return inputs[seq - 1] === n ? [] : [`it has ${n} as its input ${seq}, the state ${inputs[seq - 1]}`];
    });
    return inputs.length === last ? faults : [...faults, `it has had ${last} inputs, the state ${inputs.length}`];
  }

  /** What is wrong with a snapshot, in words. */
  faultsOf(snapshot: unknown): string[] {
    const picture = snapshot as Picture;
    const there = Object.keys(picture.processes).sort();
    if (there.join() !== [...this.ids].sort().join()) return [`it has ${there.join(', ') || 'nobody'}`];
    const faults = [
      ...this.ids.flatMap((id) => this.faultsOfInputs(id, picture)),
      ...this.channels.flatMap(([from, to]) => faultsOfChannel(from, to, picture)),
      ...this.faultsOfSums(picture),
    ];
    if (faults.length === 0) for (const id of this.ids) this.noteTaken(id, picture);
    return faults;
  }

  private faultsOfInputs(id: string, { processes }: Picture): string[] {
    const { inputs: count = 0, snapshot } = processes[id]!;
    const { inputs, torn } = snapshot.context;
    const { sent, taken } = this.known.get(id)!;
    const faults = torn.map((tear) => `${id} got ${tear}`);
    if (count !== inputs.length) faults.push(`${id} counts ${count} inputs and has ${inputs.length}`);
    if (new Set(inputs).size !== inputs.length) faults.push(`${id} has an input twice`);
    faults.push(...inputs.filter((n) => !sent.has(n)).map((n) => `${id} has input ${n}, which nobody sent`));
    // What is logged stays where it is: of two states, whatever was gone back to between them, one has the other's inputs.
    const at = inputs.findIndex((n, index) => index < taken.length && taken[index] !== n);
    if (at >= 0) faults.push(`${id} has ${inputs[at]!} as input ${at + 1}, and had ${taken[at]!} before`);
    return faults;
  }

  private noteTaken(id: string, { processes }: Picture): void {
    const { inputs } = processes[id]!.snapshot.context;
    const known = this.known.get(id)!;
    if (inputs.length > known.taken.length) known.taken = inputs;
  }

  private faultsOfSums({ processes, channels, stats }: Picture): string[] {
    const faults: string[] = [];
    const books = this.ids.map((id) => processes[id]!.snapshot.context);
    const messages = Object.values(channels).flatMap(({ messages }) => messages);
    const stock = books.reduce((sum, { stock }) => sum + stock, 0);
    const inFlight = messages.reduce((sum, { event }) => sum + event.amount, 0);
    const due = this.ids.length * STOCK + books.reduce((sum, { inputs }) => sum + inputs.length, 0);
    if (stock + inFlight !== due) faults.push(`${stock} in stock and ${inFlight} in flight are not ${due}`);
    const known = this.channels.map(([from, to]) => `${from}->${to}`);
    if (Object.keys(channels).sort().join() !== [...known].sort().join())
      faults.push(`its channels are ${Object.keys(channels).join(', ')}`);
    if (stats.markers !== known.length) faults.push(`it says that there were ${stats.markers} markers`);
    if (stats.messages !== messages.length) faults.push(`it says that ${stats.messages} messages are in flight`);
    return faults;
  }
}

/** By the library's counters, and by the depots' own. */
function faultsOfChannel(from: string, to: string, { processes, channels }: Picture): string[] {
  const id = `${from}->${to}`;
  const [sender, receiver] = [processes[from]!, processes[to]!];
  const messages = channels[id]?.messages ?? [];
  const counts = [
    ['message', sender.sent[id]?.count ?? 0, receiver.received[id]?.count ?? 0, messages.map(({ seq }) => seq)],
    [
      'delivery',
      sender.snapshot.context.given[to] ?? 0,
      receiver.snapshot.context.got[from] ?? 0,
      messages.map(({ event }) => event.n),
    ],
  ] as const;
  return counts.flatMap(([what, sent, received, inFlight]) => {
    const due = Array.from({ length: Math.max(0, sent - received) }, (_, index) => received + 1 + index);
    const isRight = received <= sent && due.join() === inFlight.join();
    return isRight
      ? []
      : [`${id}: ${what} ${sent} sent, ${received} received, in flight ${inFlight.join(' ') || 'none'}`];
  });
}
