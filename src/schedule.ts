/** When, and from which channel, the next envelope is handed over. Channels keep order unless they are declared not to. */

/** A channel as a schedule sees it: something with envelopes waiting, the oldest of which can be handed over. */
export interface PendingChannel {
  readonly id: string;
  /** Whether it keeps order: then the oldest envelope alone can be handed over, else any. */
  readonly isFifo: boolean;
  /** How many envelopes wait. */
  readonly size: number;
  /** Whether the oldest of them is a marker, or a control message of an algorithm without markers. */
  readonly isMarkerNext: boolean;
  /**
   * Hands an envelope to its receiver, with all its consequences there, before it returns.
   *
   * @param index Which of those that wait, oldest first; default 0, the oldest.
   * @throws `invalid-argument` for another than the oldest where order is kept.
   */
  deliver(index?: number): void;
}

/**
 * Hands over the oldest envelope of a channel that keeps order, and any of one that does not.
 *
 * @param random Gives numbers in [0, 1).
 */
export function deliverAny(channel: PendingChannel, random: () => number): void {
  channel.deliver(channel.isFifo ? 0 : Math.floor(random() * channel.size));
}

/** Decides which channel delivers next. */
export interface Schedule {
  /** Is told of a channel that has begun to have envelopes waiting; looks after it until, after a delivery, it has none. */
  ready(channel: PendingChannel): void;
}

/** How long deliveries may follow one another before the event loop gets its turn, in milliseconds. */
const SLICE_MS = 4;

/**
 * The default schedule: soon, off the sender's stack, channels in turn, giving way to the event loop after a bounded
 * slice. Messages and markers take turns, so that neither holds up the other. On a channel that does not keep order, any
 * envelope comes next, by `Math.random`.
 */
export function createDefaultSchedule(): Schedule {
  const messages = createQueue<PendingChannel>();
  const markers = createQueue<PendingChannel>();
  const laneOf = (channel: PendingChannel) => (channel.isMarkerNext ? markers : messages);
  let markersTurn = false;

  const deliverNext = (): boolean => {
    markersTurn = !markersTurn;
    const channel = markersTurn ? (markers.shift() ?? messages.shift()) : (messages.shift() ?? markers.shift());
    if (channel === undefined) return false;
    try {
      deliverAny(channel, Math.random);
    } finally {
      if (channel.size > 0) laneOf(channel).push(channel);
    }
    return true;
  };

  const loop = createLoop(() => {
    const end = performance.now() + SLICE_MS;
    while (deliverNext()) if (performance.now() >= end) return true;
    return false;
  });
  return {
    ready(channel) {
      laneOf(channel).push(channel);
      loop.wake();
    },
  };
}

/**
 * Runs a step again and again, each in a task of its own so that timers, signals and I/O act in between.
 *
 * @param step Returns whether there is more to do.
 */
export function createLoop(step: () => boolean): { wake(): void } {
  let isAwake = false;
  const turn = () => {
    let isMore = true; // also when the step throws: what is waiting is not lost with the error
    try {
      isMore = step();
    } finally {
      isAwake = isMore;
      if (isMore) nextTask(turn);
    }
  };
  return {
    wake() {
      if (isAwake) return;
      isAwake = true;
      nextTask(turn);
    },
  };
}

/** Runs a function in a task of its own: `setImmediate` where there is one, a message to oneself in browsers. */
export const nextTask: (run: () => void) => void = /* @__PURE__ */ (() => {
  const { setImmediate } = globalThis as { setImmediate?: (run: () => void) => unknown };
  if (setImmediate !== undefined) return (run: () => void) => void setImmediate(run);
  if (typeof MessageChannel === 'undefined') return (run: () => void) => void setTimeout(run);
  const { port1, port2 } = new MessageChannel();
  const waiting = createQueue<() => void>();
  port1.onmessage = () => waiting.shift()?.();
  return (run: () => void) => {
    waiting.push(run);
    port2.postMessage(null);
  };
})();

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
