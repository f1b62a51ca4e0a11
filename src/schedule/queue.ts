/** A first-in, first-out queue with constant-time ends; with one item or none, which most have, it is no more than a field. */
export class Queue<T extends object> implements Iterable<T> {
  private oldest: T | undefined = undefined;
  /** What came after the oldest, from `head` on. */
  private rest: T[] | undefined = undefined;
  private head = 0;

  get size(): number {
    if (this.oldest === undefined) return 0;
    return this.rest === undefined ? 1 : 1 + this.rest.length - this.head;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.items()[Symbol.iterator]();
  }

  push(item: T): void {
    if (this.oldest === undefined) this.oldest = item;
    else if (this.rest === undefined) this.rest = [item];
    else this.rest.push(item);
  }

  peek(): T | undefined {
    return this.oldest;
  }

  shift(): T | undefined {
    const { oldest, rest, head } = this;
    this.oldest = rest?.[head];
    if (rest === undefined) return oldest;
    rest[head] = undefined as never; // not to be kept alive from here
    this.head++;
    if (this.head === rest.length) this.keep(undefined);
    else if (this.head > 1024 && this.head * 2 > rest.length) this.keep(rest.slice(this.head));
    return oldest;
  }

  /** Takes out the item at a position, the oldest being 0; linear in the size but for the oldest. */
  take(index: number): T | undefined {
    if (index === 0) return this.shift();
    const items = this.items();
    const [item] = items.splice(index, 1);
    this.hold(items);
    return item;
  }

  /** Puts items before all others, the first being the oldest. */
  putBack(older: readonly T[]): void {
    this.hold([...older, ...this.items()]);
  }

  clear(): void {
    this.hold([]);
  }

  private items(): T[] {
    return this.oldest === undefined ? [] : [this.oldest, ...(this.rest?.slice(this.head) ?? [])];
  }

  private hold([oldest, ...rest]: readonly T[]): void {
    this.oldest = oldest;
    this.keep(rest.length === 0 ? undefined : rest);
  }

  private keep(rest: T[] | undefined): void {
    this.rest = rest;
    this.head = 0;
  }
}
