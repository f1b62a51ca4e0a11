/** Checkpoints of a running application, and where they are kept. */
export { checkpoint, type Checkpointing, type CheckpointEvent } from './checkpoint.js';
export type { CheckpointedNetwork, CheckpointOptions } from './options.js';
export { createMemoryStore } from './memory-store.js';
export type { Register } from './register.js';
export { loadLatestCheckpoint, type CheckpointStore, type LatestCheckpoint } from './store.js';
