/** The statecharts: pure decisions, no I/O, no time of day. */
export { createProcessMachine } from './process.js';
export type { ProcessEvent, ProcessMachine, RegionParams } from './process.js';
export { createColouringMachine, createStoppingMachine } from './colouring.js';
export type { ColouringEvent, ColouringMachine } from './colouring.js';
export { sessionMachine } from './session.js';
export type { SessionEvent } from './session.js';
export { memberMachine } from './member.js';
export type { MemberEvent } from './member.js';
export { coordinatorMachine } from './coordinator.js';
export type { CoordinatorEvent } from './coordinator.js';
export { supervisorMachine } from './supervisor.js';
export type { SupervisorContext, SupervisorEvent, SupervisorInput } from './supervisor.js';
