/** The statecharts of the algorithm: pure decisions, no I/O, no time of day. */
export { createProcessMachine } from './process.js';
export type { ProcessEvent, ProcessMachine, RegionParams } from './process.js';
export { supervisorMachine } from './supervisor.js';
export type { SupervisorContext, SupervisorEvent, SupervisorInput } from './supervisor.js';
