/** Tools that show the correctness of a network in a way that can be repeated. */
export { captureState } from './capture-state.js';
export { createSimulatedClock, type SimulatedClock } from './simulated-clock.js';
export { tellStory, type StoryNote, type StoryOptions } from './story.js';
export { recordRun, type RecordedRun, type Recording, type RunRecorder, type Step } from './recorded-run.js';
export { proveSnapshot, type Proof } from './theorem.js';
