/** Whole deployments in simulation. */
export { simulateDeployment, type DeploymentReport } from './simulate-deployment.js';
export type { DeploymentFaultName, DeploymentFaults, DeploymentOptions } from './deployment-options.js';
export type { DeploymentCheckName } from './deployment-run.js';
export type { DeploymentStep, DiskName, DiskTrouble } from './deployment-step.js';
export type { DeploymentEvent, Program, ProgramEnvironment, Programs, RunningProgram } from './program.js';
