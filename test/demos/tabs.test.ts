import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { servePage, type ServedPage } from '../../demos/runner/page.js';
import demo from '../../demos/tabs/demo.js';
import { describeInChromium, startChromium } from '../support/chromium.js';
import { pins } from './pins.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// A browser starts and a page is built: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 20_000 } } });

describe('tabs', () => {
  pins(demo, {
    'snapshots with every coin': 5,
    'snapshots that are consistent': 5,
    'coins are on their way': true,
  });
});

describeInChromium('the page of tabs', () => {
  let browser: Browser;
  let context: BrowserContext;
  let served: ServedPage;

  beforeAll(async () => {
    served = await servePage(new URL('../../demos/tabs/page/', import.meta.url));
    browser = await startChromium();
    context = await browser.newContext();
  });
  afterAll(async () => {
    await browser.close();
    await served.close();
  });

  async function open() {
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
    await page.goto(served.url);
    return { page, complaints, others: () => page.locator('#others').textContent() };
  }

  /** What a snapshot, taken in a tab, says. */
  async function snapshotIn(page: Page) {
    await page.locator('#verdict').evaluate((verdict) => (verdict.textContent = ''));
    await page.getByRole('button', { name: 'Take a snapshot' }).click();
    await expect.poll(() => page.locator('#verdict').textContent()).toBe('The snapshot is consistent.');
    const cells = await page.locator('#rows td').allTextContents();
    const rows = cells.flatMap((cell, index) => (index % 2 === 0 ? [[cell, cells[index + 1]!] as const] : []));
    return { tabs: rows.slice(0, -2).map(([id]) => id), all: Number(rows.at(-1)![1]) };
  }

  it('has all coins in the snapshots of any tab, and goes on when a tab is killed', async () => {
    const [a, b, c] = [await open(), await open(), await open()];
    for (const { others } of [a, b, c]) await expect.poll(others).toBe('2 other tabs');
    const taken = [await snapshotIn(a.page), await snapshotIn(b.page)];
    for (const { all, tabs } of taken) expect([all, tabs.length]).toEqual([300, 3]);
    expect(new Set(taken.flatMap(({ tabs }) => tabs)).size).toBe(3);

    // It says no good-bye: that it is gone is known by its lock.
    await Promise.all([c.page.waitForEvent('crash'), c.page.goto('chrome://crash').catch(() => undefined)]);
    for (const { others } of [a, b]) await expect.poll(others).toBe('1 other tab');
    const after = await snapshotIn(b.page);
    expect(after.tabs).toHaveLength(2);
    expect(after.all).toBeLessThanOrEqual(300);

    const [opened] = await Promise.all([
      context.waitForEvent('page'),
      a.page.getByRole('button', { name: 'Open another tab' }).click(),
    ]);
    await expect.poll(() => opened.locator('#others').textContent()).toBe('2 other tabs');
    await expect.poll(a.others).toBe('2 other tabs');
    expect(await snapshotIn(opened)).toMatchObject({ all: after.all + 100 });
    for (const { complaints } of [a, b]) expect(complaints).toEqual([]);
    await a.page.evaluate(axe);
    const violations: unknown = await a.page.evaluate(
      'axe.run().then(({ violations }) => violations.map(({ id }) => id))',
    );
    expect(violations).toEqual([]);
  });
});
