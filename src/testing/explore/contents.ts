import { Interner } from './interner.js';

/**
 * What a channel may hold, as small numbers: 0 is nothing. Messages are numbers too. Where no order is kept, they are
 * sorted: what differs in order alone is the same.
 */
export class Contents {
  private readonly lists = new Interner<readonly number[]>();
  private readonly pushed: Map<number, number>[] = [];
  private readonly added: Map<number, number>[] = [];
  private readonly rests: (number | undefined)[] = [];

  constructor() {
    this.idOf([]);
  }

  /** The messages of a content, oldest first. */
  messages(content: number): readonly number[] {
    return this.lists.get(content);
  }

  /** The content of these messages, oldest first. */
  idOf(messages: readonly number[]): number {
    return this.lists.intern(messages.join(), () => messages);
  }

  /** A content with one message more, the newest. */
  push(content: number, message: number): number {
    const known = (this.pushed[content] ??= new Map<number, number>());
    let longer = known.get(message);
    if (longer === undefined) known.set(message, (longer = this.idOf([...this.messages(content), message])));
    return longer;
  }

  /** A content with one message more, where no order is kept. */
  add(content: number, message: number): number {
    const known = (this.added[content] ??= new Map<number, number>());
    let larger = known.get(message);
    if (larger === undefined) {
      const messages = [...this.messages(content), message].sort((a, b) => a - b);
      known.set(message, (larger = this.idOf(messages)));
    }
    return larger;
  }

  /** A content without the message at a position. */
  without(content: number, index: number): number {
    return index === 0 ? this.rest(content) : this.idOf(this.messages(content).toSpliced(index, 1));
  }

  private rest(content: number): number {
    return (this.rests[content] ??= this.idOf(this.messages(content).slice(1)));
  }
}
