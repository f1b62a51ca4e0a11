/** Recovery from crashes: a supervised network goes back to its latest checkpoint, and on. */
export { supervise } from './supervise.js';
export type { Recovery, RecoveryEvent } from './recovery.js';
export { createMemoryInputStore, type InputStore, type LoggedInput } from './input-store.js';
export { logInputs, type InputLog, type InputLogOptions } from './log-inputs.js';
export type { SuperviseOptions } from './options.js';
