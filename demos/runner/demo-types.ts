/** A sentence in the languages of the demos. */

import type { Exploration, ExploreOptions } from '../../dist/src/testing/index.js';

export interface Caption {
  readonly en: string;
  readonly zh: string;
}

/** A system of the demo's that is so small that all of its states can be looked at. */
export interface SmallSystem {
  /** What it is. */
  readonly of: Caption;
  /** How many global states it has. */
  readonly states: number;
  /** In how many of them nothing more can happen. */
  readonly terminal: number;
  /** Explores it; see `explore`. */
  explore(options: Pick<ExploreOptions, 'signal' | 'onProgress'>): Promise<Explored>;
}

/** What is shown of an exploration. */
export type Explored = Pick<
  Exploration<unknown>,
  'states' | 'edges' | 'depth' | 'terminal' | 'complete' | 'properties' | 'elapsedMs'
>;
