/** What a demo is: the one interface that all of them have. */
import type { Caption, SmallSystem } from './demo-types.js';
import type { Stage } from './stage.js';

/** Something that is so in one run: a number, a yes or no, a short text. */
export type Fact = number | boolean | string;

/** What a demo claims, and how one run is made to see whether it is so. */
export interface Claims<TFact extends string = string> {
  /** How many seeds are tried unless told otherwise. */
  readonly seeds: number;
  /** What is so in every run, with its pinned value. */
  readonly always: Readonly<Record<TFact, Fact>>;
  /** What is so in at least one run: it shows that the runs were worth making. */
  readonly sometimes: readonly string[];
  /**
   * One run. It depends on the seed alone: a schedule drawn at random, simulated time (see `createRehearsal`).
   *
   * @returns The facts of this run: each of `always` with the value it had, each of `sometimes` as a boolean.
   */
  run(seed: number): Promise<Readonly<Record<string, Fact>>>;
}

/** One demo: a folder with a `demo.ts` that exports it by default, and a `network.ts` with its processes and channels. */
export interface Demo {
  /** What it shows, for the list; one line. */
  readonly summary: Caption;
  /** Tells the story in the terminal, and ends by itself. Throws when what it shows did not come out. */
  tell(stage: Stage): Promise<void> | void;
  /** What `check` verifies under many seeds. */
  readonly claims: Claims;
  /** What `explore` looks at, where something is small enough. */
  readonly small?: SmallSystem;
}

/** Defines a demo; the facts in `always` are inferred. */
export function defineDemo<const TFact extends string>(demo: Demo & { readonly claims: Claims<TFact> }): Demo {
  return demo;
}
