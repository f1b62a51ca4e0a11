import { mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

/**
 * The tests that judge a mutant: those of the core and the statecharts, less what starts programs or takes
 * long: random systems find mutants too, but each mutant would have to wait for them.
 */
export default mergeConfig(base, {
  test: {
    exclude: [
      '**/node_modules/**',
      'test/{cli,cli-modules,file,memory,properties,scale,soak}.test.ts',
      'test/{package,inspect,testing}/**',
    ],
    testTimeout: 20_000,
  },
});
