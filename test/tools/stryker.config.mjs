// Mutation testing of the core and the statecharts: `npm run mutation`, not part of `npm test`.
export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'test/tools/vitest.mutation.config.mjs' },
  // The statecharts, and what of the core acts as they decide, records, carries and restores.
  mutate: [
    'machines/{process,supervisor}.ts',
    'src/{channel,local-snapshot,process,steps,supervision,topology}.ts',
    'src/{actor-refs,copy,recorded-state}.ts',
  ],
  // Texts are read by people, and tests pin the part of a message that matters.
  mutator: { excludedMutations: ['StringLiteral'] },
  ignorePatterns: ['dist', 'coverage', 'docs-api', 'test/.cli-*'],
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  concurrency: 2,
  timeoutMS: 5000,
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
