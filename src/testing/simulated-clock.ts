/** A clock that stands still until it is moved. */

/** Time for a network to live in; for its `clock` option. It tells the time, so pending timers can be recorded. */
export interface SimulatedClock {
  /** The time in milliseconds. */
  now(): number;
  setTimeout(callback: () => void, delayMs: number): number;
  clearTimeout(id: number): void;
  /** When the next timer is due, in the clock's milliseconds; undefined when none is pending. */
  readonly nextDueAt: number | undefined;
  /** Goes to the moment in which the next timer is due, and fires that one timer. No effect when none is pending. */
  tick(): void;
  /** Goes this many milliseconds on; fires every timer that is due by then, earliest first, each at its own time. */
  increment(ms: number): void;
}

interface Timer {
  readonly id: number;
  readonly dueAt: number;
  readonly run: () => void;
}

/**
 * Creates a clock that stands still until it is moved.
 *
 * @param startMs The time at which it begins, in milliseconds.
 */
export function createSimulatedClock(startMs = 0): SimulatedClock {
  const timers = new Map<number, Timer>();
  let now = startMs;
  let lastId = 0;
  const next = (): Timer | undefined => {
    let first: Timer | undefined;
    // Of those due at the same time, the one that was set first: the map's order.
    for (const timer of timers.values()) if (first === undefined || timer.dueAt < first.dueAt) first = timer;
    return first;
  };
  const fire = (timer: Timer) => {
    timers.delete(timer.id);
    now = Math.max(now, timer.dueAt);
    timer.run();
  };
  return {
    now: () => now,
    setTimeout(run, delayMs) {
      const id = ++lastId;
      timers.set(id, { id, dueAt: now + Math.max(0, delayMs || 0), run });
      return id;
    },
    clearTimeout(id) {
      timers.delete(id);
    },
    get nextDueAt() {
      return next()?.dueAt;
    },
    tick() {
      const timer = next();
      if (timer !== undefined) fire(timer);
    },
    increment(ms) {
      const end = now + ms;
      for (let timer = next(); timer !== undefined && timer.dueAt <= end; timer = next()) fire(timer);
      now = Math.max(now, end);
    },
  };
}
