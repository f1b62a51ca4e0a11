/** What the command line loads: the table, with its deadlock looked for in every snapshot. */
import type { GlobalSnapshot } from 'xstate-panorama';
import { deadlock, type TableSnapshot } from './waits.js';

export { default } from './table.js';

export const stableProperties = { deadlocked: (snapshot: GlobalSnapshot) => deadlock(snapshot as TableSnapshot) };
