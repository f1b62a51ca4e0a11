/** What was sent on a channel and may have to be sent again: to a receiver that goes back when the sender stays. */
import type { Message } from './envelope.js';

/** How much is kept of one channel. */
export interface KeptLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
}

const DEFAULT_LIMITS: KeptLimits = { maxMessages: 100_000, maxBytes: 8 * 1024 * 1024 };

/** The newest messages that were sent on a channel, without a gap. Events are not copied: copy what is sent again. */
export class KeptMessages {
  private readonly limits: KeptLimits;
  /** From `head` on. */
  private kept: { readonly message: Message; readonly bytes: number }[] = [];
  private head = 0;
  private bytes = 0;
  private isHeld = false;

  /** @param first The number of the message after which all are kept. */
  constructor(
    private first: number,
    limits: Partial<KeptLimits> = {},
  ) {
    this.limits = { ...DEFAULT_LIMITS, ...limits };
  }

  /** The number of the message after which all are kept. */
  get keptAfter(): number {
    return this.first;
  }

  get size(): number {
    return this.kept.length - this.head;
  }

  /**
   * Keeps the next message; past the limits, the oldest are dropped.
   *
   * @param bytes How long it is, as far as that is known.
   */
  keep(message: Message, bytes = 0): void {
    this.kept.push({ message, bytes });
    this.bytes += bytes;
    if (!this.isHeld) this.dropPastLimits();
  }

  /** The messages after the first so many that were sent, oldest first; undefined when not all of them are kept. */
  since(count: number): readonly Message[] | undefined {
    if (count < this.first) return undefined;
    return this.kept.slice(this.head + count - this.first).map(({ message }) => message);
  }

  /** The first so many are in a checkpoint that is safely down: they are never sent again. */
  trim(count: number): void {
    while (!this.isHeld && this.first < count && this.size > 0) this.drop();
  }

  /** Drops nothing until {@link release}: the process has said what it keeps. */
  hold(): void {
    this.isHeld = true;
  }

  release(): void {
    this.isHeld = false;
    this.dropPastLimits();
  }

  private dropPastLimits(): void {
    const { maxMessages, maxBytes } = this.limits;
    while (this.size > maxMessages || this.bytes > maxBytes) this.drop();
  }

  private drop(): void {
    this.bytes -= this.kept[this.head]!.bytes;
    this.kept[this.head] = undefined as never; // not to be kept alive from here
    this.head++;
    this.first++;
    if (this.head * 2 <= this.kept.length) return;
    this.kept = this.kept.slice(this.head);
    this.head = 0;
  }
}
