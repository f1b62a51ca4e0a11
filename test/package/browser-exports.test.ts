/** Which of the package's exports a browser can load: they are bundled for one, and reach no Node built-in. */
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  exports: Record<string, string | { default: string }>;
};
const modules = Object.entries(exports).flatMap(([name, target]) =>
  typeof target === 'string' ? [] : [[name, target.default] as const],
);
/** For Node alone. */
const OF_NODE = ['./checkpoint/file-store', './recovery/file-input-store', './inspect/server'];

/** The Node built-ins that an export's bundle would need. */
async function builtinsOf(path: string): Promise<string[]> {
  const found = new Set<string>();
  await build({
    entryPoints: [root + path],
    bundle: true,
    platform: 'browser',
    format: 'esm',
    write: false,
    logLevel: 'silent',
    external: ['vitest'],
    plugins: [
      {
        name: 'builtins',
        setup: ({ onResolve }) =>
          onResolve({ filter: /.*/ }, ({ path: name }) => {
            if (!isBuiltin(name)) return undefined;
            found.add(name);
            return { path: name, external: true };
          }),
      },
    ],
  });
  return [...found];
}

describe('exports', () => {
  it.each(modules)('%s', async (name, path) => {
    const builtins = await builtinsOf(path);
    if (OF_NODE.includes(name)) expect(builtins).not.toEqual([]);
    else expect(builtins).toEqual([]);
  });
});
