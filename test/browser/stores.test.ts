/** The store's contract in a real browser's IndexedDB. */
import { parse, stringify } from 'devalue';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { CheckpointStore } from '../../src/checkpoint/index.js';
import { parseSnapshot, serializeSnapshot } from '../../src/file/index.js';
import { snapshotOf } from '../../src/testing/contracts/checkpoint-store-contract.js';
import { checkpointStoreContract } from '../../src/testing/contracts/index.js';
import { describeInChromium, startChromium } from '../support/chromium.js';
import type { Agent, StoreCall } from './agent.js';
import { serveAgent, type Site } from './site.js';

declare const agent: Agent;
declare const saved: (id: string) => void;

// A browser starts: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 15_000 } } });

describeInChromium('IndexedDB in a browser', () => {
  let browser: Browser;
  let context: BrowserContext;
  let site: Site;
  let page: Page;
  let name = '';
  let count = 0;

  beforeAll(async () => {
    [browser, site] = await Promise.all([startChromium(), serveAgent()]);
    context = await browser.newContext();
    page = await open();
  });
  beforeEach(() => (name = `store ${++count}`));
  afterAll(async () => {
    await browser.close();
    site.close();
  });

  async function open(): Promise<Page> {
    const opened = await context.newPage();
    await opened.goto(site.url);
    await opened.waitForFunction('agent');
    return opened;
  }

  const contract = checkpointStoreContract(() => {
    const store = `contract ${++count}`;
    return { open: () => storeIn(page, store, ++count) };
  });
  for (const { name, run } of contract) it(name, run);

  it('has whole checkpoints alone when its page is killed in the middle of saving, all those that were down', async () => {
    const killed = await open();
    const ids: string[] = [];
    await killed.exposeFunction('saved', (id: string) => void ids.push(id));
    const large = snapshotOf('snapshot-0', {
      list: Array.from({ length: 2000 }, (_, n) => ({ n, text: 'x'.repeat(1000) })),
    });
    const saving = killed
      .evaluate(([store, text]) => agent.saveForEver(store, text, (id) => saved(id)), [
        name,
        serializeSnapshot(large),
      ] as const)
      .catch(() => undefined);
    await expect.poll(() => ids.length).toBeGreaterThan(3);
    const gone = new Promise((resolve) => killed.once('crash', resolve));
    await Promise.all([gone, killed.goto('chrome://crash').catch(() => undefined)]);
    await saving;

    const store = storeIn(await open(), name, ++count);
    const found = await store.list();
    expect(found.slice(0, ids.length)).toEqual(ids);
    for (const id of found) expect(await store.load(id)).toEqual({ ...large, id });
    await store.save({ ...large, id: 'snapshot-after' });
    expect((await store.list()).at(-1)).toBe('snapshot-after');
  });
});

/** A store in a page; snapshots go there and back as text. */
function storeIn(page: Page, name: string, handle: number): CheckpointStore {
  const ask = async (method: StoreCall['method'], argument = '', number?: number): Promise<unknown> => {
    const call: StoreCall = { handle, name, method, argument, number };
    const answer = await page.evaluate((given) => agent.store(given), call);
    if ('code' in answer) throw Object.assign(new Error(answer.message), { code: answer.code });
    return answer.result;
  };
  return {
    register: {
      read: async () => parse((await ask('read')) as string),
      replace: async (version, value) => (await ask('replace', stringify(value), version)) as boolean,
    },
    save: async (snapshot, epoch) => void (await ask('save', serializeSnapshot(snapshot), epoch)),
    list: async () => (await ask('list')) as string[],
    load: async (id) => parseSnapshot((await ask('load', id)) as string),
    remove: async (id) => void (await ask('remove', id)),
  };
}
