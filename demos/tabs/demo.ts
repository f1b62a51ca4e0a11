/** Tabs of one origin hand coins to one another; any of them takes a snapshot of all. */
import type { BrowserContext, Page } from 'playwright-core';
import { createNetwork, verifySnapshot } from 'xstate-panorama';
import { defineDemo } from '../runner/define-demo.js';
import { tellOnPage } from '../runner/page.js';
import { createRehearsal } from '../runner/rehearsal.js';
import type { Stage } from '../runner/stage.js';
import { allCoins, coinsInFlight, type TabsSnapshot } from './coins.js';
import network, { COINS } from './network.js';

/** Tabs that are opened where nobody looks. */
const TABS = 3;

async function tell(stage: Stage): Promise<void> {
  await tellOnPage(stage, {
    folder: new URL('page/', import.meta.url),
    describe: () =>
      stage.say({
        en: 'Open the page in several tabs: each keeps handing coins to the others, and each can take a snapshot of all of them.',
        zh: '在多个标签页里打开这个页面：每个都不停地把硬币递给其他标签页，每个都能给全体拍快照。',
      }),
    drive: (context, url) => drive(stage, context, url),
  });
}

/** Opens tabs, takes a snapshot in one of them, closes another, and takes the next. */
async function drive(stage: Stage, context: BrowserContext, url: string): Promise<void> {
  const tabs: Page[] = [];
  for (let n = 0; n < TABS; n++) {
    const tab = await context.newPage();
    await tab.goto(url);
    tabs.push(tab);
  }
  await waitForOthers(tabs, TABS - 1);
  stage.say({
    en: `${TABS} tabs, each of which came with ${COINS} coins, hand coins to one another. A snapshot taken in the first:`,
    zh: `${TABS} 个标签页，各带来 ${COINS} 枚硬币，互相递硬币。在第一个里拍的快照：`,
  });
  const [first, last] = [tabs[0]!, tabs.at(-1)!];
  const before = await takeSnapshot(first);
  stage.table(
    [
      { en: 'tab', zh: '标签页' },
      { en: 'coins', zh: '硬币' },
    ],
    before.rows,
  );
  await last.close();
  await waitForOthers(tabs.slice(0, -1), TABS - 2);
  const after = await takeSnapshot(first);
  const all = before.rows.at(-1)![1];
  const isRight = [before, after].every(({ isConsistent }) => isConsistent) && all === String(TABS * COINS);
  stage.say({
    en: `All ${all} coins are there, none twice. The third tab was closed and took its coins along; the next snapshot has ${after.rows.length - 2} tabs.`,
    zh: `${all} 枚硬币一枚不少，一枚不重。第三个标签页关闭了，带走了它的硬币；下一个快照有 ${after.rows.length - 2} 个标签页。`,
  });
  if (!isRight) throw new Error(`Expected ${TABS * COINS} coins in consistent snapshots, got ${all}.`);
}

async function waitForOthers(tabs: readonly Page[], others: number): Promise<void> {
  for (const tab of tabs) await tab.locator('#others', { hasText: new RegExp(`${others} `) }).waitFor();
}

/** Takes a snapshot in a tab, and reads what it shows. */
async function takeSnapshot(tab: Page): Promise<{ rows: string[][]; isConsistent: boolean }> {
  await tab.locator('#verdict').evaluate((verdict) => (verdict.textContent = ''));
  await tab.locator('#snapshot').click();
  const verdict = tab.locator('#verdict', { hasText: /\S/ });
  await verdict.waitFor();
  const rows = await tab
    .locator('#rows tr')
    .evaluateAll((all) => all.map((row) => Array.from(row.children, (cell) => cell.textContent ?? '')));
  return { rows, isConsistent: /is consistent|快照是一致的/.test((await verdict.textContent()) ?? '') };
}

/** Snapshots in one run under a seed. */
const SNAPSHOTS = 5;

export default defineDemo({
  summary: {
    en: 'browser tabs hand coins to one another; any tab takes a snapshot of all',
    zh: '浏览器标签页互相递硬币；任何一个都能给全体拍快照',
  },
  tell,
  claims: {
    seeds: 30,
    always: { 'snapshots with every coin': SNAPSHOTS, 'snapshots that are consistent': SNAPSHOTS },
    sometimes: ['coins are on their way'],
    async run(seed) {
      const rehearsal = createRehearsal(seed);
      const tabs = createNetwork(network, rehearsal);
      tabs.start();
      const snapshots: TabsSnapshot[] = [];
      while (snapshots.length < SNAPSHOTS) {
        for (let n = 0; n < 10; n++) rehearsal.tick(7, 0.4);
        const taking = tabs.takeSnapshot({ initiators: [rehearsal.random.pick(['red', 'green', 'blue'] as const)] });
        rehearsal.settle();
        snapshots.push(await taking);
      }
      tabs.stop();
      return {
        'snapshots with every coin': snapshots.filter((snapshot) => allCoins(snapshot) === 3 * COINS).length,
        'snapshots that are consistent': snapshots.filter((snapshot) => verifySnapshot(snapshot).consistent).length,
        'coins are on their way': snapshots.some((snapshot) => coinsInFlight(snapshot) > 0),
      };
    },
  },
});
