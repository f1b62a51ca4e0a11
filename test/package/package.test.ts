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

/** The README's snippets. */
function snippets(readme: string): string[] {
  const text = readFileSync(join(root, readme), 'utf8');
  return [...text.matchAll(/^\`\`\`ts\n([\s\S]*?)^\`\`\`/gm)].map(([, code]) => code!);
}

/** The README's snippets as files: one that begins with `// NAME.ts` is that file, all others share one, in order. */
function files(): Record<string, string> {
  const named: Record<string, string> = {};
  for (const code of snippets('README.md')) {
    const name = /^\/\/ (\w+\.ts)\n/.exec(code)?.[1] ?? 'readme.ts';
    named[name] = `${named[name] ?? ''}${code}\n`;
  }
  return named;
}

/** The machines that the README's snippets leave to their reader. */
const machines = `
import { createMachine } from 'xstate';
export const [uiMachine, workerMachine, officeMachine] = [createMachine({}), createMachine({}), createMachine({})];
`;

/** What another package may export of ours: the compiler must find a name for each type of it. */
const library = `
import { fromTransition } from 'xstate';
import { createNetwork, createProcess, fullMesh } from 'xstate-panorama';
import { messagesOf } from 'xstate-panorama/detect';
import { messagePort } from 'xstate-panorama/message-port';
import { workerMachine } from './machines.js';

const counter = fromTransition((count: number, _: { type: 'UP' }) => count + 1, 0);
export const network = createNetwork({
  processes: { counter, worker: workerMachine },
  channels: fullMesh(['counter', 'worker']),
});
export const ui = createProcess(counter, { id: 'ui', peers: { worker: messagePort<typeof workerMachine>(self) } });
export const taken = await network.takeSnapshot();
export const { processes, channels } = taken;
export const messages = messagesOf(taken);
export const child = taken.processes.worker.snapshot.children['any'];
export const seen = (await ui.takeSnapshot()).processes.worker;
`;

/** What a page and its worker have, on Node's threads. */
const browser = `
import { parentPort, Worker } from 'node:worker_threads';
Object.assign(globalThis, { Worker, self: parentPort });
`;

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

function runIn(folder: string, code: string, ...flags: string[]): string {
  writeFileSync(join(folder, 'consumer.js'), javascript(code));
  return execFileSync(process.execPath, [...flags, 'consumer.js'], { cwd: folder, encoding: 'utf8', timeout: 120_000 });
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
}, 120_000);

describe.each([
  ['lowest', { xstate: lowest('xstate'), rxjs: lowest('rxjs') }],
  ['highest', { xstate: '5', rxjs: '7', ws: '8', '@types/ws': '8', '@types/node': '20' }],
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
    const sources: Record<string, string> = {
      'consumer.ts': consumer,
      'machines.ts': machines,
      'library.ts': library,
      ...files(),
    };
    for (const [name, code] of Object.entries(sources)) writeFileSync(join(folder, name), code);
    for (const [module, moduleResolution] of [
      ['nodenext', 'nodenext'],
      ['esnext', 'bundler'],
    ] as const) {
      const flags = [
        '--noEmit',
        '--declaration',
        '--strict',
        '--target',
        'es2022',
        '--module',
        module,
        '--moduleResolution',
        moduleResolution,
      ];
      execFileSync(process.execPath, [tsc, ...flags, ...Object.keys(sources)], { cwd: folder, stdio: 'inherit' });
    }
    expect(runIn(folder, sources['readme.ts']!)).toContain('consistent: true');
    writeFileSync(join(folder, 'browser.mjs'), browser);
    for (const name of ['machines', 'worker']) {
      writeFileSync(join(folder, `${name}.js`), javascript(sources[`${name}.ts`]!));
    }
    const page = `${sources['page.ts']!}\nconsole.log(Object.keys(snapshot.channels).sort().join(' '));\nprocess.exit();`;
    expect(runIn(folder, page, '--import', './browser.mjs')).toBe('ui->worker worker->ui\n');
  });
});

it('the README in Chinese has snippets of the English one, but for their comments', () => {
  const code = (snippet: string) => snippet.replace(/\/\/ .*/g, '').replace(/ +$/gm, '');
  expect(snippets('README.md').map(code)).toEqual(expect.arrayContaining(snippets('README.zh.md').map(code)));
});
