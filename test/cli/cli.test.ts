/** The built command line, as a person or a program runs it. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSnapshot, serializeSnapshot } from '../../src/file/index.js';
import { createCommandLine, main, root } from '../support/command-line.js';

const bank = join(root, 'demos/bank/network.ts');
const { folder, files, run, interrupt } = createCommandLine();

describe('run', () => {
  it('runs a TypeScript module, takes snapshots from the initiators asked for, and saves them', () => {
    const { status, stdout, stderr } = run(
      'run',
      bank,
      '--every',
      '50ms',
      '--snapshots',
      '2',
      '--initiator',
      'bob',
      '--initiator',
      'dave',
      '--out',
      'a',
      '--json',
    );
    expect([status, stderr]).toEqual([0, '']);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({ number: 1, initiators: ['bob', 'dave'], markers: 20, consistent: true });
    expect(files('a')).toHaveLength(2);
    expect(run('verify', ...files('a'))).toMatchObject({ status: 0 });
    expect(run('show', files('a')[0]!).stdout).toMatch(/alice.*waiting/);
    expect(run('diff', ...files('a')).stdout).toContain('processes.alice.snapshot.context.payments');
    expect(run('restore', files('a')[0]!, bank, '--every', '50ms', '--snapshots', '1').stdout).toContain('consistent');
  });

  it('runs a JavaScript module with traffic, and stops at Ctrl-C in good order', async () => {
    writeFileSync(
      join(folder, 'loop.mjs'),
      `import { createMachine, sendTo } from 'xstate';
       const hop = (to) => createMachine({ on: { GO: { actions: sendTo(({ system }) => system.get(to), { type: 'GO' }) } } });
       export default { processes: { a: hop('b'), b: hop('a') }, channels: [['a', 'b'], ['b', 'a']] };
       export const traffic = [{ to: 'a', event: { type: 'GO' } }];`,
    );
    const { status, printed } = await interrupt(['run', 'loop.mjs', '--every', '20ms', '--json'], '"number":2');
    expect(status).toBe(130);
    expect(printed).toContain('"consistent":true');
  });

  it('goes on when a process fails, and says so; what the module prints is not in the way of --json', () => {
    writeFileSync(
      join(folder, 'failing.mjs'),
      `import { createMachine, fromPromise, log } from 'xstate';
       console.log('hello from the module');
       const failing = createMachine({ entry: log('logged'), invoke: { src: fromPromise(() => Promise.reject({ type: 'Unavailable' })) } });
       export default { processes: { failing, fine: createMachine({}) }, channels: [['fine', 'failing'], ['failing', 'fine']] };`,
    );
    const { status, stdout, stderr } = run(
      'run',
      'failing.mjs',
      '--every',
      '50ms',
      '--snapshots',
      '1',
      '--json',
      '--out',
      'c',
    );
    expect(JSON.parse(stdout)).toMatchObject({ consistent: true });
    expect([status, stderr]).toEqual([
      0,
      expect.stringMatching(/hello from the module[\s\S]*process "failing" failed; the run goes on.*Unavailable/),
    ]);
    expect(run('show', files('c')[0]!).stdout).toMatch(/failing\s+│ error/);
  });

  it('refuses by name what a restore would lose', () => {
    writeFileSync(
      join(folder, 'inline.mjs'),
      `import { createMachine, spawnChild } from 'xstate';
       const kid = createMachine({});
       export const processes = { p: createMachine({ entry: spawnChild(kid, { id: 'kid' }) }) };
       export const channels = [];`,
    );
    const { status, stderr } = run('run', 'inline.mjs', '--every', '10ms', '--snapshots', '1');
    expect([status, stderr]).toEqual([1, expect.stringMatching(/process "p".*inline logic spawned as "kid"/)]);
  });

  it.each([
    [['run', 'missing.ts'], /does not exist/],
    [['run', bank, '--every', 'soon'], /duration.*"soon"/],
    [['run', bank, '--snapshots', '0'], /whole number.*"0"/],
    [['run', bank, '--initiator', 'zed'], /alice.*got "zed"/],
    [['nothing'], /unknown command/],
    [['show', 'missing.snapshot'], /readable snapshot file/],
  ])('%j is refused with one clear message and exit code 2', (args, message) => {
    const { status, stderr } = run(...args);
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});

describe('simulate', () => {
  const simulated = () => {
    writeFileSync(
      join(folder, 'simulated.mjs'),
      `import { assign, createMachine, sendTo } from 'xstate';
       const balance = (by) => assign({ balance: ({ context, event }) => context.balance + by(event) });
       const account = createMachine({
         context: { balance: 10 },
         on: {
           PAY: { actions: [balance((e) => -e.amount), sendTo(({ system }) => system.get('b'), ({ event }) => ({ ...event, type: 'MONEY' }))] },
           MONEY: { actions: balance((e) => e.amount) },
         },
       });
       export default { processes: { a: account, b: account }, channels: [['a', 'b'], ['b', 'a']] };
       export const simulation = {
         traffic: (random) => ({ to: 'a', event: { type: 'PAY', amount: random.integer(1, 5) } }),
         properties: {
           always: { solvent: ({ processes }) => processes.a.snapshot.context.balance >= 0 },
           sometimes: { poor: ({ processes }) => processes.a.snapshot.context.balance < 5 },
         },
       };`,
    );
    return 'simulated.mjs';
  };

  it('reports what was seen when every run passes', () => {
    const { status, stdout, stderr } = run(
      'simulate',
      simulated(),
      '--runs',
      '60',
      '--seed',
      '3',
      '--steps',
      '3',
      '--fault',
      'cut=0.1',
    );
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/runs, all as they should be\D+60\D/);
    expect(stdout).toMatch(/fault: cut\D+[1-9]/);
    expect(stdout).toMatch(/runs in which sometimes poor\D+[1-9]/);
  });

  it('exits with 1 when a run fails, tells its story, and the command that repeats it does', () => {
    const failed = run('simulate', simulated(), '--runs', '60', '--seed', '3');
    expect(failed.status).toBe(1);
    expect(failed.stdout).toMatch(/always "solvent" does not hold/);
    expect(failed.stdout).toMatch(/a takes PAY .*; sends #1 MONEY/);
    const [, replay] = /Replay: xstate-panorama (simulate .*)/.exec(failed.stdout)!;
    const story = (printed: string) => printed.slice(printed.indexOf('Shrunk'));
    expect(story(run(...replay!.split(' ')).stdout)).toBe(story(failed.stdout));
  });

  it('takes the traffic and the properties that a module has for all of its checks', () => {
    const module = readFileSync(join(folder, simulated()), 'utf8');
    const shared = `${module.replace('simulation =', 'unused =')}
      export const traffic = [{ to: 'a', event: { type: 'PAY', amount: 8 } }];
      export const properties = {
        sometimes: { poor: unused.properties.sometimes.poor },
        eventually: { 'poor at last': unused.properties.sometimes.poor },
      };`;
    writeFileSync(join(folder, 'shared.mjs'), shared);
    expect(run('simulate', 'shared.mjs', '--runs', '20').stdout).toMatch(/runs in which sometimes poor\D+[1-9]/);
    expect(run('explore', 'shared.mjs').stdout).toContain('✓ eventually: poor at last – holds');
  });

  it('stops at Ctrl-C and says how far it came', async () => {
    const endless = readFileSync(join(folder, simulated()), 'utf8').replace(
      '{ solvent',
      "{ told: () => console.log('a state'), solvent",
    );
    writeFileSync(join(folder, 'endless.mjs'), endless);
    const runs = ['simulate', 'endless.mjs', '--steps', '3', '--runs', '1000000', '--seed', '3'];
    const { status, printed } = await interrupt(runs, 'a state');
    expect(status).toBe(130);
    expect(printed).toMatch(/stopped; \d+ run\(s\) were as they should be/);
  });

  it('refuses what is no option of a simulation', () => {
    expect(run('simulate', simulated(), '--fault', 'fire=0.1')).toMatchObject({ status: 2 });
    expect(run('simulate', simulated(), '--fault', 'cut').stderr).toMatch(/--fault as cut=0.01, got "cut"/);
    expect(run('simulate', simulated(), '--runs', 'many').stderr).toMatch(/whole number, got "many"/);
  });
});

describe('verify', () => {
  it('exits with 1 when one is inconsistent, naming channel and sequence number', () => {
    run('run', bank, '--every', '10ms', '--snapshots', '1', '--out', 'b');
    const snapshot = structuredClone(parseSnapshot(readFileSync(files('b')[0]!, 'utf8')));
    (snapshot.channels['alice->bob']!.messages as unknown[]).push({ seq: 99_999, event: { type: 'MONEY\u001b[2J' } });
    const bad = join(folder, 'bad.snapshot');
    writeFileSync(bad, serializeSnapshot(snapshot));
    const { status, stdout } = run('verify', files('b')[0]!, bad);
    expect([status, stdout]).toEqual([1, expect.stringMatching(/consistent\n.*INCONSISTENT[\s\S]*alice->bob.*99999/)]);
    expect(run('show', bad).stdout).not.toContain('\u001b[2J');
    expect(JSON.parse(run('verify', bad, '--json').stdout)).toMatchObject({
      consistent: false,
      violations: [{ channel: 'alice->bob' }],
    });
  });

  it('exits with 2 when one cannot be read', () => {
    writeFileSync(join(folder, 'broken.snapshot'), 'hello');
    run('run', bank, '--every', '10ms', '--snapshots', '1', '--out', 'd');
    expect(run('verify', 'broken.snapshot', files('d')[0]!)).toMatchObject({
      stdout: expect.stringMatching(/: consistent\n$/),
      status: 2,
      stderr: expect.stringContaining('broken.snapshot'),
    });
  });
});

describe('what is printed', () => {
  it('is whole when it goes through a pipe, and ends with its reader', () => {
    run('run', bank, '--every', '10ms', '--snapshots', '1', '--out', 'p');
    const snapshot = structuredClone(parseSnapshot(readFileSync(files('p')[0]!, 'utf8')));
    Object.assign(snapshot.processes.alice!.snapshot, { context: 'x'.repeat(2e6) });
    const big = join(folder, 'big.snapshot');
    writeFileSync(big, serializeSnapshot(snapshot));
    const piped = (command: string) =>
      spawnSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8', timeout: 9000 });
    const cli = `"${process.execPath}" "${main}"`;
    expect(Number(piped(`${cli} show "${big}" --json | (sleep 1; wc -c)`).stdout)).toBeGreaterThan(2e6);
    expect(piped(`${cli} run "${bank}" --every 10ms --json | head -1`)).toMatchObject({ signal: null, stderr: '' });
  }, 60_000);

  it('has an end, whatever a file shares', () => {
    run('run', bank, '--every', '10ms', '--snapshots', '1', '--out', 'q');
    const snapshot = structuredClone(parseSnapshot(readFileSync(files('q')[0]!, 'utf8')));
    let context: unknown = 'leaf';
    for (let level = 0; level < 60; level++) context = { left: context, right: context };
    Object.assign(snapshot.processes.alice!.snapshot, { context });
    const shared = join(folder, 'shared.snapshot');
    writeFileSync(shared, serializeSnapshot(snapshot));
    expect(run('show', shared)).toMatchObject({ status: 0 });
    expect(run('diff', shared, shared).stdout).toBe('No difference.\n');
    expect(run('diff', shared, files('q')[0]!).stdout).toContain('processes.alice.snapshot.context.left');
    expect(run('show', shared, '--json')).toMatchObject({ status: 2, stderr: expect.stringContaining('values') });
  }, 120_000);
});

describe('npm start', () => {
  it('ends well: exact sums, a file that verifies, a restored bank that goes on', () => {
    const tsx = join(root, 'node_modules/tsx/dist/cli.mjs');
    const { status, stdout } = spawnSync(
      process.execPath,
      [tsx, join(root, 'demos/runner/main.ts'), 'bank', '--lang', 'en'],
      {
        encoding: 'utf8',
        env: { ...process.env, TMPDIR: tmpdir() },
      },
    );
    expect(status).toBe(0);
    expect(stdout).toContain('10 snapshots: 10 consistent with the exact sum');
    expect(stdout).toMatch(/Restored in a new network, which made \d+ more payments; its sum: 3,000 ✓/);
  });
});
