import { expected } from '../checks.js';
import { PanoramaError } from '../errors.js';
import type { PendingChannel, Schedule } from './schedule.js';

/** A schedule that delivers nothing by itself: the caller picks each step. */
export interface ManualSchedule extends Schedule {
  /** Undelivered envelopes, messages and markers, of each channel that has some; in the order in which they got some. */
  pending(): Map<string, number>;
  /**
   * Hands over exactly the oldest envelope of a channel, with all its consequences in the receiving process, before it
   * returns; on a channel that does not keep order, any other if you like.
   *
   * @param channelId Id of a channel with something pending, `from->to`.
   * @param index Which of those that are pending there, the oldest being 0. Default 0.
   * @throws `invalid-argument` when nothing is pending there, or not so much, or for another than the oldest on a channel
   *   that keeps order.
   */
  deliver(channelId: string, index?: number): void;
}

/**
 * Creates a schedule whose deliveries the caller picks one by one: simulation, exploration, step-by-step play and tests.
 */
export function createManualSchedule(): ManualSchedule {
  const channels = new Map<string, PendingChannel>();
  return {
    ready(channel) {
      const other = channels.get(channel.id);
      if (other !== undefined && other !== channel && other.size > 0) {
        throw new PanoramaError(
          'invalid-argument',
          `Expected one running network per manual schedule, got two with a channel "${channel.id}". Stop the other network, or give each its own schedule.`,
        );
      }
      channels.delete(channel.id);
      channels.set(channel.id, channel);
    },
    pending() {
      for (const [id, channel] of channels) if (channel.size === 0) channels.delete(id);
      return new Map([...channels].map(([id, channel]) => [id, channel.size]));
    },
    deliver(channelId, index = 0) {
      const channel = channels.get(channelId);
      if (channel === undefined || channel.size === 0) {
        const ids = [...this.pending().keys()];
        return expected(
          `\`channelId\` to be a channel with something pending (${ids.length > 0 ? ids.join(', ') : 'none now'})`,
          channelId,
        );
      }
      channel.deliver(index);
    },
  };
}
