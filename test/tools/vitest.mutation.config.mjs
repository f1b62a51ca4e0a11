import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';

/** A mutant is noticed by the first test that fails: the quick ones go first, where vitest begins with the slow ones. */
class QuickFirst extends BaseSequencer {
  async sort(files) {
    return (await super.sort(files)).reverse();
  }
}

/**
 * The tests that judge a mutant: those of the core and the statecharts that take little time, as each mutant waits for
 * them. Random systems and explorations would find mutants too.
 */
export default defineConfig({
  root: fileURLToPath(new URL('../../', import.meta.url)),
  test: {
    include: [
      'test/{trace,traps}.test.ts',
      'test/network/{misfit,network-life,options,restore}.test.ts',
      'test/process/{recording,timers}.test.ts',
      'test/schedule/schedule.test.ts',
      'test/snapshot/{algorithm,paper}.test.ts',
      'test/snapshot/algorithms/{colours,cuts}.test.ts',
      'test/verify/verify.test.ts',
      'test/links/{create-process,with-peers}.test.ts',
      'test/machines/*.test.ts',
      'test/recovery/{inputs,network,processes}.test.ts',
      'test/testing/cell.test.ts',
    ],
    // A snapshot that never completes is noticed by this.
    testTimeout: 5000,
    expect: { poll: { timeout: 5000 } },
    sequence: { sequencer: QuickFirst },
    pool: 'threads',
    isolate: false,
    maxWorkers: 1,
  },
});
