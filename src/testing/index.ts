/** Tools that show the correctness of a network in a way that can be repeated. */
export { captureState } from './capture-state.js';
export { createSimulatedClock, type SimulatedClock } from './simulated-clock.js';
export { tellStory, type StoryNote, type StoryOptions } from './story.js';
export { recordRun, type RecordedRun, type RecordedStep, type Recording, type RunRecorder } from './recorded-run.js';
export { proveSnapshot, type Proof } from './theorem.js';
export { simulate, type SimulationReport } from './simulate.js';
export { simulateSteps, type StepsOptions, type StepsReport } from './simulate-steps.js';
export { SimulationError, type Counterexample, type SimulationFailure } from './simulation-error.js';
export type { CheckName } from './simulated-run.js';
export type { FaultName, Faults, SimulationOptions, SimulationProgress, Traffic } from './simulation-options.js';
export type { OutsideEvent } from './outside-event.js';
export type { NamedPredicates, Predicate, Properties, PropertyKind, StateProperties } from './properties.js';
export type { SimulationStep } from './simulation-step.js';
export type { Random } from '../schedule/random.js';
export {
  explore,
  takeStep,
  type Exploration,
  type ExploredPath,
  type ExploredStep,
  type ExploreLimits,
  type ExploreOptions,
  type ExploreProgress,
  type ExploreTraffic,
  type PropertyResult,
  type StopReason,
} from './explore/index.js';
export {
  simulateDeployment,
  type DeploymentCheckName,
  type DeploymentEvent,
  type DeploymentFaultName,
  type DeploymentFaults,
  type DeploymentOptions,
  type DeploymentReport,
  type DeploymentStep,
  type DiskName,
  type DiskTrouble,
  type Program,
  type ProgramEnvironment,
  type Programs,
  type RunningProgram,
} from './deployment/index.js';
