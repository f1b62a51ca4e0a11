import type { SegmentFiles } from '../../src/recovery/segment-files.js';

/** The files of a log of inputs, in memory; what a program does with them happens at its own steps. */
export class MemoryDisk {
  readonly files = new Map<string, string>();
  isFull = false;
  /** Whether what is written is half there first. */
  tears = true;

  constructor(files: Iterable<readonly [string, string]> = []) {
    this.files = new Map(files);
  }

  /** The same files. */
  copy(): MemoryDisk {
    return new MemoryDisk(this.files);
  }

  /** Files for a program. @param step X */
  for(step: (operation: string) => Promise<void>): SegmentFiles {
    const { files } = this;
    return {
      path: 'inputs',
      list: async () => (await step('list'), [...files.keys()]),
      has: async (name) => (await step(`has ${name}`), files.has(name)),
      read: async (name) => (await step(`read ${name}`), files.get(name)),
      flush: () => Promise.resolve(), // what a power cut does is not played
      create: async (name) => {
        await step(`create ${name}`);
        if (files.has(name)) throw new Error(`EEXIST ${name}`);
        files.set(name, '');
      },
      remove: async (name) => {
        await step(`remove ${name}`);
        files.delete(name);
      },
      write: async (name, at, data) => {
        await step(`write ${name}`);
        if (at > 0 && !files.has(name)) return false;
        const text = new TextDecoder().decode(data);
        const before = (files.get(name) ?? '').slice(0, at);
        if (this.tears) {
          files.set(name, before + text.slice(0, Math.floor(text.length * 0.6)));
          await step(`write the rest of ${name}`);
          if (this.isFull) throw new Error('ENOSPC');
          if (!files.has(name)) return true; // it is open: it is written on, and nobody reads it
        }
        files.set(name, before + text);
        return true;
      },
    };
  }
}
