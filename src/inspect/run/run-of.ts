import type { InspectorEvent } from '../protocol.js';
import { Run } from './run.js';

/** Puts a whole recorded run together. */
export function runOf(events: readonly InspectorEvent[]): Run {
  const run = new Run(Infinity);
  for (const event of events) run.add(event);
  return run;
}
