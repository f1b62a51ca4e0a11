import type { EventObject } from 'xstate';
import { superseded, type LoggedInput } from './input-store.js';
import {
  compareLives,
  compareSegments,
  cutSegment,
  eventLines,
  headerLine,
  missingSegment,
  nameOf,
  parseName,
  parseSegment,
  type ClosedSegment,
  type Header,
  type Life,
  type Segment,
  type SegmentName,
} from './segment.js';
import type { SegmentFiles } from './segment-files.js';

/** What a log is, when it is taken over. */
interface Contents {
  readonly inputs: readonly LoggedInput[];
  readonly last: number;
  readonly trimmed: number;
  readonly closed: readonly ClosedSegment[];
}

/**
 * The log of one life of a process: a file of its own for each time that it took the log over or trimmed it, and those of
 * the lives before it, as far as they are not forgotten.
 *
 * A life claims the log by a file of its own, `.open`, and then removes the claims of the lives before it. Only then does
 * it read what they wrote. A writer looks, after what it wrote is flushed, whether its claim is still there, and only then
 * says that it is safe: so the successor, who removed the claim later, has read it. The newest segment's header says of
 * which others so much is the log: what else they have, their writers wrote too late.
 *
 * Calls come one after the other.
 */
export class SegmentedLog {
  private segment = 0;
  /** The number of the last event before the segment. */
  private base: number;
  /** Bytes that are safely down in the segment; 0 while it has no header. */
  private size = 0;
  private inputs: LoggedInput[];
  private closed: ClosedSegment[];
  private last: number;
  private trimmed: number;

  private constructor(
    private readonly files: SegmentFiles,
    private readonly life: Life,
    { inputs, closed, last, trimmed }: Contents,
  ) {
    this.inputs = [...inputs];
    this.closed = [...closed];
    this.last = last;
    this.base = last;
    this.trimmed = trimmed;
  }

  /**
   * Takes a log over from whoever has it.
   *
   * @throws `superseded` when another life takes it over at once; `invalid-file` when it is damaged.
   */
  static async takeOver(files: SegmentFiles): Promise<SegmentedLog> {
    const lives = (await names(files)).map(({ number }) => number);
    const life = { number: Math.max(0, ...lives) + 1, nonce: crypto.randomUUID().slice(0, 8) };
    await files.create(claimOf(life));
    await files.flush();
    const others = await names(files);
    if (others.some((other) => compareLives(other, life) > 0)) throw superseded(files.path);
    // The oldest first: who claims at once with this life, and does not see it, finds its own claim gone.
    const claims = others.filter((one) => one.part === 'open' && compareLives(one, life) < 0).sort(compareLives);
    for (const claim of claims) await files.remove(nameOf(claim));
    const log = new SegmentedLog(files, life, await readLog(files, life));
    // On a full disk what is there can be read all the same; the first append says that it is full.
    await log.begin(log.trimmed).catch(() => undefined);
    await log.check();
    await log.sweep();
    return log;
  }

  /** Makes sure that the log is still this life's. @throws `superseded` */
  async check(): Promise<void> {
    if (!(await this.files.has(claimOf(this.life)))) throw superseded(this.files.path);
  }

  /** All that are safely down. */
  get all(): readonly LoggedInput[] {
    return this.inputs;
  }

  /** Adds events. Once it has failed, it is not called again: there would be a gap. @throws `superseded` */
  async append(events: readonly EventObject[]): Promise<number> {
    const start = this.size === 0 ? headerLine(this.header(this.trimmed)) : '';
    const data = new TextEncoder().encode(start + eventLines(events));
    if (!(await this.files.write(this.name, this.size, data))) throw superseded(this.files.path);
    if (this.size === 0) await this.files.flush();
    await this.check();
    this.size += data.length;
    for (const event of events) this.inputs.push({ seq: ++this.last, event });
    return this.last;
  }

  /** Forgets the events up to a number, in a new segment: one that is being read must not change. @throws `superseded` */
  async trim(upTo: number): Promise<void> {
    await this.check();
    const trimmed = Math.min(upTo, this.last);
    if (trimmed <= this.trimmed) return;
    this.close();
    await this.begin(trimmed);
    await this.check();
    this.trimmed = trimmed;
    this.inputs = this.inputs.filter(({ seq }) => seq > trimmed);
    await this.sweep();
  }

  private get name(): string {
    return nameOf({ ...this.life, part: this.segment });
  }

  private close(): void {
    if (this.last > this.base) this.closed.push({ name: this.name, last: this.last });
    this.segment++;
    this.base = this.last;
    this.size = 0;
  }

  private header(trimmed: number): Header {
    return { base: this.base, trimmed, closed: this.closed.filter(({ last }) => last > trimmed) };
  }

  private async begin(trimmed: number): Promise<void> {
    const data = new TextEncoder().encode(headerLine(this.header(trimmed)));
    await this.files.write(this.name, 0, data);
    await this.files.flush();
    this.size = data.length;
  }

  /** Removes what is not part of the log any more. What cannot be removed takes up some room until the next time. */
  private async sweep(): Promise<void> {
    if (this.size === 0) return; // the headers of others say what the log is
    const { closed } = this.header(this.trimmed);
    this.closed = [...closed];
    const parts = new Set(closed.map(({ name }) => name));
    for (const one of await names(this.files)) {
      if (this.isBefore(one) && !parts.has(nameOf(one))) await this.files.remove(nameOf(one)).catch(() => undefined);
    }
  }

  private isBefore(one: SegmentName): boolean {
    const order = compareLives(one, this.life);
    return order < 0 || (order === 0 && one.part !== 'open' && one.part < this.segment);
  }
}

const claimOf = (life: Life) => nameOf({ ...life, part: 'open' });

/** Of all files of a log. */
async function names(files: SegmentFiles): Promise<readonly SegmentName[]> {
  return (await files.list()).flatMap((name) => parseName(name) ?? []);
}

/** Reads what the lives before this one have left: what the newest segment with a header says. */
async function readLog(files: SegmentFiles, life: Life): Promise<Contents> {
  const segments = (await names(files)).filter((one) => one.part !== 'open' && compareLives(one, life) < 0);
  for (const one of segments.sort(compareSegments).reverse()) {
    const name = nameOf(one);
    const newest = await readSegment(files, name);
    if (newest === undefined) continue;
    const { base, trimmed, closed } = newest.header;
    const last = base + newest.events.length;
    const inputs: LoggedInput[] = [];
    for (const before of closed) {
      const segment = await readSegment(files, before.name);
      if (segment === undefined) throw missingSegment(files.path + before.name);
      inputs.push(
        ...numbered(segment).filter(({ seq }) => seq > (inputs.at(-1)?.seq ?? trimmed) && seq <= before.last),
      );
    }
    inputs.push(...numbered(newest));
    if (inputs.length !== last - trimmed) throw cutSegment(files.path + name, inputs.length, last - trimmed);
    return { inputs, last, trimmed, closed: newest.events.length > 0 ? [...closed, { name, last }] : closed };
  }
  return { inputs: [], last: 0, trimmed: 0, closed: [] };
}

async function readSegment(files: SegmentFiles, name: string): Promise<Segment | undefined> {
  const text = await files.read(name);
  return text === undefined ? undefined : parseSegment(files.path + name, text);
}

const numbered = ({ header: { base }, events }: Segment): LoggedInput[] =>
  events.map((event, index) => ({ seq: base + 1 + index, event }));
