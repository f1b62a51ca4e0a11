/** A schedule and a clock that a person can pause, slow down and step: the controls of the inspector page. */
import { expected } from '../checks.js';
import { MAX_DELAY_MS, type Clock } from '../clock.js';
import { deliverAny } from '../schedule/default-schedule.js';
import { createRandom } from '../schedule/random.js';
import type { PendingChannel, Schedule } from '../schedule/schedule.js';
import type { PlaybackState } from './protocol.js';

/** How a {@link Playback} begins. */
export interface PlaybackOptions {
  /** Picks how long each delivery takes: the same picks for the same seed. Default 1. */
  readonly seed?: number | undefined;
  /** How long a message is under way at most, in milliseconds of the clock; at least a tenth of it. Default 10. */
  readonly latencyMs?: number | undefined;
  /** Milliseconds of the clock in one of the real time: 0.1 is slow motion. Default 1. */
  readonly speed?: number | undefined;
  /** Begins paused. */
  readonly isPaused?: boolean | undefined;
}

/**
 * Paces a network: give `createNetwork` its `schedule` and its `clock`, and `createInspector` the whole.
 *
 * While it is paused nothing is delivered and no timer fires, except by {@link Playback.step}. What is no message and no timer
 * (promises, callbacks, I/O) is not paced.
 */
export interface Playback {
  readonly schedule: Schedule;
  /** It tells its time, so pending timers can be recorded. */
  readonly clock: Clock & { now(): number };
  readonly state: PlaybackState;
  play(): void;
  pause(): void;
  /** @param speed Milliseconds of the clock in one of the real time, > 0. */
  setSpeed(speed: number): void;
  /**
   * Delivers exactly one envelope, the oldest of this channel; without a channel, does whatever comes next, a delivery or
   * a timer, and sets the clock to its time.
   *
   * @returns Whether there was anything to do.
   */
  step(channelId?: string): boolean;
  /** Is called whenever {@link state} has changed. Returns how to stop that. */
  onChange(listener: () => void): () => void;
}

interface Timer {
  readonly id: number;
  readonly dueAt: number;
  readonly run: () => void;
}

/** How long timers may follow one another before the event loop gets its turn, in milliseconds. */
const SLICE_MS = 8;

/** Creates a {@link Playback}. Throws `invalid-argument` for a bad option. */
export function createPlayback(options: PlaybackOptions = {}): Playback {
  const { seed = 1, latencyMs = 10, isPaused = false } = options;
  if (!Number.isSafeInteger(seed)) expected('`seed` to be a safe integer', seed);
  if (!(latencyMs >= 0 && latencyMs < Infinity)) expected('`latencyMs` to be a number >= 0', latencyMs);
  const clock = createPacedClock(checkSpeed(options.speed ?? 1), isPaused);
  const random = createRandom(seed);
  const channels = new Map<string, { readonly channel: PendingChannel; timer: number }>();

  /** Everything that waits now is delivered when the time comes: a slow link, but never a narrow one. */
  const arrange = (channel: PendingChannel) => {
    const waiting = channel.size;
    const delayMs = latencyMs * (0.1 + 0.9 * random.next());
    const timer = clock.setTimeout(() => deliver(channel, waiting), delayMs);
    channels.set(channel.id, { channel, timer });
  };
  const deliver = (channel: PendingChannel, count: number) => {
    channels.delete(channel.id);
    try {
      deliverAny(channel, () => random.next());
    } finally {
      if (channel.size > 0 && count > 1) {
        const timer = clock.setTimeout(() => deliver(channel, count - 1), 0);
        channels.set(channel.id, { channel, timer });
      } else if (channel.size > 0) arrange(channel);
    }
  };

  return {
    schedule: { ready: arrange },
    clock,
    get state() {
      return { isPlaying: clock.isPlaying, speed: clock.speed, seed };
    },
    play: () => clock.setPace(true, clock.speed),
    pause: () => clock.setPace(false, clock.speed),
    setSpeed: (speed) => clock.setPace(clock.isPlaying, checkSpeed(speed)),
    step(channelId) {
      if (channelId === undefined) return clock.runNext();
      const pending = channels.get(channelId);
      if (pending === undefined) return false;
      clock.clearTimeout(pending.timer);
      deliver(pending.channel, 1);
      return true;
    },
    onChange: (listener) => clock.onChange(listener),
  };
}

