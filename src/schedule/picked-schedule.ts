import { createLoop } from './event-loop.js';
import type { PendingChannel, Schedule } from './schedule.js';

/** Deliveries in one task. A count and not a time, so that a run does not depend on the machine's speed. */
const DELIVERIES_PER_TASK = 32;

/**
 * Creates a schedule that delivers by itself, each time on the channel that is picked; where a channel does not keep
 * order, the envelope that is picked next.
 *
 * @param picks Positions among the channels with something pending, and among the envelopes of a channel that does not
 *   keep order, modulo; when they are used up, the channels in turn, and the oldest envelope.
 */
export function createPickedSchedule(picks: Iterable<number>): Schedule {
  const left = picks[Symbol.iterator]();
  const channels: PendingChannel[] = [];
  let turn = 0;
  const pick = () => {
    const next = left.next();
    return next.done ? undefined : next.value;
  };
  const deliverOne = () => {
    const index = (pick() ?? turn++) % channels.length;
    const channel = channels[index]!;
    try {
      if (channel.size > 0) channel.deliver(channel.isFifo ? 0 : (pick() ?? 0) % channel.size);
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
