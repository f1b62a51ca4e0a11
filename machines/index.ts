/** The statecharts of the algorithms: pure decisions, no I/O, no time of day. */
export { createProcessMachine } from './process.js';
export type { ProcessEvent, ProcessMachine, RegionParams } from './process.js';
export { createColouringMachine, createStoppingMachine } from './colouring.js';
export type { ColouringEvent, ColouringMachine } from './colouring.js';
export { supervisorMachine } from './supervisor.js';
export type { SupervisorContext, SupervisorEvent, SupervisorInput } from './supervisor.js';
