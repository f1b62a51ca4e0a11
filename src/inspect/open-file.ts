/** Files that people look at, whatever they are. */
import { expected } from '../checks.js';
import { parseSnapshot } from '../file/index.js';
import type { GlobalSnapshot } from '../global-snapshot.js';
import { isInspection, parseInspection } from './import-inspection.js';
import type { InspectorEvent } from './protocol.js';
import { isRun, parseRun } from './run-file.js';

/** What is in a file. */
export type Opened = { readonly events: readonly InspectorEvent[] } | { readonly snapshot: GlobalSnapshot };

/**
 * Opens a recorded run, lines of XState inspection events, or a snapshot file, and trusts nothing in it.
 *
 * @throws `invalid-file`, naming the line where it is one of these.
 */
export function openFile(text: string): Opened {
  if (isRun(text)) return { events: parseRun(text) };
  if (isInspection(text)) return { events: parseInspection(text) };
  if (text.startsWith('{"format":"xstate-panorama')) return { snapshot: parseSnapshot(text) };
  return expected(
    'a recorded run, a snapshot file, or lines of XState inspection events',
    text,
    'Save one with Download or Save on the page, `run --out` or `run --record`, or `recordInspection`.',
    'invalid-file',
  );
}
