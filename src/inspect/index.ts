/** See it happen: what goes on in a network as a stream of plain events, and pictures of it. */
export { createInspector } from './inspector.js';
export type { Feed } from './feed.js';
export type { InspectedNetwork, Inspector, InspectorOptions } from './inspector.js';
export type { WatchedNetwork } from './local-source.js';
export type { Connection, Viewer } from './line.js';
export type { Redact } from './plain.js';
export { createPlayback, type PlaybackClock, type Playback, type PlaybackOptions } from './playback.js';
export { INSPECTOR_VERSION } from './protocol.js';
export type { Ability, InspectorEvent, PlaybackState, PropertyVerdict, StateView, ViewerCommand } from './protocol.js';
export type { Chart, ChartTransition } from './chart.js';
export { parseScene, type Scene } from './scene.js';
export {
  createRunReader,
  isRun,
  parseRun,
  RUN_HEADER,
  serializeEvents,
  serializeRun,
  type RunReader,
} from './run-file.js';
export { openFile, type Opened } from './open-file.js';
export { runOf } from './run/run-of.js';
export type { Envelope, NetworkOfRun, Rollback, SnapshotOfRun, Step } from './run/model.js';
export type { Run } from './run/run.js';
export { coneOf, placeInCone, type Cone } from './run/cone.js';
export { cutAt, cutOfSnapshot, judgeCut, stepsIn, type Cut, type CutVerdict } from './run/cut.js';
export { sumFields, type FieldSum } from './run/summary.js';
export {
  importInspection,
  isInspection,
  parseInspection,
  recordInspection,
  type InspectionRecord,
} from './import-inspection.js';
export { showInStately, type StatelyInspector } from './stately.js';
export { toSvg, type SvgOptions } from './exports/svg.js';
export { toShiviz } from './exports/shiviz.js';
export { toSequenceDiagram, toStateDiagram } from './exports/mermaid.js';
