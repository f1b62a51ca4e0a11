import { describe, PanoramaError } from './errors.js';
import { createRandom } from './random.js';
import { createLoop, type PendingChannel, type Schedule } from './schedule.js';

/** Deliveries in one task. A count and not a time, so that a run does not depend on the machine's speed. */
const DELIVERIES_PER_TASK = 32;

/**
 * Creates a schedule that picks the next channel at random and runs by itself.
 *
 * The picks depend on the seed and on the order of sends alone, so with a simulated clock a run is repeatable.
 *
 * @param seed Any safe integer.
 * @throws `invalid-argument` for anything else.
 */
export function createSeededSchedule(seed: number): Schedule {
  if (!Number.isSafeInteger(seed)) {
    throw new PanoramaError('invalid-argument', `Expected \`seed\` to be a safe integer, got ${describe(seed)}.`);
  }
  const random = createRandom(seed);
  const channels: PendingChannel[] = [];
  const deliverOne = () => {
    const index = random.integer(0, channels.length - 1);
    const channel = channels[index]!;
    try {
      if (channel.size > 0) channel.deliver();
    } finally {
      if (channel.size === 0) {
        channels[index] = channels.at(-1)!; // others were only added behind it
        channels.pop();
      }
    }
  };
  const loop = createLoop(() => {
    for (let n = 0; n < DELIVERIES_PER_TASK && channels.length > 0; n++) deliverOne();
    return channels.length > 0;
  });
  return {
    ready(channel) {
      channels.push(channel);
      loop.wake();
    },
  };
}
