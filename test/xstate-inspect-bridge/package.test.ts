/** The bridge as a user gets it: installed beside XState 5, which `@xstate/inspect` alone cannot be. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const source = fileURLToPath(new URL('../../src/xstate-inspect-bridge/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'panorama-bridge-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('installs cleanly beside XState 5 and shows its actors', { timeout: 300_000 }, () => {
  const npm = (cwd: string, ...args: string[]) =>
    execFileSync('npm', [...args, '--no-audit', '--no-fund'], { cwd, encoding: 'utf8', stdio: 'pipe' });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  const [packed] = JSON.parse(npm(source, 'pack', '--json', '--pack-destination', folder)) as [{ filename: string }];
  npm(folder, 'install', 'xstate@5', join(folder, packed.filename));
  const versionOf = (path: string) =>
    (JSON.parse(readFileSync(join(folder, 'node_modules', path, 'package.json'), 'utf8')) as { version: string })
      .version;
  expect(versionOf('xstate')).toMatch(/^5\./);
  writeFileSync(
    join(folder, 'main.js'),
    `import { createActor, createMachine } from 'xstate';
     import { createBridge, createDevTools } from 'xstate-panorama-inspect-bridge';
     import { serveBridge } from 'xstate-panorama-inspect-bridge/server';
     const served = await serveBridge();
     await served.stop();
     const devTools = createDevTools();
     devTools.onRegister(({ id, machine }) => console.log(id, machine.definition.initial));
     const { inspect } = createBridge({ devTools: () => devTools });
     createActor(createMachine({ initial: 'a', states: { a: {} } }), { id: 'shown', inspect }).start();`,
  );
  expect(execFileSync(process.execPath, ['main.js'], { cwd: folder, encoding: 'utf8' })).toBe('shown a\n');
});
