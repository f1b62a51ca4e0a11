/** Modules as people write them, given to the built command line. */
import { describe, expect, it } from 'vitest';
import { createCommandLine } from '../support/command-line.js';

const { run, write, interrupt } = createCommandLine();

const quick = ['--every', '20ms', '--snapshots', '1', '--json'];
const processes = `{ a: createMachine({}), b: createMachine({}) }`;
const body = (exported: string) => `import { createMachine } from 'xstate';\n${exported}`;

describe('a module', () => {
  it.each([
    ['config.mts', body(`export const config = { processes: ${processes}, channels: [['a', 'b']] as const };`)],
    [
      'named.cjs',
      `const { createMachine } = require('xstate');\nexports.processes = ${processes};\nexports.channels = [['a', 'b']];`,
    ],
    ['late.mjs', body(`await Promise.resolve();\nexport default { processes: ${processes}, channels: [['a', 'b']] };`)],
    [
      'uses-typescript.mjs',
      `import { processes } from './machines.ts';\nexport default { processes, channels: [['a', 'b']] };`,
    ],
    ['imports.ts', `import { processes } from './machines';\nexport default { processes, channels: [['a', 'b']] };`],
  ])('%s runs', (name, text) => {
    write(
      'machines.ts',
      body(`enum Id { a = 'a' }\nexport const processes = { [Id.a]: createMachine({}), b: createMachine({}) };`),
    );
    write(name, text);
    const { status, stdout, stderr } = run('run', name, ...quick);
    expect([status, stderr, stdout]).toEqual([0, '', expect.stringContaining('"consistent":true')]);
  });

  it.each([
    ['nothing.ts', 'export {};', /got exports: none/],
    ['function.ts', 'export default () => ({});', /got exports: default \(function\)/],
    ['empty.ts', 'export default { processes: {}, channels: [] };', /at least one process, got an empty object/],
    [
      'network.mjs',
      body(`export default { processes: ${processes}, channels: [], takeSnapshot() {} };`),
      /got a network/,
    ],
    ['broken.ts', 'export default {', /to load, got: ParseError[^]*broken\.ts:1/],
    ['throws.mjs', 'throw new Error("at once");', /to load, got: at once/],
    [
      'traffic.mjs',
      body(`export default { processes: ${processes}, channels: [] };\nexport const traffic = 5;`),
      /`traffic`/,
    ],
  ])('%s is refused with one clear message and exit code 2', (name, text, message) => {
    write(name, text);
    expect(run('run', name, ...quick)).toEqual({ status: 2, stdout: '', stderr: expect.stringMatching(message) });
  });
});

describe('a fault in a module', () => {
  it.each([
    ['at-once.mjs', 'export function traffic() { throw new Error("no traffic today"); }'],
    ['later.mjs', 'export async function traffic() { await null; throw new Error("no traffic today"); }'],
  ])('%s: in its traffic, is told; the run goes on and exits with 1', (name, traffic) => {
    write(name, body(`export default { processes: ${processes}, channels: [['a', 'b']] };\n${traffic}`));
    const { status, stdout, stderr } = run('run', name, ...quick);
    expect([status, stdout]).toEqual([1, expect.stringContaining('"consistent":true')]);
    expect(stderr).toMatch(/traffic failed; the run goes on without it.*no traffic today/);
  });

  it('outside its processes is told apart from a process that fails: exit code 1', () => {
    write(
      'outside.mjs',
      body(`export default { processes: ${processes}, channels: [['a', 'b']] };
        setImmediate(() => { throw new Error('nobody’s'); });`),
    );
    const { status, stdout, stderr } = run('run', 'outside.mjs', ...quick);
    expect([status, stdout]).toEqual([1, expect.stringContaining('"consistent":true')]);
    expect(stderr).toMatch(/outside its processes; the run goes on.*nobody’s/);
  });
});

describe('Ctrl-C', () => {
  it('ends a snapshot that hangs, and what the traffic gave to be called at the end is called', async () => {
    write(
      'hangs.mjs',
      body(`export default { processes: ${processes}, channels: [['a', 'b'], ['b', 'a']], options: { schedule: { ready() {} } } };
        export const traffic = async (network) => {
          network.trace$.subscribe(({ type }) => type === 'marker.sent' && console.error('taking'));
          return () => console.error('traffic ended');
        };`),
    );
    const { status, printed } = await interrupt(['run', 'hangs.mjs', '--every', '10ms'], 'taking');
    expect(status).toBe(130);
    expect(printed).toContain('No snapshot was taken');
    expect(printed).toContain('traffic ended');
  });

  it('twice ends at once with the same code', async () => {
    write(
      'slow-end.mjs',
      body(`export default { processes: ${processes}, channels: [['a', 'b']] };
        export const traffic = (network, { signal }) => {
          console.error('running');
          signal.addEventListener('abort', () => console.error('ending'));
        };`),
    );
    const { status } = await interrupt(['run', 'slow-end.mjs', '--every', '1h'], 'running', 'ending');
    expect(status).toBe(130);
  });
});