/**
 * A clock that goes faster or slower than the real one, or stands still.
 *
 * A timer's callback sees exactly the time for which it was set, and nothing sees a time past that of a waiting timer: what is
 * done by timers alone does not depend on the speed, nor on the machine's.
 */
function createPacedClock(initialSpeed: number, isPaused: boolean) {
  /** Latest due first, of equals the younger first: the next one is the last. */
  const timers: Timer[] = [];
  const cancelled = new Set<number>();
  const listeners = new Set<() => void>();
  let isPlaying = !isPaused;
  let speed = initialSpeed;
  let nextId = 1;
  let isRunning = false;
  /** The time here; that up to which it may go, and the real time when that was reckoned. */
  let hereMs = Date.now();
  let targetMs = hereMs;
  let realMs = performance.now();
  let alarm: ReturnType<typeof setTimeout> | undefined;

  const next = (): Timer | undefined => {
    while (timers.length > 0 && cancelled.delete(timers.at(-1)!.id)) timers.pop();
    return timers.at(-1);
  };
  const elapse = () => {
    if (isRunning) return; // it is the time for which the timer was set
    const now = performance.now();
    if (isPlaying) targetMs += (now - realMs) * speed;
    realMs = now;
    hereMs = Math.max(hereMs, Math.min(targetMs, next()?.dueAt ?? Infinity));
  };
  const runNext = (timer: Timer) => {
    timers.pop();
    hereMs = Math.max(hereMs, timer.dueAt);
    isRunning = true;
    try {
      timer.run();
    } finally {
      isRunning = false;
    }
  };
  const ring = () => {
    elapse();
    const end = performance.now() + SLICE_MS;
    try {
      for (let timer = next(); timer !== undefined && timer.dueAt <= targetMs && isPlaying; timer = next()) {
        if (performance.now() >= end) {
          targetMs = hereMs; // too much to do for this speed: time goes slower
          return;
        }
        runNext(timer);
      }
    } finally {
      setAlarm();
    }
  };
  const setAlarm = () => {
    clearTimeout(alarm);
    const timer = isPlaying ? next() : undefined;
    if (timer === undefined) return;
    alarm = setTimeout(ring, Math.min(Math.max(0, (timer.dueAt - targetMs) / speed), MAX_DELAY_MS));
  };

  return {
    get isPlaying() {
      return isPlaying;
    },
    get speed() {
      return speed;
    },
    now(): number {
      elapse();
      return hereMs;
    },
    setTimeout(callback: (...args: unknown[]) => void, delayMs: number): number {
      elapse();
      const timer = { id: nextId++, dueAt: hereMs + Math.max(0, delayMs), run: () => callback() };
      let index = timers.length;
      while (index > 0 && timers[index - 1]!.dueAt <= timer.dueAt) index--;
      timers.splice(index, 0, timer);
      if (next() === timer) setAlarm();
      return timer.id;
    },
    clearTimeout(id: number): void {
      if (timers.some((timer) => timer.id === id)) cancelled.add(id);
    },
    setPace(playing: boolean, pace: number): void {
      elapse();
      isPlaying = playing;
      speed = pace;
      setAlarm();
      for (const listener of listeners) listener();
    },
    runNext(): boolean {
      const timer = next();
      if (timer === undefined) return false;
      runNext(timer);
      targetMs = Math.max(targetMs, hereMs);
      return true;
    },
    onChange(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function checkSpeed(speed: number): number {
  return typeof speed === 'number' && speed > 0 && speed < Infinity
    ? speed
    : expected('`speed` to be a number > 0', speed);
}
