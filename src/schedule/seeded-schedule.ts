import { expected } from '../checks.js';
import { createPickedSchedule } from './picked-schedule.js';
import { createRandom } from './random.js';
import type { Schedule } from './schedule.js';

/**
 * Creates a schedule that picks the next channel at random and runs by itself.
 *
 * The picks depend on the seed and on the order of sends alone, so with a simulated clock a run is repeatable.
 *
 * @param seed Any safe integer.
 * @throws `invalid-argument` for anything else.
 */
export function createSeededSchedule(seed: number): Schedule {
  if (!Number.isSafeInteger(seed)) expected('`seed` to be a safe integer', seed);
  return createPickedSchedule(randomPicks(seed));
}

function* randomPicks(seed: number): Iterable<number> {
  const random = createRandom(seed);
  for (;;) yield random.integer(0, 2 ** 31 - 1);
}
