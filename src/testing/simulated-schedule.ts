import type { PendingChannel, Schedule } from '../schedule/schedule.js';

/** A schedule whose deliveries a simulation picks: in constant time, and not where a link is cut. */
export class SimulatedSchedule implements Schedule {
  /** Channels with something pending, the one that has waited longest first. */
  private waiting: PendingChannel[] = [];

  ready(channel: PendingChannel): void {
    this.waiting.push(channel);
  }

  /** The channels with something pending. */
  get pending(): readonly PendingChannel[] {
    return this.waiting;
  }

  /**
   * Hands over the oldest envelope of a channel, or another of one that does not keep order.
   *
   * @param which The channel's id, or the n-th of those with something pending, modulo.
   * @param position Which envelope where no order is kept, modulo; the oldest is 0.
   * @returns The channel's id; undefined when nothing is pending there.
   */
  deliver(which: string | number, position = 0): string | undefined {
    const { waiting } = this;
    if (waiting.length === 0) return undefined;
    const index =
      typeof which === 'number' ? which % waiting.length : waiting.findIndex((channel) => channel.id === which);
    const channel = waiting[index];
    if (channel === undefined) return undefined;
    waiting.splice(index, 1);
    try {
      channel.deliver(channel.isFifo ? 0 : position % channel.size);
    } finally {
      if (channel.size > 0) waiting.push(channel);
    }
    return channel.id;
  }
}
