/** The inspector page in a real Chromium, against the built command line and modules that it has never seen. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { parseSnapshot } from '../../src/file/index.js';
import { verifySnapshot } from '../../src/index.js';
import { parseRun } from '../../src/inspect/files.js';
import { cutOfSnapshot, runOf, stepsIn, type Envelope } from '../../src/inspect/run/index.js';
import { describeInChromium, startChromium } from '../support/chromium.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const main = join(root, 'dist/src/cli/main.js');
const folder = mkdtempSync(join(root, 'test/.cli-'));
const pictures = join(root, 'coverage/pictures');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Two that pass a token to and fro; the names are hostile to whoever takes them for HTML. */
const HOSTILE = '<img src=x onerror=alert(1)>';
writeFileSync(
  join(folder, 'game.mjs'),
  `import { assign, createMachine, sendTo } from 'xstate';
   const player = (other, hasBall) => createMachine({
     context: () => {
       const table = { size: 9n, since: new Date(0), scores: new Map([['${HOSTILE}', new Set([1])]]) };
       return { hits: 0, balls: hasBall ? 1 : 0, motto: '${HOSTILE}', table: Object.assign(table, { table }) };
     },
     initial: hasBall ? 'holding' : 'waiting',
     states: {
       holding: { after: { 5: { target: 'waiting', actions: [
         assign({ hits: ({ context }) => context.hits + 1, balls: 0 }),
         sendTo(({ system }) => system.get(other), { type: '${HOSTILE}', balls: 1 }),
       ] } } },
       waiting: { on: { '*': { target: 'holding', actions: assign({ balls: 1 }) } } },
     },
   });
   export default { processes: { ping: player('pong', true), pong: player('ping', false) }, channels: [['ping', 'pong'], ['pong', 'ping']] };`,
);

writeFileSync(
  join(folder, 'fifty.mjs'),
  `import { createMachine, sendTo } from 'xstate';
   const id = (n) => 'worker-' + String((n + 50) % 50).padStart(2, '0');
   const worker = (n) => createMachine({
     initial: 'idle',
     states: {
       idle: { after: { [20 + (n * 7) % 30]: 'busy' } },
       busy: { entry: sendTo(({ system }) => system.get(id(n + 7)), { type: 'JOB' }), after: { 15: 'idle' } },
     },
     on: { JOB: {} },
   });
   const all = Array.from({ length: 50 }, (_, n) => n);
   export default {
     processes: Object.fromEntries(all.map((n) => [id(n), worker(n)])),
     channels: all.flatMap((n) => [1, 7, -3].map((by) => [id(n), id(n + by)])),
   };`,
);

/** Three who pay each other, and go back once to a snapshot that was taken before. */
writeFileSync(
  join(folder, 'back.mjs'),
  `import { createMachine, sendTo } from 'xstate';
   const ids = ['alice', 'bob', 'carol'];
   const next = (id, by) => ids[(ids.indexOf(id) + by) % 3];
   const pay = (id) => createMachine({
     initial: 'on',
     states: { on: { after: { 12: { target: 'on', reenter: true, actions: [1, 2].map((by) =>
       sendTo(({ system }) => system.get(next(id, by)), { type: 'MONEY' })) } } } },
     on: { MONEY: {} },
   });
   export default {
     processes: Object.fromEntries(ids.map((id) => [id, pay(id)])),
     channels: ids.flatMap((id) => [1, 2].map((by) => [id, next(id, by)])),
   };
   export function traffic(network) {
     let checkpoint;
     const watching = network.snapshots$.subscribe((snapshot) => {
       if (checkpoint === undefined) return void (checkpoint = snapshot);
       watching.unsubscribe();
       network.rollBack(checkpoint);
     });
     return () => watching.unsubscribe();
   }`,
);

/** What an app that knows nothing of us wrote of itself. */
const inspection = [
  { type: '@xstate.actor', sessionId: 'x:0', name: 'shop' },
  { type: '@xstate.actor', sessionId: 'x:1', name: HOSTILE },
  { type: '@xstate.event', sessionId: 'x:1', sourceId: 'x:0', event: { type: 'ORDER' } },
  {
    type: '@xstate.snapshot',
    sessionId: 'x:1',
    event: { type: 'ORDER' },
    snapshot: { status: 'active', value: 'busy' },
  },
].map((record) => JSON.stringify(record));

