/** What a program has of the machine that it runs on: time, chance and tasks. */
import type { Clock } from './clock.js';

/** The machine, as far as links use it. Everything that they do follows from this, their transports and what they are asked. */
export interface Host {
  /** Timers, and the time since whenever in milliseconds, which only grows. */
  readonly clock: Clock & { now(): number };
  /** The time of day in milliseconds, as far as the machine knows it; it may jump. */
  timeOfDay(): number;
  /** Some random bits, as a whole number from 0 to 2³² - 1. */
  random(): number;
  /** Runs a task when this one is over, before any timer. */
  task(run: () => void): void;
}

/** The machine itself. Its timers do not keep a program from ending. */
export const REAL_HOST: Host = {
  clock: {
    setTimeout(run, delayMs) {
      const timer = setTimeout(run, delayMs);
      (timer as { unref?: () => void }).unref?.();
      return timer;
    },
    clearTimeout: (timer: never) => clearTimeout(timer),
    now: () => performance.now(),
  },
  timeOfDay: () => Date.now(),
  random: () => crypto.getRandomValues(new Uint32Array(1))[0]!,
  task: (run) => queueMicrotask(run),
};

/** An id that is never made again. */
export function randomId({ random }: Host): string {
  return Array.from({ length: 4 }, () => random().toString(36)).join('');
}
