// Builds the inspector page as one HTML file that asks nobody for anything.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = `${root}src/inspect/page`;

/** Builds the page. @param {string} target Where the HTML goes. */
export async function buildPage(target) {
  const { output } = await build({
    root: page,
    configFile: false,
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      cssCodeSplit: false,
      rollupOptions: { input: `${page}/main.tsx`, output: { codeSplitting: false } },
    },
  });
  const script = output
    .find(({ type }) => type === 'chunk')
    .code.trim()
    .replaceAll('</script', '<\\/script');
  const style = String(output.find(({ fileName }) => fileName.endsWith('.css')).source).trim();
  const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const policy = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const head = `<meta http-equiv="Content-Security-Policy" content="${policy}">\n<style>${style}</style>\n</head>`;
  const html = readFileSync(`${page}/index.html`, 'utf8')
    .replace('</head>', () => head)
    .replace('</body>', () => `<script type="module">${script}</script>\n</body>`);
  writeFileSync(target, html);
}
