import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/**
 * The tests that judge a mutant: those of the core and the statecharts that take little time, as each mutant waits for
 * them. Random systems and explorations would find mutants too.
 */
export default defineConfig({
  root: fileURLToPath(new URL('../../', import.meta.url)),
  test: {
    include: [
      'test/{algorithm,options,paper,schedule,trace,traps,verify}.test.ts',
      'test/algorithms/colours.test.ts',
      'test/machines/*.test.ts',
    ],
    // A snapshot that never completes is noticed by this.
    testTimeout: 10_000,
    pool: 'threads',
    isolate: false,
    maxWorkers: 1,
  },
});
