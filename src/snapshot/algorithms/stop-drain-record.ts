/**
 * Stop, drain, record: what one does without an algorithm, and what the others are compared with.
 *
 * Everybody stops as word comes round: what arrives then, and what comes from outside, is not handed to the application
 * but kept. When all that was sent before has arrived on all channels, the snapshot is complete, and the application
 * goes on with what was kept. A process records as it stops: that is the state in which it stands. Timers, promises and
 * the like cannot be stopped; what they do comes after the snapshot.
 */
import { createStoppingMachine } from '../../../machines/index.js';
import type { Algorithm } from './algorithm.js';
import { createMattern } from './mattern.js';

/** Everybody stands still until the channels are empty: to compare the others with. */
export const stopDrainRecord: Algorithm = /* @__PURE__ */ createStopDrainRecord(createStoppingMachine);

/** Creates the algorithm that stops everybody, which decides by this statechart: channels are drained by Mattern's counts. */
export function createStopDrainRecord(createMachine: typeof createStoppingMachine): Algorithm {
  return createMattern(createMachine, 'stop-drain-record');
}
