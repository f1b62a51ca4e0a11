/** Demos that have a page: it is built by vite, served on loopback, and driven without a window where nobody looks. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type BrowserContext } from 'playwright-core';
import { build, preview } from 'vite';
import { findChromium } from '../../test/tools/find-chromium.mjs';
import type { Stage } from './stage.js';

/** A page that is being served. */
export interface ServedPage {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Builds a page, for development so that React's strict mode is strict, and serves it on this machine alone.
 *
 * @param folder The folder with its `index.html`.
 */
export async function servePage(folder: URL): Promise<ServedPage> {
  const outDir = await mkdtemp(join(tmpdir(), 'panorama-page-'));
  const root = fileURLToPath(folder);
  const remove = () => rm(outDir, { recursive: true, force: true });
  try {
    const shared = { root, configFile: false, logLevel: 'error', mode: 'development' } as const;
    await build({
      ...shared,
      define: { 'process.env.NODE_ENV': '"development"' },
      worker: { format: 'es' },
      build: { outDir, emptyOutDir: true, target: 'es2022', minify: false, modulePreload: false },
    });
    const server = await preview({ ...shared, build: { outDir }, preview: { host: '127.0.0.1', port: 0 } });
    return {
      url: server.resolvedUrls!.local[0]!,
      close: async () => {
        await server.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** What a demo does with its page. */
export interface PageStory {
  /** The folder with its `index.html`. */
  readonly folder: URL;
  /** Does with the page what a person would, and tells of it. */
  readonly drive: (context: BrowserContext, url: string) => Promise<void>;
  /** Tells what there would be to see. */
  readonly describe: () => void;
}

/**
 * Serves the page until Ctrl-C, on a terminal; elsewhere drives it in a Chromium without a window, or, where there is none,
 * says what it would have shown.
 */
export async function tellOnPage(stage: Stage, { folder, drive, describe }: PageStory): Promise<void> {
  const executablePath = findChromium();
  if (!stage.isInteractive && executablePath === undefined) {
    describe();
    return stage.say({
      en: 'No Chromium was found here to show it in: run this on a terminal and open the page, or set CHROME_PATH.',
      zh: '这里没有找到 Chromium：请在终端里运行并打开页面，或设置 CHROME_PATH。',
    });
  }
  const page = await servePage(folder);
  try {
    if (stage.isInteractive) {
      describe();
      stage.say({ en: `\n  ${page.url}\n\nCtrl-C ends it.`, zh: `\n  ${page.url}\n\n按 Ctrl-C 结束。` });
      await once(stage.signal, 'abort');
    } else await driveHeadless(stage, executablePath!, (context) => drive(context, page.url));
  } finally {
    await page.close();
  }
}

async function driveHeadless(
  stage: Stage,
  executablePath: string,
  drive: (context: BrowserContext) => Promise<void>,
): Promise<void> {
  // Containers have a small /dev/shm and run as root.
  const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
  const browser = await chromium.launch({ executablePath, args });
  const end = () => void browser.close();
  stage.signal.addEventListener('abort', end);
  try {
    const locale = { en: 'en-US', zh: 'zh-CN' }[stage.language];
    await drive(await browser.newContext({ acceptDownloads: true, locale }));
  } finally {
    stage.signal.removeEventListener('abort', end);
    await browser.close();
  }
}
