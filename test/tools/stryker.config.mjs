// Mutation testing of the core and the statecharts: `npm run mutation`, not part of `npm test`.
export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'test/tools/vitest.mutation.config.mjs' },
  // The statecharts, the algorithms and the core; not what words errors, checks options or tells a trace.
  mutate: [
    'machines/{process,supervisor,colouring}.ts',
    'src/snapshot/algorithms/*.ts',
    'src/snapshot/{chart-table,snapshot-supervisor}.ts',
    'src/channel/{channel,topology}.ts',
    'src/schedule/{queue,event-loop,default-schedule,manual-schedule}.ts',
    'src/process/{process,coloured-process,endpoints,recorded-state,actor-refs,copy-plain,clean-stack,process-handle,xstate-internals}.ts',
    'src/network/{network,assemble,refuse-misfit}.ts',
  ],
  // Texts are read by people, and tests pin the part of a message that matters.
  mutator: { excludedMutations: ['StringLiteral'] },
  ignorePatterns: ['dist', 'coverage', 'docs-api', 'test/.cli-*'],
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  // Of tests that wait for a snapshot that never comes more can run than there are cores.
  concurrency: 4,
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
