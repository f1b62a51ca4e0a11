/** Disks that take their time, fail, and lose what was not safely down when its program was killed. */
import type { EventObject } from 'xstate';
import { createMemoryStore, type CheckpointStore } from '../../checkpoint/index.js';
import type { GlobalSnapshot } from '../../global-snapshot.js';
import { createMemoryInputStore, type InputStore } from '../../recovery/index.js';
import { superseded } from '../../recovery/input-store.js';
import type { DiskTrouble } from './deployment-step.js';
import type { Life } from './life.js';

/** Something that a life has asked of a disk, and that is not done yet. */
interface Request {
  readonly life: Life;
  readonly isWrite: boolean;
  /** Does it, at once; its promise is settled. */
  readonly run: () => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** One disk. What a life asks of it is done one after the other, in that order. */
export class Disk {
  trouble: DiskTrouble | undefined;
  private readonly requests = new Map<Life, Request[]>();

  /** The lives that have asked something of it. */
  get waiting(): Iterable<Life> {
    return this.requests.keys();
  }

  ask<T>(life: Life, isWrite: boolean, run: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (life.isOver) return;
      const request: Request = { life, isWrite, run, resolve: resolve as Request['resolve'], reject };
      this.requests.set(life, [...(this.requests.get(life) ?? []), request]);
    });
  }

  /** Does the oldest thing that a life has asked for. Returns whether there was one. */
  serve(life: Life): boolean {
    const request = this.trouble === 'slow' ? undefined : this.take(life);
    if (request === undefined) return false;
    const { isWrite, run, resolve, reject } = request;
    if (this.trouble === 'failing') life.whenAwake(() => reject(new Error('EIO: i/o error')));
    else if (this.trouble === 'full' && isWrite) {
      life.whenAwake(() => reject(new Error('ENOSPC: no space left on device')));
    } else {
      run().then(
        (value) => life.whenAwake(() => resolve(value)),
        (error: unknown) => life.whenAwake(() => reject(error)),
      );
    }
    return true;
  }

  /** A life has ended: so many of the things that it has asked for are done, and nobody is told. */
  abandon(life: Life, written: number): void {
    const requests = this.requests.get(life) ?? [];
    this.requests.delete(life);
    if (this.trouble !== undefined) return;
    for (const { run } of requests.slice(0, written)) run().catch(() => undefined);
  }

  private take(life: Life): Request | undefined {
    const [request, ...rest] = this.requests.get(life) ?? [];
    if (rest.length === 0) this.requests.delete(life);
    else this.requests.set(life, rest);
    return request;
  }
}

/** The store that all programs share. */
export class SharedStore {
  readonly disk = new Disk();
  private readonly contents = createMemoryStore();
  private hasRegister = false;

  /** @param onSupervised Called when a checkpoint is down, of those that somebody supervises. */
  constructor(private readonly onSupervised: (checkpoint: GlobalSnapshot) => void) {}

  /** The store as a life has it. */
  openFor(life: Life): CheckpointStore {
    const { contents, disk } = this;
    const { register } = contents;
    const noteRegister = () => (this.hasRegister = true);
    const noteSaved = (checkpoint: GlobalSnapshot) => this.hasRegister && this.onSupervised(checkpoint);
    const read = <T>(run: () => Promise<T>) => disk.ask(life, false, run);
    const write = <T>(run: () => Promise<T>) => disk.ask(life, true, run);
    return {
      register: {
        read: () => read(() => register.read()),
        replace(version, value) {
          const copy = structuredClone(value);
          return write(() => {
            noteRegister();
            return register.replace(version, copy);
          });
        },
      },
      save(snapshot, epoch) {
        const copy = structuredClone(snapshot) as GlobalSnapshot;
        return write(() => {
          noteSaved(copy);
          return contents.save(copy, epoch);
        });
      },
      list: () => read(() => contents.list()),
      load: (id) => read(() => contents.load(id)),
      remove: (id) => write(() => contents.remove(id)),
    };
  }
}

/** The log of the inputs of one program. */
export class SharedLog {
  readonly disk = new Disk();
  /** All that was ever down, whatever has been forgotten since. */
  readonly events: EventObject[] = [];
  private readonly contents = createMemoryInputStore();
  private owner: Life | undefined;
  /** Whether anybody logs here. */
  isUsed = false;

  constructor(private readonly program: string) {}

  /** The log as a life has it; its first call takes it over. */
  openFor(life: Life): InputStore {
    const { contents, disk } = this;
    let hasTakenOver = false;
    const own = async <T>(run: () => Promise<T>): Promise<T> => {
      if (!hasTakenOver) this.owner = life;
      hasTakenOver = true;
      if (this.owner !== life) throw superseded(this.program);
      return run();
    };
    return {
      append: (event) => {
        const copy = structuredClone(event);
        this.isUsed = true;
        return disk.ask(life, true, () => own(() => this.append(copy)));
      },
      readAfter: (seq, limit) => disk.ask(life, false, () => own(() => contents.readAfter(seq, limit))),
      trim: (upTo) => disk.ask(life, true, () => own(() => contents.trim(upTo))),
    };
  }

  private append(event: EventObject): Promise<number> {
    this.events.push(event);
    return this.contents.append(event);
  }
}
