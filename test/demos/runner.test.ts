import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { check, isUpheld } from '../../demos/runner/check.js';
import { defineDemo } from '../../demos/runner/define-demo.js';
import { findDemos, loadDemo } from '../../demos/runner/find-demos.js';
import { tell } from './tell.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const command = ['node_modules/tsx/dist/cli.mjs', 'demos/runner/main.ts'];

/** As a person does it, without a terminal. */
function run(args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...command, ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', ...env },
    timeout: 40_000,
  });
  return { status, stdout, stderr };
}

const lastLine = (text: string) => text.trim().split('\n').at(-1);

describe('every demo', { timeout: 120_000 }, () => {
  it.each(findDemos())('%s tells its story and ends by itself, in both languages', async (name) => {
    const demo = await loadDemo(name);
    const english = await tell(demo, 'en');
    const chinese = await tell(demo, 'zh');
    expect(english).not.toContain('\u001b');
    expect(english).not.toMatch(/\p{Script=Han}/u);
    expect(lastLine(chinese)).toMatch(/\p{Script=Han}/u);
  });

  it.each(findDemos())('%s has its README in both languages, and a test', (name) => {
    const english = readFileSync(`${root}demos/${name}/README.md`, 'utf8');
    const chinese = readFileSync(`${root}demos/${name}/README.zh.md`, 'utf8');
    for (const text of [english, chinese]) expect(text).toContain(`npm run demo ${name}`);
    expect(existsSync(`${root}test/demos/${name}.test.ts`)).toBe(true);
  });
});

describe('npm run demo', { timeout: 120_000 }, () => {
  it('lists every demo with one line, in the language of the system', () => {
    const { status, stdout } = run([], { LC_ALL: 'zh_CN.UTF-8' });
    expect(status).toBe(0);
    for (const name of findDemos()) expect(stdout).toMatch(new RegExp(`^  ${name} +\\S.*\\p{Script=Han}`, 'mu'));
  });

  it('tells a story', () => {
    expect(run(['birds'])).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('the walker in 0') });
  });

  it('checks claims', () => {
    const { status, stdout } = run(['token-ring', 'check', '--seeds', '20']);
    expect([status, lastLine(stdout)]).toEqual([0, '20 runs: all that token-ring claims is so.']);
  });

  it('refuses a name that is none, with those that are', () => {
    const { status, stderr } = run(['nobody']);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/bank, birds.*got "nobody"/)]);
  });

  it('ends at Ctrl-C', async () => {
    const child = spawn(process.execPath, [...command, 'bank'], { cwd: root, env: { ...process.env, LC_ALL: 'C' } });
    child.stdout.once('data', () => child.kill('SIGINT'));
    expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(130);
  });
});

describe('a check', () => {
  const claims = (always: Record<string, number>, seldom: (seed: number) => boolean) =>
    defineDemo({
      summary: { en: '', zh: '' },
      tell: () => undefined,
      claims: {
        seeds: 10,
        always,
        sometimes: ['seldom'],
        run: (seed) => Promise.resolve({ parity: seed === 7 ? 1 : 0, seldom: seldom(seed) }),
      },
    }).claims;

  it('names the seed, the fact and what it was', async () => {
    const report = await check(claims({ parity: 0 }, () => true));
    expect(report.failures).toEqual([{ seed: 7, fact: 'parity', expected: 0, got: 1 }]);
    expect(isUpheld(report)).toBe(false);
  });

  it('fails when a fact is missing, and when what is so sometimes never is', async () => {
    expect((await check(claims({ other: 0 }, () => true))).failures).toHaveLength(10);
    const never = await check(claims({}, () => false));
    expect(never).toMatchObject({ failures: [], sometimes: { seldom: 0 } });
    expect(isUpheld(never)).toBe(false);
    expect(isUpheld(await check(claims({}, (seed) => seed === 3)))).toBe(true);
  });
});
