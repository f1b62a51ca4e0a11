/** What the command line loads: the table, with its deadlock looked for in every snapshot. */
import { deadlock } from './waits.js';

export { default } from './table.js';

export const stableProperties = { deadlocked: deadlock };
