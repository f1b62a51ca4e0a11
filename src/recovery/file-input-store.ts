/** Events from outside in files, for Node. */
import type { EventObject } from 'xstate';
import { after, type InputStore } from './input-store.js';
import { createSegmentFiles } from './segment-files.js';
import { SegmentedLog } from './segmented-log.js';

/** How the store is set up. */
export interface FileInputStoreOptions {
  /**
   * What the names of the log's files begin with; the folder is made when it is not there. The file of this very name, which
   * earlier versions wrote, is part of the log.
   */
  readonly path: string;
}

/**
 * Creates a store of a few files with a line an event: one for each life of the process, and each time that it forgets
 * something, as long as they are needed. Appending flushes to the disk; events that come while that is done are flushed
 * together. A line that a crash cut off was never said to be safe.
 */
export function createFileInputStore({ path }: FileInputStoreOptions): InputStore {
  let opened: Promise<Writer> | undefined;
  const writer = () => (opened ??= SegmentedLog.takeOver(createSegmentFiles(path)).then((log) => new Writer(log)));
  return {
    append(event) {
      const copy = structuredClone(event); // now: the caller may go on changing it
      return writer().then((opened) => opened.append(copy));
    },
    async readAfter(seq, limit) {
      const { log } = await writer();
      await log.check();
      return structuredClone(after(log.all, seq, limit));
    },
    trim: async (upTo) => (await writer()).trim(upTo),
  };
}

/** Has a log do one thing after the other, and what came meanwhile at once. */
class Writer {
  private waiting: { readonly event: EventObject; resolve(seq: number): void; reject(error: Error): void }[] = [];
  private working: Promise<void> = Promise.resolve();
  private failure: Error | undefined;

  constructor(readonly log: SegmentedLog) {}

  append(event: EventObject): Promise<number> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ event, resolve, reject });
      if (this.waiting.length === 1) this.working = this.working.then(() => this.write());
    });
  }

  /** Writes all that is waiting. After a failure nothing is written any more: there would be a gap. */
  private async write(): Promise<void> {
    const written = this.waiting;
    this.waiting = [];
    try {
      if (this.failure !== undefined) throw this.failure;
      const last = await this.log.append(written.map(({ event }) => event));
      written.forEach(({ resolve }, index) => resolve(last - written.length + 1 + index));
    } catch (error) {
      this.failure = error as Error;
      for (const { reject } of written) reject(error as Error);
    }
  }

  trim(upTo: number): Promise<void> {
    const trimmed = this.working.then(() => this.log.trim(upTo));
    this.working = trimmed.catch(() => undefined);
    return trimmed;
  }
}
