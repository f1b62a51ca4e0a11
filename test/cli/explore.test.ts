/** `explore` of the built command line, as a person or a program runs it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createCommandLine } from '../support/command-line.js';

const { folder, write, run, interrupt } = createCommandLine();

const token = `
  import { assign, sendTo, setup } from 'xstate';
  import { ring } from 'xstate-panorama';
  const holder = (tokens, next) => setup({}).createMachine({
    context: { tokens },
    on: {
      PASS: {
        guard: ({ context }) => context.tokens > 0,
        actions: [assign({ tokens: 0 }), sendTo(({ system }) => system.get(next), { type: 'TOKEN' })],
      },
      TOKEN: { actions: assign({ tokens: 1 }) },
    },
  });
  export default { processes: { p: holder(1, 'q'), q: holder(0, 'p') }, channels: ring(['p', 'q']) };
`;

describe('explore', () => {
  it('counts the states of a module’s network, judges its properties, and exits with 0 when all hold', () => {
    write(
      'token.mjs',
      `${token}
      export const traffic = [{ to: 'p', event: { type: 'PASS' } }, { to: 'q', event: { type: 'PASS' } }];
      const held = ({ processes }) => processes.p.snapshot.context.tokens + processes.q.snapshot.context.tokens;
      export const properties = {
        always: { 'one token': (state) => held(state) + state.stats.messages === 1 },
        sometimes: { 'in flight': (state) => held(state) === 0 },
      };`,
    );
    const { status, stdout, stderr } = run('explore', 'token.mjs');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/states.*steps.*depth.*at rest[^]*│ 8 +│ 8 +│ 4 +│ 2 +│.*all there are/);
    expect(stdout).toContain('✓ always: one token – holds\n✓ sometimes: in flight – holds\n');
    const json = JSON.parse(run('explore', 'token.mjs', '--json').stdout) as object;
    expect(json).toMatchObject({ complete: true, stoppedBy: null, states: 8, edges: 8, depth: 4, terminal: 2 });
    expect(run('explore', 'token.mjs', '--max-states', '3')).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/stopped: max-states[^]*one token – undecided/) as string,
    });
  });

  it('tells the story of a violation, and exits with 1', () => {
    write(
      'two.mjs',
      `${token}
      export const exploration = {
        traffic: ({ processes }) => Object.keys(processes).map((to) => ({ to, event: { type: 'PASS' } })),
        properties: { always: { 'q never has it': ({ processes }) => processes.q.snapshot.context.tokens === 0 } },
      };`,
    );
    const { status, stdout } = run('explore', 'two.mjs');
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /✗ always: q never has it – violated\n.*p  q\n.*p takes PASS; sends #1 TOKEN to q.*\n.*q receives #1 TOKEN from p/,
    );
    const { properties } = JSON.parse(run('explore', 'two.mjs', '--json').stdout) as { properties: object[] };
    expect(properties).toMatchObject([
      { verdict: 'violated', steps: [{ process: 'p' }, { process: 'q', input: { type: 'message', channel: 'p->q' } }] },
    ]);
  });

  it('stops at Ctrl-C and says what it knows by then; refuses what it cannot explore', async () => {
    writeFileSync(
      join(folder, 'endless.mjs'),
      `import { assign, setup } from 'xstate';
       const counter = setup({}).createMachine({
         context: { n: 0 },
         on: { UP: { actions: [assign({ n: ({ context }) => context.n + 1 }), () => console.log('up')] } },
       });
       export default { processes: { p: counter }, channels: [] };
       export const exploration = { traffic: () => [{ to: 'p', event: { type: 'UP' } }] };`,
    );
    const { status, printed } = await interrupt(['explore', 'endless.mjs', '--json'], 'up\nup\n');
    expect(status).toBe(130);
    expect(printed).toContain('"stoppedBy":"signal"');
    write('bad.mjs', `${token}\nexport const traffic = [{ to: 'z', event: { type: 'PASS' } }];`);
    expect(run('explore', 'bad.mjs')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('a process (p, q), got "z"') as string,
    });
  });
});
