/** The coordinator's place: who holds it, and which epoch was decided last, in a register that all contenders share. */
import type { Register } from '../checkpoint/index.js';
import { isObject } from '../checks.js';
import { PanoramaError } from '../errors.js';

/** What the register has. */
interface Entry {
  /** The one coordinator that holds the place; empty: nobody does. */
  readonly holder: string;
  /** The processes that it speaks for, for people; a coordinator of the same is the next life of it. */
  readonly name: string;
  /** The epoch that was decided last. */
  readonly epoch: number;
}

/** The place as one coordinator sees it. */
export class Place {
  private readonly holder = crypto.randomUUID();
  private version = 0;
  private entry: Entry = { holder: '', name: '', epoch: 0 };
  /** One write at a time. */
  private writing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly register: Register,
    private readonly name: string,
  ) {}

  /** The epoch that was decided last, as far as is known here. */
  get epoch(): number {
    return this.entry.epoch;
  }

  /** Who holds it, for people. */
  get holderName(): string {
    return this.entry.name;
  }

  /**
   * Looks who holds it.
   *
   * @returns Whether nobody does: none ever has, it was given up, or its holder was an earlier life of this coordinator; or,
   *   looked at once more, its holder has written nothing since.
   * @throws What the store throws.
   */
  async isVacant(): Promise<boolean> {
    const known = this.version;
    const found = await this.register.read();
    if (found === undefined) return true;
    this.version = found.version;
    this.entry = parseEntry(found.value);
    const { holder, name } = this.entry;
    return holder === '' || name === this.name || found.version === known;
  }

  /** Takes it. Returns whether nobody else was quicker. */
  take(): Promise<boolean> {
    return this.write({ holder: this.holder, name: this.name });
  }

  /** Says that its holder is there. Returns whether it still is the holder. */
  renew(): Promise<boolean> {
    return this.write({});
  }

  /** Notes that an epoch is decided on. Returns whether it counts: whether this still is the holder. */
  decide(epoch: number): Promise<boolean> {
    return this.write({ epoch });
  }

  giveUp(): Promise<boolean> {
    return this.write({ holder: '' });
  }

  private write(change: Partial<Entry>): Promise<boolean> {
    const write = async () => {
      const entry = { ...this.entry, ...change };
      if (!(await this.register.replace(this.version, entry))) return false;
      this.version++;
      this.entry = entry;
      return true;
    };
    const written = this.writing.then(write);
    this.writing = written.catch(() => undefined);
    return written;
  }
}

function parseEntry(value: unknown): Entry {
  const { holder, name, epoch } = (isObject(value) ? value : {}) as Partial<Entry>;
  if (typeof holder === 'string' && typeof name === 'string' && Number.isSafeInteger(epoch)) {
    return { holder, name, epoch: epoch! };
  }
  throw new PanoramaError(
    'invalid-file',
    'Expected the register of the store to say who coordinates `{ holder, name, epoch }`, got something else. Is it another application’s? Give `supervise` a store of its own.',
  );
}
