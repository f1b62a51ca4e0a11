/** Who may import whom: the folder tree is the architecture. */
const only = (name, from, to) => ({
  name,
  severity: 'error',
  comment: `${name}: see the table in README.md, "Architecture"`,
  from: { path: from },
  to: { pathNot: to },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    only('machines-import-xstate-alone', '^machines/', ['^machines/', '(^|/)node_modules/xstate/']),
    only('core-imports-machines-xstate-rxjs', '^src/(?!index)[^/]+\\.ts$', [
      '^machines/',
      '^src/[^/]+\\.ts$',
      '^src/verify/',
      '(^|/)node_modules/(xstate|rxjs)/',
    ]),
    only('index-gathers-the-public-face', '^src/index\\.ts$', ['^src/[^/]+\\.ts$', '^src/(links|verify)/']),
    only('links-import-the-core', '^src/links/', [
      '^src/links/',
      '^machines/',
      '^src/[^/]+\\.ts$',
      '(^|/)node_modules/(xstate|rxjs)/',
    ]),
    only('transports-import-the-contract', '^src/transports/', [
      '^src/transports/',
      '^src/links/(frame|transport)\\.ts$',
      '^src/errors\\.ts$',
      '^src/file/(line|limits)\\.ts$',
      '(^|/)node_modules/(rxjs|devalue)/',
    ]),
    only('verify-is-an-oracle', '^src/verify/', ['^src/verify/', '^src/global-snapshot\\.ts$', '^src/errors\\.ts$']),
    {
      name: 'verify-takes-types-alone',
      severity: 'error',
      from: { path: '^src/verify/' },
      to: { path: '^src/global-snapshot\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'core-shares-no-code-with-verify',
      severity: 'error',
      from: { path: '^src/(?!index)[^/]+\\.ts$' },
      to: { path: '^src/verify/' },
    },
    only('detect-imports-snapshot-types-and-errors', '^src/detect/', [
      '^src/detect/',
      '^src/(global-snapshot|options|errors)\\.ts$',
      '(^|/)node_modules/xstate/',
    ]),
    {
      name: 'detect-takes-types-alone',
      severity: 'error',
      from: { path: '^src/detect/' },
      to: {
        path: '(^src/(global-snapshot|options)\\.ts$|(^|/)node_modules/xstate/)',
        dependencyTypesNot: ['type-only'],
      },
    },
    only('testing-imports-core-and-oracle', '^src/testing/', [
      '^src/testing/',
      '^machines/',
      '^src/[^/]+\\.ts$',
      '^src/verify/',
      '(^|/)node_modules/(xstate|rxjs|vitest|fast-check)/',
    ]),
    only('inspect-server-imports-node-too', '^src/inspect/server/', [
      '^src/inspect/(?!page/)',
      '^src/(errors|global-snapshot)\\.ts$',
      '^src/file/',
      '^(http|net|fs|crypto|node:)',
    ]),
    only('inspect-imports-core-and-file', '^src/inspect/(?!page/|server/)', [
      '^src/inspect/(?!page/|server/)',
      '^src/[^/]+\\.ts$',
      '^src/file/',
      '(^|/)node_modules/(xstate|rxjs)/',
    ]),
    only('bridge-stands-alone-beside-xstate-4', '^src/xstate-inspect-bridge/', [
      '^src/xstate-inspect-bridge/(?!dist)',
      '^src/xstate-inspect-bridge/node_modules/(xstate|@xstate/inspect)/',
      '^node_modules/(ws|@types/ws|safe-stable-stringify)/',
      '^(http|net|crypto|node:)',
    ]),
    only('checkpoints-import-the-public-face', '^src/checkpoint/', [
      '^src/checkpoint/',
      '^src/(index|errors)\\.ts$',
      '^src/file/index\\.ts$',
      '(^|/)node_modules/(rxjs|idb)/',
      '^(fs|path|node:)',
    ]),
    only('recovery-imports-the-public-face', '^src/recovery/', [
      '^src/recovery/',
      '^src/(index|errors)\\.ts$',
      '^src/checkpoint/index\\.ts$',
      '(^|/)node_modules/(rxjs|idb)/',
      '^(fs|path|node:)',
    ]),
    only('page-imports-protocol-run-file-and-verify', '^src/inspect/page/', [
      '^src/inspect/(page|run|exports)/',
      '^src/inspect/(protocol|chart|run-file)\\.ts$',
      '^src/(file|verify)/',
      '^src/detect/(terminated|read|property)\\.ts$',
      '^src/(global-snapshot|diff-snapshots)\\.ts$',
      '(^|/)node_modules/(preact|@preact/signals|@dagrejs/dagre|xstate)/',
    ]),
    {
      name: 'optional-peers-in-their-folders',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/testing/(vitest|fast-check)/' },
      to: { path: ['(^|/)node_modules/(vitest|fast-check)/', '^src/testing/(vitest|fast-check)/'] },
    },
    only('file-imports-the-public-face', '^src/file/', [
      '^src/file/',
      '^src/(index|errors|global-snapshot)\\.ts$',
      '(^|/)node_modules/devalue/',
    ]),
    {
      name: 'cli-imports-the-public-face',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: {
        path: '^(src|machines)/',
        pathNot: [
          '^src/cli/',
          '^src/(file|testing)/index\\.ts$',
          '^src/checkpoint/write-snapshot-file\\.ts$',
          '^src/inspect/(server/)?index\\.ts$',
          '^src/file/index\\.ts$',
          '^src/(index|errors|global-snapshot|text)\\.ts$',
        ],
      },
    },
    {
      name: 'demos-import-the-package-by-its-name',
      severity: 'error',
      from: { path: '^demos/' },
      to: { path: '^(src|machines|test)/', pathNot: '^test/tools/find-chromium\\.mjs$' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
    doNotFollow: { path: '(^|/)(node_modules|dist)/' },
  },
};
