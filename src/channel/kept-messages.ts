/** What was sent on a channel and may have to be sent again: to a receiver that goes back when the sender stays. */
import type { Message } from './envelope.js';

/** The newest messages that were sent on a channel, without a gap. Events are not copied: copy what is sent again. */
export class KeptMessages {
  /** From `head` on. */
  private kept: Message[] = [];
  private head = 0;

  /**
   * @param first The number of the message after which all are kept.
   * @param most How many are kept.
   */
  constructor(
    private first: number,
    private readonly most: number,
  ) {}

  /** The number of the message after which all are kept. */
  get keptAfter(): number {
    return this.first;
  }

  get size(): number {
    return this.kept.length - this.head;
  }

  /** Keeps the next message; when there are too many, the oldest is dropped. */
  keep(message: Message): void {
    this.kept.push(message);
    if (this.size > this.most) this.drop();
  }

  /** The messages after the first so many that were sent, oldest first; undefined when not all of them are kept. */
  since(count: number): readonly Message[] | undefined {
    return count < this.first ? undefined : this.kept.slice(this.head + count - this.first);
  }

  /** The first so many are in a checkpoint that is safely down: they are never sent again. */
  trim(count: number): void {
    while (this.first < count && this.size > 0) this.drop();
  }

  private drop(): void {
    this.kept[this.head] = undefined as never; // not to be kept alive from here
    this.head++;
    this.first++;
    if (this.head * 2 <= this.kept.length) return;
    this.kept = this.kept.slice(this.head);
    this.head = 0;
  }
}
