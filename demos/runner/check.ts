import { setImmediate as nextTask } from 'node:timers/promises';
import type { Claims, Fact } from './define-demo.js';

/** A fact that was not as it must always be, or a run that failed. */
export interface Failure {
  readonly seed: number;
  readonly fact: string;
  readonly expected: Fact;
  readonly got: Fact | undefined;
}

/** What came of checking a demo. */
export interface Report {
  readonly runs: number;
  readonly failures: readonly Failure[];
  /** In how many of the runs each of `sometimes` was so. */
  readonly sometimes: Readonly<Record<string, number>>;
}

/** Which runs to make. */
export interface CheckOptions {
  /** The first seed; default 1. */
  readonly firstSeed?: number;
  /** How many seeds, counting up from the first; default: what the demo says. */
  readonly seeds?: number;
  /** Ends the check early. */
  readonly signal?: AbortSignal;
  /** Is told after each run. */
  readonly onRun?: (done: number, of: number) => void;
}

/** Makes one run for each seed and compares its facts with what the demo claims. */
export async function check(claims: Claims, options: CheckOptions = {}): Promise<Report> {
  const { firstSeed = 1, seeds = claims.seeds, signal, onRun } = options;
  const failures: Failure[] = [];
  const sometimes: Record<string, number> = Object.fromEntries(claims.sometimes.map((fact) => [fact, 0]));
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const facts = await claims.run(seed);
    for (const [fact, expected] of Object.entries(claims.always)) {
      if (facts[fact] !== expected) failures.push({ seed, fact, expected, got: facts[fact] });
    }
    for (const fact of claims.sometimes) if (facts[fact] === true) sometimes[fact]!++;
    onRun?.(seed - firstSeed + 1, seeds);
    await nextTask(); // Ctrl-C gets its turn
    signal?.throwIfAborted();
  }
  return { runs: seeds, failures, sometimes };
}

/** Whether all that a demo claims was so. One run alone need not have all that is so sometimes. */
export function isUpheld({ runs, failures, sometimes }: Report): boolean {
  return failures.length === 0 && (runs === 1 || Object.values(sometimes).every((count) => count > 0));
}
