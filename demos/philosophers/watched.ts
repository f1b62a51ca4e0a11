/** The table with its deadlock looked for: `npx xstate-panorama inspect demos/philosophers/watched.ts --open`. */
import type { GlobalSnapshot } from 'xstate-panorama';
import { deadlock, type TableSnapshot } from './waits.js';

export { default } from './network.js';

export const stableProperties = { deadlocked: (snapshot: GlobalSnapshot) => deadlock(snapshot as TableSnapshot) };
