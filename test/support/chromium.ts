/** A real Chromium for tests that drive a page. */
import { chromium, type Browser } from 'playwright-core';
import { describe, it } from 'vitest';
import { findChromium } from '../tools/find-chromium.mjs';

/** Starts a Chromium without a window. Close it. @param ignoreDefaultArgs What Playwright is not to switch off or on. */
export function startChromium(ignoreDefaultArgs: string[] = []): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new Error('Expected a Chromium, got none. Run `node test/tools/install-chromium.mjs`, or set CHROME_PATH.');
  // Containers have a small /dev/shm and run as root.
  const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
  return chromium.launch({ executablePath, args, ignoreDefaultArgs });
}

/** `describe` for what needs a Chromium: where there is none it says what did not run; in CI that is a failure. */
export function describeInChromium(name: string, run: () => void): void {
  if (findChromium() !== undefined) return void describe(name, run);
  if (process.env.CI === 'true') {
    return void it(`${name}: needs a Chromium`, () => void startChromium());
  }
  console.warn(`not run, as there is no Chromium here (set CHROME_PATH): ${name}`);
  describe.skip(name, run);
}
