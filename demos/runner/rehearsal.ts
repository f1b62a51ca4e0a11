import { createManualSchedule, type ChannelOptions, type ManualSchedule } from 'xstate-panorama';
import { createSimulatedClock, type SimulatedClock } from 'xstate-panorama/testing';

/** Random decisions that depend on a seed alone. */
export interface Random {
  /** A whole number from 0 to `below - 1`. */
  integer(below: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** One of the items. */
  pick<T>(items: readonly T[]): T;
}

/** A network's schedule and clock under a seed: the same seed makes the same run. */
export interface Rehearsal {
  readonly schedule: ManualSchedule;
  readonly clock: SimulatedClock;
  readonly random: Random;
  /** Lets time go on by some milliseconds, and channels deliver: each one that has something, with this probability. */
  tick(durationMs: number, probability?: number): void;
  /**
   * Delivers all that is pending, in an order drawn at random, and what comes of it; no time passes.
   *
   * @throws Error when it does not come to rest.
   */
  settle(): void;
}

/** More deliveries than any demo needs to come to rest. */
const MOST_DELIVERIES = 100_000;

/**
 * Creates what a network is rehearsed with: pass `schedule` and `clock` to `createNetwork`, then `tick`.
 *
 * @param seed Any whole number.
 * @param options Whether its channels keep order; default true. If not, which message comes next is drawn as well.
 */
export function createRehearsal(seed: number, { fifo = true }: ChannelOptions = {}): Rehearsal {
  const schedule = createManualSchedule();
  const clock = createSimulatedClock();
  const random = createRandom(seed);
  const deliver = ([id, size]: readonly [string, number]) => schedule.deliver(id, fifo ? 0 : random.integer(size));
  return {
    schedule,
    clock,
    random,
    tick(durationMs, probability = 0.5) {
      clock.increment(durationMs);
      for (const channel of schedule.pending()) if (random.chance(probability)) deliver(channel);
    },
    settle() {
      for (let n = 0; n < MOST_DELIVERIES; n++) {
        const channels = [...schedule.pending()];
        if (channels.length === 0) return;
        deliver(random.pick(channels));
      }
      throw new Error(`Expected the network to come to rest, got more after ${MOST_DELIVERIES} deliveries.`);
    },
  };
}

/** Creates {@link Random} numbers from a seed: the xorshift32 generator. */
export function createRandom(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  return {
    integer: (below) => Math.floor(next() * below),
    chance: (probability) => next() < probability,
    pick: (items) => items[Math.floor(next() * items.length)]!,
  };
}