/** Writes a page with a run inside. */
async function writePage(module: string, name: string, ...args: readonly string[]): Promise<string> {
  const all = [main, 'inspect', module, '--html', name, ...args];
  const { stderr } = await promisify(execFile)(process.execPath, all, { cwd: folder });
  expect(stderr).toBe('');
  return `file://${join(folder, name)}`;
}
const demoModule = (demo: string) => join(root, 'demos', demo, 'network.ts');

// Programs and a browser start for each: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

describeInChromium('the inspector page', () => {
  let browser: Browser;
  const programs: ChildProcess[] = [];
  const pages: Page[] = [];

  const demos = readdirSync(join(root, 'demos')).filter((name) => existsSync(demoModule(name)));
  /** What a demo's picture is to show, besides a consistent cut. */
  const ofDemo: Record<string, (page: Page) => Promise<void>> = {
    philosophers: async (page) => {
      await page.getByTestId('property').getByText('! deadlocked').waitFor();
      expect(await page.locator('.node.witness').count()).toBe(5);
      expect(await page.locator('.names .witness').count()).toBe(5);
      expect(await page.getByTestId('terminated').count()).toBe(0); // nothing moves, and that is no end
    },
    diffusing: async (page) => {
      await page.getByTestId('terminated').waitFor();
      expect(await page.locator('.node.at-rest').count()).toBe(6);
    },
    'non-fifo': async (page) => {
      await page.locator('.legend').getByText('control message').waitFor();
      await page.locator('.legend').getByText('was overtaken').waitFor();
      expect(await page.locator('.legend').getByText('marker', { exact: true }).count()).toBe(0);
      expect(await verdict(page).innerText()).toMatch(/\d+ control messages/);
    },
  };
  const durations: Record<string, readonly string[]> = {
    birds: ['--for', '4s', '--speed', '4', '--latency', '150ms'],
    'non-fifo': ['--for', '300ms', '--speed', '0.6', '--latency', '60ms'],
    'react-bug-report': ['--for', '2s', '--speed', '2', '--latency', '60ms'],
  };
  const written = new Map<string, Promise<string>>();
  const writeDemo = (demo: string): Promise<string> => {
    const args = durations[demo] ?? ['--for', '900ms', '--speed', '3', '--latency', '60ms'];
    const page = written.get(demo) ?? writePage(demoModule(demo), `${demo}.html`, ...args);
    written.set(demo, page);
    return page;
  };
  /** The page of a demo. The next one is written meanwhile: a run takes its own time. */
  const pageOf = (demo: string): Promise<string> => {
    const page = writeDemo(demo);
    const next = demos[demos.indexOf(demo) + 1];
    if (next !== undefined) void page.then(() => writeDemo(next));
    return page;
  };
  let ofBank: Promise<string> | undefined;
  /** The bank in slow motion: readable, each message for itself. */
  const pageOfBank = () =>
    (ofBank ??= writePage(demoModule('bank'), 'own-bank.html', '--for', '60ms', '--speed', '0.2', '--latency', '3ms'));

  beforeAll(async () => {
    browser = await startChromium();
    mkdirSync(pictures, { recursive: true });
  });
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.close();
    for (const program of programs.splice(0)) program.kill();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A page that may ask this machine alone; what it complains of fails the test. */
  async function openPage(
    url: string,
    options: { colorScheme?: 'dark'; viewport?: { width: number; height: number } } = {},
  ) {
    const page = await browser.newPage({ acceptDownloads: true, ...options });
    pages.push(page);
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
    page.on('dialog', (dialog) => void (complaints.push(`dialog: ${dialog.message()}`), dialog.dismiss()));
    page.on('request', (request) => {
      if (!/^(file:|data:|blob:|http:\/\/127\.0\.0\.1:)/.test(request.url())) complaints.push(`asked ${request.url()}`);
    });
    await page.goto(url);
    return { page, complaints };
  }

  /** Runs `inspect` and opens its page. */
  async function inspect(args: readonly string[], options?: Parameters<typeof openPage>[1]) {
    const program = spawn(process.execPath, [main, 'inspect', ...args], { cwd: folder });
    programs.push(program);
    const url = await new Promise<string>((resolve, reject) => {
      let printed = '';
      for (const stream of [program.stdout, program.stderr]) {
        stream.on('data', (data: Buffer) => {
          printed += data.toString();
          const found = /http:\/\/\S+/.exec(printed);
          if (found !== null) resolve(found[0]);
        });
      }
      program.on('exit', () => reject(new Error(printed)));
    });
    return openPage(url, options);
  }

  const verdict = (page: Page) => page.getByTestId('verdict');

  async function download(page: Page): Promise<string> {
    const waiting = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download' }).click();
    return readFileSync(await (await waiting).path(), 'utf8');
  }

  it('shows a module that it has never seen, takes a snapshot, and shows what the file has', async () => {
    const { page, complaints } = await inspect(['game.mjs', '--latency', '20ms', '--speed', '0.5']);
    await page.getByRole('button', { name: 'pong' }).first().click();
    await page.getByRole('button', { name: /^Snapshot/ }).click();
    await verdict(page).getByText('Consistent cut').waitFor();
    const snapshot = parseSnapshot(await download(page));
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
    expect(snapshot.initiators).toEqual(['pong']);
    const { markers, messages } = snapshot.stats;
    await expect.poll(() => verdict(page).innerText()).toContain(`${markers} markers, ${messages} message`);
    // The cut that the page draws: as many messages lie before it as the file says were sent and received.
    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save' }).click();
    const run = runOf(parseRun(readFileSync(await (await saving).path(), 'utf8')));
    const cut = cutOfSnapshot(run, run.snapshots.get(snapshot.id)!)!;
    for (const { id, from, to } of run.network.channels) {
      const isOn = (envelope: Envelope) => envelope.kind === 'message' && envelope.channel === id;
      const sent = stepsIn(run, cut, from).flatMap((step) => step.sent.filter(isOn));
      const received = stepsIn(run, cut, to).filter((step) => step.received !== undefined && isOn(step.received));
      expect(sent.length).toBe(snapshot.processes[from]!.sent[id]!.count);
      expect(received.length).toBe(snapshot.processes[to]!.received[id]!.count);
      expect(sent.slice(received.length).map(({ seq }) => seq)).toEqual(
        snapshot.channels[id]!.messages.map(({ seq }) => seq),
      );
    }
    expect(await page.getByText(HOSTILE).count()).toBeGreaterThan(0); // as text
    // A value that holds itself opens as far as one likes.
    const tree = page
      .getByLabel('Process pong')
      .locator('summary')
      .filter({ hasText: /^table/ });
    for (let depth = 0; depth < 3; depth++) await tree.nth(depth).click();
    await expect.poll(() => page.getByLabel('Process pong').locator('.leaf', { hasText: 'size 9n' }).count()).toBe(3);
    expect(await page.locator('img').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('steps a paused network, one envelope at a time, and scrubs back to what was', async () => {
    const { page, complaints } = await inspect(['game.mjs', '--paused']);
    const state = () => page.getByRole('button', { name: /^ping/ }).first().innerText();
    await expect.poll(state).toContain('holding');
    await page.getByRole('button', { name: 'Step', exact: true }).click();
    await expect.poll(state).toContain('waiting');
    await page.getByLabel('Deliver the oldest of a channel').selectOption('ping->pong');
    const pong = page.getByRole('button', { name: /^pong/ }).first();
    await expect.poll(() => pong.innerText()).toContain('holding');
    await page.getByRole('button', { name: 'One step back' }).click();
    await expect.poll(() => pong.innerText()).toContain('waiting');
    await page.getByRole('button', { name: 'Live' }).click();
    await expect.poll(() => pong.innerText()).toContain('holding');
    await page.keyboard.press('s');
    await page.getByText('1/2 recorded').waitFor(); // its markers wait for the next steps
    for (let n = 0; n < 4; n++) await page.keyboard.press('.');
    await verdict(page).getByText('Consistent cut').waitFor();
    expect(complaints).toEqual([]);
  });

  it('opens a file that is dropped on it, and restores the network from a snapshot', async () => {
    const { page, complaints } = await inspect(['game.mjs', '--paused']);
    await page.getByRole('button', { name: 'Step', exact: true }).waitFor(); // keys do nothing before it is connected
    for (let n = 0; n < 5; n++) await page.keyboard.press('.');
    await page.keyboard.press('s');
    for (let n = 0; n < 6; n++) await page.keyboard.press('.');
    await verdict(page).getByText('Consistent cut').waitFor();
    const text = await download(page);
    const { hits } = (parseSnapshot(text).processes.ping!.snapshot as unknown as { context: { hits: number } }).context;
    await page.getByRole('button', { name: 'Restore here' }).click();
    await page.getByText('Press Snapshot').waitFor(); // a new run
    await page.getByRole('button', { name: /^ping/ }).first().click();
    await expect.poll(() => page.getByLabel('Process ping').innerText()).toContain(`hits ${hits}`);
    await drop(page, 'mine.snapshot', text.replace(/"count":\d+/, '"count":99'));
    await page.getByText('mine.snapshot:').waitFor(); // an edited file is refused, and says why
    await drop(page, 'mine.snapshot', text);
    await verdict(page).getByText('Consistent cut').waitFor();
    expect(complaints).toEqual([]);
  });

  it('draws the scene of a module, and the panorama of a snapshot beside that of a walk', async () => {
    const { page, complaints } = await openPage(await pageOf('birds'));
    await page.getByTestId('panorama').getByText('✓ 24 birds, each exactly once').waitFor();
    expect(await page.getByTestId('walked').innerText()).toMatch(/✗ (missing|twice): |✓ all birds|panels so far/);
    await page.getByRole('button', { name: 'Channels' }).click();
    await page
      .getByRole('button', { name: /^north-1/ })
      .first()
      .waitFor();
    expect(complaints).toEqual([]);
  });

  it('shows a deadlock with those who wait for one another', async () => {
    writeFileSync(
      join(folder, 'stuck.mjs'),
      `import { createMachine } from 'xstate';
       const waiting = (whom) => createMachine({ initial: 'stuck', states: { stuck: { tags: 'waits-for:' + whom } } });
       export default { processes: { a: waiting('b'), b: waiting('a'), c: waiting('a') }, channels: [['a', 'b'], ['b', 'a'], ['b', 'c'], ['c', 'b']] };`,
    );
    const { page, complaints } = await inspect(['stuck.mjs']);
    await page.getByRole('button', { name: /^Snapshot/ }).waitFor();
    await page.keyboard.press('s');
    await page.getByTestId('property').getByText('! deadlocked').waitFor();
    expect(await page.locator('.node.witness .name').allInnerTexts()).toEqual(['a', 'b']);
    await page.screenshot({ path: join(pictures, 'deadlock.png') });
    expect(complaints).toEqual([]);
  });

  it('works inside a page of one’s own, in a sandboxed frame', async () => {
    const { outputFiles } = buildSync({
      stdin: {
        contents: `import { createMachine } from 'xstate';
          import { createNetwork } from './dist/src/index.js';
          import { createInspector } from './dist/src/inspect/index.js';
          import { embedInspector } from './dist/src/inspect/embed/index.js';
          const idle = createMachine({ context: { motto: '${HOSTILE}' } });
          const network = createNetwork({ processes: { a: idle, b: idle }, channels: [['a', 'b'], ['b', 'a']] });
          const inspector = createInspector();
          inspector.watch(network);
          network.start();
          globalThis.embedded = embedInspector(document.querySelector('#here'), inspector);`,
        resolveDir: root,
      },
      bundle: true,
      format: 'esm',
      write: false,
    });
    const own = '<!doctype html><title>mine</title><div id="here" style="height: 90vh"></div>';
    writeFileSync(
      join(folder, 'own.html'),
      `${own}<script type="module">${outputFiles[0]!.text.replaceAll('</script', '<\\/script')}</script>`,
    );
    const { page, complaints } = await openPage(`file://${join(folder, 'own.html')}`);
    const inside = page.frameLocator('iframe');
    await inside.getByRole('button', { name: 'b' }).first().click();
    await inside.getByRole('button', { name: /^Snapshot/ }).click();
    await inside.getByTestId('verdict').getByText('Consistent cut').waitFor();
    expect(await inside.getByTestId('verdict').innerText()).toContain('begun by b');
    await page.evaluate(() => (globalThis as unknown as { embedded: { stop(): void } }).embedded.stop());
    expect(await page.locator('iframe').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('judges a cut that is dragged over the time lines, and names the message that breaks it', async () => {
    const { page, complaints } = await openPage(await pageOfBank());
    await page.getByRole('button', { name: 'Own cut' }).click();
    const own = page.getByTestId('own-verdict');
    await own.getByText('consistent').first().waitFor();
    const handle = page.getByRole('slider', { name: 'Cut of alice' });
    await handle.press('Home');
    await own.getByText('Your cut is inconsistent').waitFor();
    expect(await own.innerText()).toMatch(/has received MONEY #\d+, which alice has not sent yet/);
    const box = (await handle.boundingBox())!;
    await page.mouse.move(box.x + 9, box.y + 9);
    await page.mouse.down();
    await page.mouse.move(box.x + 2000, box.y + 9, { steps: 5 });
    await page.mouse.up();
    await handle.press('PageDown');
    await handle.press('End');
    expect(await handle.getAttribute('aria-valuenow')).toBe(await handle.getAttribute('aria-valuemax'));
    expect(complaints).toEqual([]);
  });

  it('passes the accessibility check, in light and dark, and on a phone without scrolling sideways', async () => {
    const file = await pageOfBank();
    for (const options of [{}, { colorScheme: 'dark' as const }, { viewport: { width: 380, height: 800 } }]) {
      const { page, complaints } = await openPage(file, options);
      await verdict(page).waitFor();
      await page.evaluate(axe);
      const violations = await page.evaluate(async () => {
        const { run } = (
          globalThis as unknown as {
            axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
          }
        ).axe;
        return (await run()).violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 200))]);
      });
      expect(violations).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
      await page.screenshot({
        path: join(pictures, `bank-${options.colorScheme ?? 'light'}-${options.viewport?.width ?? 1280}.png`),
      });
      expect(complaints).toEqual([]);
    }
  });

  it.each(demos)('shows the demo %s, and keeps a picture of it', async (demo) => {
    const { page, complaints } = await openPage(await pageOf(demo), {
      viewport: { width: 1400, height: 1000 },
    });
    await verdict(page).getByText('Consistent cut').waitFor();
    await ofDemo[demo]?.(page);
    await page.screenshot({ path: join(pictures, `demo-${demo}.png`), fullPage: true });
    expect(complaints).toEqual([]);
  });

  it('shows a rollback as a line through all processes, and what it dropped as dropped', async () => {
    const file = await writePage('back.mjs', 'back.html', '--for', '400ms', '--speed', '0.8', '--latency', '40ms');
    const { page, complaints } = await openPage(file, { viewport: { width: 1400, height: 1000 } });
    await verdict(page).getByText('Consistent cut').waitFor();
    await page.locator('.legend').getByText('rollback').waitFor();
    const run = runOf(
      parseRun(
        await page
          .locator('#run')
          .textContent()
          .then((text) => text!),
      ),
    );
    const { steps, snapshotId } = run.rollbacks[0]!;
    const index = steps.get('alice')!.index;
    await page.getByLabel('Step of the run').fill(String(index));
    await page.getByLabel('Step of the run').press('ArrowRight');
    await page.screenshot({ path: join(pictures, 'rollback.png'), fullPage: true });
    expect(run.snapshots.get(snapshotId)!.status).toBe('complete');
    const lost = run.steps.flatMap(({ sent }) => sent.filter(({ lostAt }) => lostAt !== undefined));
    expect(lost.length).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
  });

  it('opens a file of inspection events that is dropped on it, and says what is wrong with a bad one', async () => {
    const { page, complaints } = await openPage(await pageOfBank());
    await drop(page, 'app.jsonl', inspection.join('\n'));
    await page.getByText('recorded: app.jsonl').waitFor();
    await page.getByRole('button', { name: HOSTILE }).first().click();
    await page.getByLabel('Process ').getByText('busy').waitFor();
    expect(await page.locator('img').count()).toBe(0);
    const said = (text: string | RegExp) => page.getByRole('status').getByText(text).waitFor();
    await drop(page, 'app.jsonl', `${inspection[0]!}\n{"type":"@xstate.event"`);
    await said(/app.jsonl: Expected an inspection event as JSON \(line 2\), got/);
    await drop(page, 'milk.txt', 'buy milk');
    await said(
      /milk.txt: Expected a recorded run, a snapshot file, or lines of XState inspection events, got "buy milk/,
    );
    await page.getByText('recorded: app.jsonl').waitFor(); // which is still there
    expect(complaints).toEqual([]);
  });

  it('is readable at fifty processes: no name lies on another', async () => {
    const { page, complaints } = await inspect(['fifty.mjs', '--latency', '40ms']);
    await page.getByRole('button', { name: /^Snapshot/ }).click();
    await verdict(page).getByText('Consistent cut').waitFor();
    const names = page.locator('.node .name');
    expect(await names.count()).toBe(50);
    // Where each name begins, beside its disc: names go outwards from there.
    const places = await page
      .locator('.node')
      .evaluateAll((nodes) => nodes.map((node) => node.getBoundingClientRect()));
    for (const [index, { x, y }] of places.entries()) {
      const { x: otherX, y: otherY } = places[(index + 1) % places.length]!;
      expect(Math.hypot(otherX - x, otherY - y)).toBeGreaterThan(12); // the height of a name
    }
    await page.screenshot({ path: join(pictures, 'fifty.png') });
    expect(complaints).toEqual([]);
  });
});

async function drop(page: Page, name: string, text: string): Promise<void> {
  const data = await page.evaluateHandle(
    ([name, text]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text!], name!));
      return transfer;
    },
    [name, text],
  );
  await page.dispatchEvent('body', 'drop', { dataTransfer: data });
}
