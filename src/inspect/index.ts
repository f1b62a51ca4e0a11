/** See it happen: what goes on in a network as a stream of plain events. */
export { createInspector } from './inspector.js';
export type { InspectedNetwork, Inspector, InspectorOptions } from './inspector.js';
export type { WatchedNetwork } from './local-source.js';
export type { Connection, Viewer } from './line.js';
export type { Redact } from './plain.js';
export { INSPECTOR_VERSION } from './protocol.js';
export type { Ability, InspectorEvent, PlaybackState, PropertyVerdict, StateView, ViewerCommand } from './protocol.js';
export type { Chart, ChartTransition } from './chart.js';
export { parseScene, type Scene } from './scene.js';
