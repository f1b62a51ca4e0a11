import { Interner } from './interner.js';

/** What a channel may hold, as small numbers: 0 is nothing. Messages are numbers too. */
export class Contents {
  private readonly lists = new Interner<readonly number[]>();
  private readonly pushed: Map<number, number>[] = [];
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

  /** A content without its oldest message. */
  rest(content: number): number {
    return (this.rests[content] ??= this.idOf(this.messages(content).slice(1)));
  }
}
