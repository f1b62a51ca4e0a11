// Builds what `exports` names here and in the workspace, from nothing: ESM and declarations by plain tsc, the inspector page by vite.
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { buildPage } from './build-page.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
compile('dist', 'tsconfig.build.json');
compile('src/xstate-inspect-bridge/dist', 'tsconfig.bridge.json');
chmodSync(`${root}dist/src/cli/main.js`, 0o755);
await buildPage(`${root}dist/src/inspect/page.html`);
const html = readFileSync(`${root}dist/src/inspect/page.html`, 'utf8');
writeFileSync(`${root}dist/src/inspect/embed/page-html.js`, `export const pageHtml = ${JSON.stringify(html)};\n`);

function compile(target, project) {
  rmSync(`${root}${target}`, { recursive: true, force: true });
  try {
    execFileSync(process.execPath, [tsc, '-p', `${root}test/tools/${project}`], { stdio: 'inherit' });
  } catch {
    process.exit(1); // tsc has said why
  }
}
