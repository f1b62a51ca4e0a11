import { createLoop } from './event-loop.js';
import { Queue } from './queue.js';
import type { PendingChannel, Schedule } from './schedule.js';

/** How long deliveries may follow one another before the event loop gets its turn, in milliseconds. */
const SLICE_MS = 4;

/**
 * The default schedule: soon, off the sender's stack, channels in turn, giving way to the event loop after a bounded
 * slice. Messages and markers take turns, so that neither holds up the other. On a channel that does not keep order, any
 * envelope comes next, by `Math.random`.
 */
export function createDefaultSchedule(): Schedule {
  const messages = new Queue<PendingChannel>();
  const markers = new Queue<PendingChannel>();
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
 * Hands over the oldest envelope of a channel that keeps order, and any of one that does not.
 *
 * @param random Gives numbers in [0, 1).
 */
export function deliverAny(channel: PendingChannel, random: () => number): void {
  channel.deliver(channel.isFifo ? 0 : Math.floor(random() * channel.size));
}
