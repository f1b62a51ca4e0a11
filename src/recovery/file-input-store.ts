/** Events from outside in a file, for Node. */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parse, stringify } from 'devalue';
import type { EventObject } from 'xstate';
import { expected, isObject } from '../checks.js';
import { after, type InputStore, type LoggedInput } from './input-store.js';

/** How the store is set up. */
export interface FileInputStoreOptions {
  /** The file; made, with its folder, when it is not there. One program at a time writes into it. */
  readonly path: string;
}

/** The first line: which file this is, and after which number the events begin. */
const HEADER = 'xstate-panorama inputs 1 ';

/**
 * Creates a store of one file with a line an event. Appending flushes to the disk; events that come while that is done
 * are flushed together. A line that a crash cut off was never said to be safe, and is removed when the file is opened.
 */
export function createFileInputStore({ path }: FileInputStoreOptions): InputStore {
  let opened: Promise<InputFile> | undefined;
  const file = () => (opened ??= InputFile.open(path));
  return {
    append(event) {
      const copy = structuredClone(event); // now: the caller may go on changing it
      return file().then((opened) => opened.append(copy));
    },
    readAfter: async (seq, limit) => structuredClone(after((await file()).inputs, seq, limit)),
    trim: async (upTo) => (await file()).trim(upTo),
  };
}

class InputFile {
  private last: number;
  /** What waits to be written, and who waits for it. */
  private waiting: { readonly input: LoggedInput; resolve(seq: number): void; reject(error: Error): void }[] = [];
  private working: Promise<void> = Promise.resolve();
  private failure: Error | undefined;

  private constructor(
    private readonly path: string,
    /** Those that are safely down. */
    public inputs: LoggedInput[],
    base: number,
  ) {
    this.last = base + inputs.length;
  }

  static async open(path: string): Promise<InputFile> {
    await mkdir(dirname(path), { recursive: true });
    await rm(`${path}.part`, { force: true });
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    });
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (whole === '') {
      await writeWhole(path, 0, []);
      return new InputFile(path, [], 0);
    }
    const [header, ...lines] = whole.trimEnd().split('\n');
    const base = header!.startsWith(HEADER) ? Number(header!.slice(HEADER.length)) : NaN;
    if (!Number.isSafeInteger(base) || base < 0) return refuseLine(path, 1, 'a file of inputs', header);
    const inputs = lines.map((line, index) => ({ seq: base + 1 + index, event: parseLine(path, index + 2, line) }));
    const handle = await open(path, 'r+');
    await handle.truncate(new TextEncoder().encode(whole).length);
    await handle.close();
    return new InputFile(path, inputs, base);
  }

  append(event: EventObject): Promise<number> {
    const input = { seq: ++this.last, event };
    return new Promise((resolve, reject) => {
      this.waiting.push({ input, resolve, reject });
      if (this.waiting.length === 1) this.working = this.working.then(() => this.write());
    });
  }

  /** Writes and flushes all that is waiting. After a failure nothing is written any more: there would be a gap. */
  private async write(): Promise<void> {
    const written = this.waiting;
    this.waiting = [];
    try {
      if (this.failure !== undefined) throw this.failure;
      await writeLines(
        this.path,
        'a',
        written.map(({ input }) => stringify(input.event)),
      );
    } catch (error) {
      this.failure = error as Error;
      for (const { reject } of written) reject(error as Error);
      return;
    }
    for (const { input, resolve } of written) {
      this.inputs.push(input);
      resolve(input.seq);
    }
  }

  trim(upTo: number): Promise<void> {
    const trimmed = this.working.then(async () => {
      const kept = this.inputs.filter(({ seq }) => seq > upTo);
      if (kept.length === this.inputs.length) return;
      await writeWhole(this.path, this.inputs.at(-1)!.seq - kept.length, kept);
      this.inputs = kept;
    });
    this.working = trimmed.catch(() => undefined);
    return trimmed;
  }
}

/** Writes the file under another name, flushes it, and gives it its name: it is whole or not there. */
async function writeWhole(path: string, base: number, inputs: readonly LoggedInput[]): Promise<void> {
  await writeLines(`${path}.part`, 'w', [`${HEADER}${base}`, ...inputs.map(({ event }) => stringify(event))]);
  await rename(`${path}.part`, path);
}

async function writeLines(path: string, flags: 'a' | 'w', lines: readonly string[]): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.write(lines.map((line) => `${line}\n`).join(''));
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function parseLine(path: string, number: number, line: string): EventObject {
  let event: unknown;
  try {
    event = parse(line);
  } catch {
    return refuseLine(path, number, 'an event', line);
  }
  const isEvent = isObject(event) && typeof event.type === 'string';
  return isEvent ? (event as unknown as EventObject) : refuseLine(path, number, 'an event with a string `type`', event);
}

function refuseLine(path: string, line: number, what: string, got: unknown): never {
  return expected(`${what} (line ${line} of ${path})`, got, 'Use another copy of it.', 'invalid-file');
}
