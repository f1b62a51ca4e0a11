import type { ManualSchedule } from '../../src/index.js';

/** Delivers everything that is pending, and what comes of it, oldest channel first. */
export function deliverAll(schedule: ManualSchedule, most = 100_000): void {
  for (let n = 0; n < most; n++) {
    const [next] = schedule.pending().keys();
    if (next === undefined) return;
    schedule.deliver(next);
  }
  throw new Error(`Still pending after ${most} deliveries: the network under test never comes to rest.`);
}
