import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import demo from '../../demos/react-bug-report/demo.js';
import { whereaboutsIn, type LabSnapshot } from '../../demos/react-bug-report/whereabouts.js';
import { servePage, type ServedPage } from '../../demos/runner/page.js';
import { parseSnapshot, serializeSnapshot } from '../../src/file/index.js';
import { verifySnapshot } from '../../src/index.js';
import { describeInChromium, startChromium } from '../support/chromium.js';
import { pins } from './pins.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// A browser starts and a page is built: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

describe('react-bug-report', () => {
  pins(demo, {
    'reports with every photo once': 4,
    'reports that are consistent': 4,
    'reports from which every photo is developed once': 4,
    'an order is in flight': false,
    'a picture is in flight': false,
    'photos wait at the desk': true,
  });
});

describeInChromium('the page of react-bug-report', () => {
  let browser: Browser;
  let served: ServedPage;
  const pages: Page[] = [];

  beforeAll(async () => {
    served = await servePage(new URL('../../demos/react-bug-report/page/', import.meta.url));
    browser = await startChromium();
  });
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.close();
  });
  afterAll(async () => {
    await browser.close();
    await served.close();
  });

  async function open() {
    const page = await browser.newPage();
    pages.push(page);
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
    await page.goto(served.url);
    await page.getByText('The worker is connected.').waitFor();
    const count = async (title: string) => {
      const shown = await page.getByRole('region', { name: title }).getByRole('status').textContent();
      return shown === 'none' ? 0 : Number(shown);
    };
    return {
      page,
      complaints,
      handIn: (name: string) => page.getByRole('button', { name: `Hand in ${name}` }).click(),
      counts: async () => [
        await count('At the desk, not ordered yet'),
        await count('In the lab'),
        await count('Developed'),
      ],
      message: () => page.locator('p[role=status]').textContent(),
    };
  }

  /** Clicks the button, and reads the file that is downloaded. */
  async function reportFrom(page: Page) {
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Bug report', exact: true }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toMatch(/^bug-report-.*\.snapshot$/);
    return readFileSync(await download.path(), 'utf8');
  }

  async function drop(page: Page, content: string) {
    const dataTransfer = await page.evaluateHandle((text) => {
      const data = new DataTransfer();
      data.items.add(new File([text], 'bug-report.snapshot'));
      return data;
    }, content);
    await page.dispatchEvent('main', 'drop', { dataTransfer });
  }

  it('starts its actor twice, as React’s strict mode does, and has one worker and one link all the same', async () => {
    const { page, complaints, handIn, counts } = await open();
    expect(await page.locator('footer').textContent()).toContain('strict mode: this page’s actor was started 2 times.');
    expect(page.workers()).toHaveLength(1);
    await handIn('a photo');
    await expect.poll(counts, { timeout: 10_000 }).toEqual([0, 0, 1]);
    const { channels, processes, stats } = parseSnapshot(await reportFrom(page)) as LabSnapshot;
    expect(stats.markers).toBe(2);
    expect(Object.keys(channels).sort()).toEqual(['desk->lab', 'lab->desk']);
    expect(processes.desk.sent).toEqual({ 'desk->lab': { count: 1 } });
    expect(complaints).toEqual([]);
    await page.evaluate(axe);
    const violations: unknown = await page.evaluate(
      'axe.run().then(({ violations }) => violations.map(({ id }) => id))',
    );
    expect(violations).toEqual([]);
  });

  it('saves one consistent state of the page and the worker, and goes on from the file that is dropped on it', async () => {
    const first = await open();
    await first.handIn('5 photos');
    await expect.poll(first.counts, { timeout: 10_000, interval: 5 }).toEqual([0, expect.any(Number), 2]);
    await first.handIn('5 photos');
    const file = await reportFrom(first.page);
    const snapshot = parseSnapshot(file) as LabSnapshot;
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
    const found = whereaboutsIn(snapshot);
    expect(found).toMatchObject({ handedIn: 10, atTheDesk: 5, isComplete: true });
    expect(snapshot.processes.desk.timers).toHaveLength(1);
    expect(snapshot.processes.lab.timers).toHaveLength(1);

    const second = await open();
    await drop(second.page, file);
    await expect.poll(second.message).toBe(`The page and the worker go on from ${snapshot.id}.`);
    // The photos at the desk are ordered once, when what was left of the timer is over; those in the lab go on.
    await expect.poll(second.counts, { timeout: 20_000 }).toEqual([0, 0, 10]);
    expect(second.page.workers()).toHaveLength(1);
    const last = parseSnapshot(await reportFrom(second.page)) as LabSnapshot;
    expect(whereaboutsIn(last)).toMatchObject({ handedIn: 10, developed: 10, isComplete: true });
    expect(last.processes.desk.sent['desk->lab']).toEqual({ count: 2 });
    expect(second.complaints).toEqual([]);
  });

  it('says what is wrong with a file that is no bug report of its own, and goes on', async () => {
    const { page, complaints, handIn, counts, message } = await open();
    await handIn('a photo');
    await expect.poll(counts, { timeout: 10_000 }).toEqual([0, 0, 1]);
    await drop(page, '<img src=x onerror=alert(1)>');
    await expect.poll(message).toMatch(/Expected/);
    const own = parseSnapshot(await reportFrom(page));
    const { desk, lab } = own.processes;
    await drop(page, serializeSnapshot({ ...own, processes: { desk: lab!, lab: desk! } }));
    await expect.poll(message).toMatch(/Expected/);
    expect(await counts()).toEqual([0, 0, 1]);
    expect(complaints).toEqual([]);
  });
});
