/** Recording a run on the built command line, and exporting it for other eyes. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { parseRun } from '../../src/inspect/files.js';
import { runOf } from '../../src/inspect/run/index.js';

// Programs start for each: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 });

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(root, 'test/.cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function cli(...args: string[]) {
  const main = join(root, 'dist/src/cli/main.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { cwd: folder, encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('run --record, and export', () => {
  it('records everything, and writes it for ShiViz, as Mermaid and as SVG', () => {
    const bank = join(root, 'demos/bank/network.ts');
    expect(cli('run', bank, '--every', '5ms', '--snapshots', '2', '--record', 'bank.panorama')).toMatchObject({
      status: 0,
    });
    const run = runOf(parseRun(readFileSync(join(folder, 'bank.panorama'), 'utf8')));
    expect(run.skipped).toBe(0);
    expect([...run.snapshots.values()].map(({ status }) => status)).toEqual(['complete', 'complete']);
    const { processes } = run.network;
    expect(run.steps.filter(({ kind }) => kind === 'started')).toHaveLength(processes.length);

    const shiviz = cli('export', 'bank.panorama', '--format', 'shiviz').stdout;
    expect(shiviz.split('\n').filter((line) => /^\w+ \{.*\}$/.test(line))).toHaveLength(run.steps.length);

    expect(cli('export', 'bank.panorama', '--format', 'mermaid', '--out', 'bank.mmd').status).toBe(0);
    expect(readFileSync(join(folder, 'bank.mmd'), 'utf8')).toMatch(/^sequenceDiagram\n {2}participant p0 as alice\n/);
    expect(cli('export', 'bank.panorama', '--format', 'mermaid', '--machine', 'bob').stdout).toContain(
      'state "paying" as',
    );

    expect(cli('export', 'bank.panorama', '--format', 'png', '--out', 'bank.png').status).toBe(0);
    const png = readFileSync(join(folder, 'bank.png'));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(png.readUInt32BE(16)).toBeGreaterThan(500); // pixels wide

    const svg = cli('export', 'bank.panorama', '--format', 'svg').stdout;
    expect(svg.match(/<path class="cut"/g)?.length).toBe(2);
    expect(svg.match(/<path class="record"/g)!.length).toBeLessThanOrEqual(10);
    expect(svg.match(/<(\w+)[^>]*[^/]>/g)!.length).toBe(svg.match(/<\/\w+>/g)!.length); // what is opened is closed
  });

  it('takes inspection events of any XState app', () => {
    const record = (type: string, more: object) =>
      JSON.stringify({ type: `@xstate.${type}`, sessionId: 'x:0', ...more });
    writeFileSync(
      join(folder, 'app.jsonl'),
      `${record('actor', { name: 'me' })}\n${record('event', { event: { type: 'HI' } })}\n`,
    );
    expect(cli('export', 'app.jsonl', '--format', 'shiviz').stdout).toMatch(/^me \{"me":1\}/m);
    expect(cli('inspect', 'app.jsonl', '--html', 'app.html')).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(join(folder, 'app.html'), 'utf8')).toContain('xstate-panorama run');
  });

  it('says what is wrong with a file', () => {
    writeFileSync(join(folder, 'no.panorama'), '{"format":"xstate-panorama run","version":99}\n');
    expect(cli('export', 'no.panorama', '--format', 'svg')).toMatchObject({ status: 2, stderr: /of version 1/ });
    expect(cli('export', 'none', '--format', 'svg')).toMatchObject({ status: 2, stderr: /readable recorded run/ });
    expect(cli('export', 'none', '--format', 'gif')).toMatchObject({ status: 2, stderr: /Allowed choices/ });
    expect(cli('inspect', 'none')).toMatchObject({ status: 2, stderr: /a module or a readable file/ });
    writeFileSync(join(folder, 'notes.txt'), 'buy milk\n');
    const refused = cli('inspect', 'notes.txt', '--html', 'notes.html');
    expect(refused).toMatchObject({
      status: 2,
      stderr: /recorded run, a snapshot file, or lines of XState.*"buy milk/,
    });
  });
});

it('the built page is small: nobody waits for it, and a recorded run can be mailed', () => {
  expect(gzipSync(readFileSync(join(root, 'dist/src/inspect/page.html'))).length).toBeLessThan(80_000);
});
