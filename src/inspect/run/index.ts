/** A run put together from its events: its steps, its snapshots, what caused what, and cuts through it. */
export { runOf } from './run-of.js';
export type { Envelope, NetworkOfRun, Rollback, SnapshotOfRun, Step } from './model.js';
export type { Run } from './run.js';
export { coneOf, placeInCone, type Cone } from './cone.js';
export { cutAt, cutOfSnapshot, judgeCut, stepsIn, type Cut, type CutVerdict } from './cut.js';
export { sumFields, type FieldSum } from './summary.js';
