// Mutation testing of the core and the statecharts: `npm run mutation`, not part of `npm test`.
export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'test/tools/vitest.mutation.config.mjs' },
  // What decides: the statecharts, and the parts of the core with no other judge. `--mutate 'src/*.ts'` takes hours.
  mutate: ['machines/{process,supervisor,colouring}.ts', 'src/{channel,steps,topology}.ts'],
  // Texts are read by people, and tests pin the part of a message that matters.
  mutator: { excludedMutations: ['StringLiteral'] },
  ignorePatterns: ['dist', 'coverage', 'docs-api', 'test/.cli-*'],
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  concurrency: 2,
  timeoutMS: 40_000,
  dryRunTimeoutMinutes: 15,
  timeoutFactor: 2,
  tempDirName: 'coverage/stryker',
  reporters: ['clear-text', 'progress-append-only', 'html', 'json'],
  htmlReporter: { fileName: 'coverage/mutation/index.html' },
  jsonReporter: { fileName: 'coverage/mutation/mutation.json' },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  checkers: [],
  allowEmpty: false,
};
