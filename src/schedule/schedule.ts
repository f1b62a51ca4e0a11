/** When, and from which channel, the next envelope is handed over. Channels keep order unless they are declared not to. */
import { expected } from '../checks.js';

/** A channel as a schedule sees it: something with envelopes waiting, the oldest of which can be handed over. */
export interface PendingChannel {
  readonly id: string;
  /** Whether it keeps order: then the oldest envelope alone can be handed over, else any. */
  readonly isFifo: boolean;
  /** How many envelopes wait. */
  readonly size: number;
  /** Whether the oldest of them is a marker, or a control message of an algorithm without markers. */
  readonly isMarkerNext: boolean;
  /**
   * Hands an envelope to its receiver, with all its consequences there, before it returns.
   *
   * @param index Which of those that wait, oldest first; default 0, the oldest.
   * @throws `invalid-argument` for another than the oldest where order is kept.
   */
  deliver(index?: number): void;
}

/** Decides which channel delivers next. */
export interface Schedule {
  /** Takes charge of a channel that has begun to have envelopes waiting, until a delivery leaves it with none. */
  ready(channel: PendingChannel): void;
}

/** Checks the `schedule` option. Throws `invalid-argument`. */
export function parseSchedule(schedule: Schedule | undefined): Schedule | undefined {
  if (schedule === undefined || typeof (schedule as Partial<Schedule> | null)?.ready === 'function') return schedule;
  return expected('`schedule` to be a schedule (createManualSchedule, createSeededSchedule)', schedule);
}
