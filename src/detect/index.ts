/** Stable properties: finding out, while a system runs, that something has become true for good. */
export { deadlocked, formatDeadlock } from './deadlock/deadlocked.js';
export type { Deadlock, DeadlockOptions, ProcessState } from './deadlock/deadlocked.js';
export type { Blocked } from './deadlock/wait-graph.js';
export type { Wait } from './deadlock/waits.js';
export { detect, watch } from './detect.js';
export type { Detection, SnapshotOptionsOf, SnapshotSource, SnapshotTakenBy } from './detect.js';
export type { DetectOptions, WatchOptions } from './options.js';
export type { AnyGlobalSnapshot } from '../global-snapshot.js';
export type { Fails, MessageInFlight, Property } from './property.js';
export { conserved, quantity, tokenLost, type Amount, type Quantity, type QuantityParts } from './quantity.js';
export { messagesOf, stateOf } from './read.js';
export type { Sample } from './sampler.js';
export { isPassive, terminated, type ActivityOptions, type Termination } from './terminated.js';
export { unreachable, type Garbage, type ReachabilityOptions } from './unreachable.js';
