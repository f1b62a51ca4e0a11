/** A React page and its web worker: one button saves the state of both, and the file brings both back. */
import { readFile } from 'node:fs/promises';
import type { BrowserContext, Page } from 'playwright-core';
import { createNetwork, verifySnapshot } from 'xstate-panorama';
import { parseSnapshot } from 'xstate-panorama/file';
import { defineDemo } from '../runner/define-demo.js';
import { tellOnPage } from '../runner/page.js';
import { createRehearsal } from '../runner/rehearsal.js';
import type { Stage } from '../runner/stage.js';
import config from './network.js';
import { whereaboutsIn, type LabSnapshot, type Whereabouts } from './whereabouts.js';

async function tell(stage: Stage): Promise<void> {
  await tellOnPage(stage, {
    folder: new URL('page/', import.meta.url),
    describe: () =>
      stage.say({
        en: 'A React page orders photos from its web worker. “Bug report” saves one snapshot of both; drop the file on the page, and both go on from there.',
        zh: '一个 React 页面向它的 Web Worker 订照片。“问题报告”保存两者的一个快照；把文件拖回页面，两者从那里继续。',
      }),
    drive: (context, url) => drive(stage, context, url),
  });
}

/** A person hands photos in, saves a bug report while they are worked on, and sends it to somebody who opens it. */
async function drive(stage: Stage, context: BrowserContext, url: string): Promise<void> {
  const user = await context.newPage();
  await user.goto(url);
  await user.getByRole('button', { name: '5' }).click();
  await user.getByRole('progressbar').nth(3).waitFor({ state: 'attached' }); // ordered
  await user.locator('section:nth-of-type(3) li').first().waitFor(); // one is developed
  await user.getByRole('button', { name: '5' }).click(); // these wait at the desk
  stage.say({
    en: 'A page and its web worker: 10 photos are handed in, and a bug report is saved while they are worked on.',
    zh: '一个页面和它的 Web Worker：交了 10 张照片，正在冲印时保存问题报告。',
  });
  const file = await saveBugReport(user);
  const snapshot = parseSnapshot(await readFile(file, 'utf8')) as LabSnapshot;
  const found = whereaboutsIn(snapshot);
  const { desk, lab } = snapshot.processes;
  stage.table(undefined, [
    ...rows(stage, found),
    [
      stage.text({ en: 'timers pending, page and worker', zh: '页面和 Worker 里未到期的定时器' }),
      desk.timers.length + lab.timers.length,
    ],
  ]);

  const developer = await context.newPage();
  await developer.goto(url);
  await developer.locator('input[type=file]').setInputFiles(file);
  await developer.locator('section:nth-of-type(3) li').nth(9).waitFor();
  const all = await developer.locator('section:nth-of-type(3) output').textContent();
  const isRight = found.isComplete && all === '10' && verifySnapshot(snapshot).consistent;
  stage.say({
    en: `Opened on another page, the page and a new worker went on from it: ${all} of 10 photos developed, none twice.`,
    zh: `在另一个页面里打开，页面和新的 Worker 从那里继续：10 张照片冲印了 ${all} 张，没有一张重复。`,
  });
  if (!isRight) throw new Error(`Expected every photo once, got ${JSON.stringify(found)} and ${all} in the end.`);
}

async function saveBugReport(page: Page): Promise<string> {
  const saving = page.waitForEvent('download');
  await page.locator('.report').click();
  return (await saving).path();
}

function rows(stage: Stage, found: Whereabouts): [string, number][] {
  return [
    [stage.text({ en: 'at the desk, to be ordered', zh: '在柜台，待下单' }), found.atTheDesk],
    [stage.text({ en: 'ordered, on the way to the worker', zh: '已下单，在途' }), found.orderInFlight],
    [stage.text({ en: 'in the worker', zh: '在 Worker 里' }), found.inTheLab],
    [stage.text({ en: 'developed, on the way to the page', zh: '已冲印，在途' }), found.pictureInFlight],
    [stage.text({ en: 'developed', zh: '已冲印' }), found.developed],
    [stage.text({ en: '= handed in', zh: '= 交的照片' }), found.handedIn],
  ];
}

/** Bug reports in one run under a seed, and photos handed in. */
const REPORTS = 4;
const PHOTOS = 12;

export default defineDemo({
  summary: {
    en: 'a React page and its web worker: a bug report holds the state of both, and brings both back',
    zh: 'React 页面和它的 Web Worker：问题报告里有两者的状态，也能让两者恢复',
  },
  tell,
  claims: {
    seeds: 30,
    always: {
      'reports with every photo once': REPORTS,
      'reports that are consistent': REPORTS,
      'reports from which every photo is developed once': REPORTS,
    },
    sometimes: ['an order is in flight', 'a picture is in flight', 'photos wait at the desk'],
    async run(seed) {
      const rehearsal = createRehearsal(seed);
      const network = createNetwork(config, rehearsal);
      network.start();
      const reports: LabSnapshot[] = [];
      for (let n = 0; n < REPORTS; n++) {
        network.send('desk', { type: 'HAND_IN', count: PHOTOS / REPORTS });
        const ticks = rehearsal.random.integer(60);
        for (let tick = 0; tick < ticks; tick++) rehearsal.tick(25, 0.3);
        const taking = network.takeSnapshot({ initiators: [n % 2 === 0 ? 'desk' : 'lab'] });
        rehearsal.settle();
        reports.push(await taking);
      }
      network.stop();
      const found = reports.map(whereaboutsIn);
      return {
        'reports with every photo once': found.filter(({ isComplete }) => isComplete).length,
        'reports that are consistent': reports.filter((report) => verifySnapshot(report).consistent).length,
        'reports from which every photo is developed once': reports.filter((report) => goOn(report, seed)).length,
        'an order is in flight': found.some(({ orderInFlight }) => orderInFlight > 0),
        'a picture is in flight': found.some(({ pictureInFlight }) => pictureInFlight > 0),
        'photos wait at the desk': found.some(({ atTheDesk }) => atTheDesk > 0),
      };
    },
  },
});

/** Whether all photos of a report are developed, each once, when it is gone on from. */
function goOn(snapshot: LabSnapshot, seed: number): boolean {
  const rehearsal = createRehearsal(seed);
  const network = createNetwork(config, { snapshot, ...rehearsal });
  network.start();
  for (let tick = 0; tick < 1000; tick++) rehearsal.tick(25, 0.5);
  const { handedIn, developed } = network.processes.desk.actor.getSnapshot().context;
  network.stop();
  return developed.length === handedIn && new Set(developed.map(({ id }) => id)).size === handedIn;
}
