/** Recorded runs as text, and whatever else the inspector page opens. */
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
