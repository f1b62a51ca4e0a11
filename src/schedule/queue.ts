/** A first-in, first-out queue with constant-time ends. */
export interface Queue<T> extends Iterable<T> {
  readonly size: number;
  push(item: T): void;
  shift(): T | undefined;
  peek(): T | undefined;
  /** Takes out the item at a position, the oldest being 0; linear in the size but for the oldest. */
  take(index: number): T | undefined;
  /** Puts items before all others, the first being the oldest. */
  putBack(older: readonly T[]): void;
}

/** Creates an empty {@link Queue}. */
export function createQueue<T>(): Queue<T> {
  let items: T[] = [];
  let head = 0;
  return {
    get size() {
      return items.length - head;
    },
    [Symbol.iterator]() {
      return items.slice(head)[Symbol.iterator]();
    },
    push(item) {
      items.push(item);
    },
    peek() {
      return items[head];
    },
    take(index) {
      return index === 0 ? this.shift() : items.splice(head + index, 1)[0];
    },
    putBack(older) {
      items = [...older, ...items.slice(head)];
      head = 0;
    },
    shift() {
      if (head === items.length) return undefined;
      const item = items[head]!;
      items[head++] = undefined as T;
      if (head === items.length) {
        items = [];
        head = 0;
      } else if (head > 1024 && head * 2 > items.length) {
        items = items.slice(head);
        head = 0;
      }
      return item;
    },
  };
}
