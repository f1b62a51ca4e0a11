/** Global snapshots as text for files. Apart from the core: a serializer weighs as much as that. */
export { parseSnapshot, type ParseSnapshotOptions } from './parse.js';
export { serializeSnapshot, serializeSnapshotChunks } from './serialize.js';
