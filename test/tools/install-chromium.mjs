// Makes sure that there is a Chromium for the tests that drive a page: installs it where that can be done.
import { spawnSync } from 'node:child_process';
import { findChromium } from './find-chromium.mjs';

if (findChromium() === undefined) {
  console.log('chromium: none found; installing it with apt-get …');
  const apt = (...args) =>
    spawnSync('apt-get', args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  apt('update');
  apt('install', '-y', '--no-install-recommends', 'chromium', 'fonts-dejavu-core');
}
const found = findChromium();
console.log(found === undefined ? 'chromium: none to be had (set CHROME_PATH to one)' : `chromium: ${found}`);
