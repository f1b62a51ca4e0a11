/** Every interleaving of a small network, and what holds of its states. */
export { explore, type Exploration, type PropertyResult } from './explore.js';
export type { ExploreLimits, ExploreOptions, ExploreProgress, ExploreTraffic } from './options.js';
export type { ExploredPath, ExploredStep } from './path.js';
export type { StopReason } from './search.js';
export { takeStep } from './take-step.js';
