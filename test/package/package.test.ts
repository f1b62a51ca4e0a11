/** The packed tarball as a user gets it: installed into an empty folder, imported, type-checked, and the README's snippets run. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  peerDependencies: Record<string, string>;
};
const lowest = (name: string) => packageJson.peerDependencies[name]!.replace('^', '');
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

const consumer = `
import { setup, assign, sendTo } from 'xstate';
import { createNetwork, verifySnapshot, fullMesh } from 'xstate-panorama';
import { parseSnapshot, serializeSnapshot } from 'xstate-panorama/file';
import { createProcessMachine } from 'xstate-panorama/machines';
import { simulate } from 'xstate-panorama/testing';

const pinger = setup({ types: { context: {} as { n: number; to: string }, input: {} as { to: string } } }).createMachine({
  context: ({ input }) => ({ n: 0, to: input.to }),
  entry: sendTo(({ system, context }) => system.get(context.to), { type: 'PING' }, { delay: 60_000 }),
  on: { PING: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
});
const network = createNetwork({
  processes: { a: { logic: pinger, input: { to: 'b' } }, b: { logic: pinger, input: { to: 'a' } } },
  channels: fullMesh(['a', 'b']),
});
network.start();
const snapshot = await network.takeSnapshot({ initiators: ['a'] });
const n: number = snapshot.processes.a.snapshot.context.n;
const back = parseSnapshot(serializeSnapshot(snapshot));
network.stop();
const { runs } = await simulate(
  { processes: { a: { logic: pinger, input: { to: 'b' } }, b: { logic: pinger, input: { to: 'a' } } }, channels: fullMesh(['a', 'b']) },
  { seed: 1, runs: 5, properties: { sometimes: { pinged: ({ processes }) => processes.a.snapshot.context.n > 0 } } },
);
console.log(JSON.stringify({ runs, verdict: verifySnapshot(back), n, timers: snapshot.processes.a.timers.length, machine: typeof createProcessMachine }));
`;

/** The README's snippets: all of a page share one module, in order. */
function snippets(): string {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  return [...readme.matchAll(/^\`\`\`ts\n([\s\S]*?)^\`\`\`/gm)].map(([, code]) => code).join('\n');
}

const javascript = (typescript: string) =>
  ts.transpileModule(typescript, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  }).outputText;

let tarball = '';
const folders: string[] = [];

function install(versions: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'panorama-package-'));
  folders.push(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  const packages = [tarball, ...Object.entries(versions).map(([name, version]) => `${name}@${version}`)];
  execFileSync('npm', ['install', '--no-audit', '--no-fund', ...packages], { cwd: folder, stdio: 'pipe' });
  return folder;
}

function runIn(folder: string, code: string): string {
  writeFileSync(join(folder, 'consumer.js'), javascript(code));
  return execFileSync(process.execPath, ['consumer.js'], { cwd: folder, encoding: 'utf8' });
}

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'panorama-tarball-'));
  folders.push(folder);
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const entry = JSON.parse(packed) as { filename: string }[] | Record<string, { filename: string }>;
  tarball = join(folder, Object.values(entry)[0]!.filename);
}, 120_000);

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe.each([
  ['lowest', { xstate: lowest('xstate'), rxjs: lowest('rxjs') }],
  ['highest', { xstate: '5', rxjs: '7' }],
])('the tarball with the %s supported peers', (which, versions) => {
  it('installs, runs, type-checks and has a command line', { timeout: 300_000 }, () => {
    const folder = install(versions);
    expect(JSON.parse(runIn(folder, consumer))).toEqual({
      runs: 5,
      verdict: { consistent: true },
      n: 0,
      timers: 1,
      machine: 'function',
    });
    const bin = join(folder, 'node_modules', '.bin', 'xstate-panorama');
    expect(execFileSync(bin, ['--help'], { encoding: 'utf8' })).toContain('restore');
    if (which !== 'highest') return;
    writeFileSync(join(folder, 'consumer.ts'), consumer);
    writeFileSync(join(folder, 'readme.ts'), snippets());
    for (const [module, moduleResolution] of [
      ['nodenext', 'nodenext'],
      ['esnext', 'bundler'],
    ] as const) {
      const flags = [
        '--noEmit',
        '--strict',
        '--target',
        'es2022',
        '--module',
        module,
        '--moduleResolution',
        moduleResolution,
      ];
      for (const file of ['consumer.ts', 'readme.ts']) {
        execFileSync(process.execPath, [tsc, ...flags, file], { cwd: folder, stdio: 'inherit' });
      }
    }
    expect(runIn(folder, snippets())).toContain('consistent: true');
  });
});
