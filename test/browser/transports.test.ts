/** The transports' contract where browsers run it: in a worker, a shared worker, an iframe, in two tabs, over a socket. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { verifySnapshot } from '../../src/index.js';
import {
  startTransportEnd,
  transportContract,
  transportLivesContract,
  type RemoteTransportEnd,
  type TransportEnd,
  type TransportPair,
  type TransportPlace,
  type TransportTrio,
} from '../../src/testing/contracts/index.js';
import { webSocketServer } from '../../src/transports/web-socket-server.js';
import { encodeFrame } from '../../src/transports/text-frame.js';
import { describeInChromium, startChromium } from '../support/chromium.js';
import { listen } from '../support/socket-server.js';
import type { Agent, Call, Means } from './agent.js';
import { serveAgent, type Site } from './site.js';

declare const agent: Agent;

/** Runs a method of an agent somewhere in the browser. */
type Ask = (method: 'reach' | 'start' | 'call', argument: unknown) => Promise<unknown>;

// A browser starts: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 15_000 } } });

describeInChromium('in a browser', () => {
  let browser: Browser;
  let context: BrowserContext;
  let site: Site;
  let count = 0;

  beforeAll(async () => {
    [browser, site] = await Promise.all([startChromium(['--disable-back-forward-cache']), serveAgent()]);
    context = await browser.newContext();
  });
  afterAll(async () => {
    await browser.close();
    site.close();
  });

  // Most of what a test costs is a new page: they are used again, for a new document each time.
  const idle: Page[] = [];
  const close = (...pages: Page[]) => void idle.push(...pages);

  async function open(): Promise<Page> {
    const page = idle.pop() ?? (await context.newPage());
    await page.goto(`${site.url}?${++count}`);
    await page.waitForFunction('globalThis.agent');
    return page;
  }

  const askIn =
    (place: Pick<Page, 'evaluate'>): Ask =>
    (method, argument) =>
      place.evaluate(([name, given]) => agent[name](given as never) as unknown, [method, argument] as const);

  /** The page reaches what it makes, and that its maker. */
  async function family(kind: 'worker' | 'shared worker' | 'iframe', childOf: (page: Page) => Ask | Promise<Ask>) {
    const page = await open();
    const a = await placeOf(askIn(page), { kind });
    const b = await placeOf(await childOf(page), { kind: 'parent' });
    return { a, b, inject: (value: unknown) => inject(page, value), close: () => close(page) };
  }

  function describeTransport(means: string, createPair: () => Promise<TransportPair>): void {
    describe(means, () => {
      for (const { name, run } of transportContract(createPair)) it(name, run);
    });
  }

  function describeLives(means: string, createTrio: () => Promise<TransportTrio>): void {
    describe(`${means}, lives`, () => {
      for (const { name, run } of transportLivesContract(createTrio)) it(name, run);
    });
  }

  const inject = (page: Page, value: unknown) => page.evaluate((given) => agent.inject(given), value);

  describeTransport('messagePort to a web worker', () =>
    family('worker', async (page) => {
      await expect.poll(() => page.workers().length).toBe(1);
      return askIn(page.workers()[0]! as Pick<Page, 'evaluate'>);
    }),
  );

  it('messagePort tells of a worker that was terminated, not of one that is busy, and goes on with another', async () => {
    const page = await open();
    const told = (method: Parameters<Agent['employer']>[0] = 'tell') =>
      page.evaluate((given) => agent.employer(given), method);
    const employ = async () => {
      const before = page.workers();
      await told('employ');
      await expect.poll(() => page.workers().filter((worker) => !before.includes(worker))).toHaveLength(1);
      const worker = page.workers().find((one) => !before.includes(one))!;
      const place = await placeOf(askIn(worker as Pick<Page, 'evaluate'>), { kind: 'parent' });
      return { worker, end: await place.start({ id: 'worker', peer: 'page' }) };
    };
    const { worker, end } = await employ();
    await expect.poll(() => told()).toEqual(['link.connected']);
    await worker.evaluate(() => {
      for (const end = performance.now() + 2000; performance.now() < end;);
    });
    await told('pay');
    await expect.poll(() => end.others()).toEqual([{ type: 'MONEY', amount: 1 }]);
    expect(await told()).toEqual(['link.connected']);
    await told('dismiss');
    await expect.poll(() => told()).toEqual(['link.connected', 'link.gone']);
    const { worker: second, end: another } = await employ();
    await expect.poll(() => told()).toEqual(['link.connected', 'link.gone', 'link.connected']);
    await told('pay');
    await expect.poll(() => another.others()).toEqual([{ type: 'MONEY', amount: 1 }]);
    // One that stops in order, and is gone at once.
    const closing = second.evaluate(() => {
      agent.call({ end: 'worker', method: 'stop', args: [] });
      globalThis.close();
    });
    await Promise.race([closing.catch(() => undefined), second.waitForEvent('close')]);
    const all = ['link.connected', 'link.gone', 'link.connected', 'link.left'];
    await expect.poll(() => told()).toEqual(all);
    close(page);
  });

  describeTransport('messagePort to a shared worker', () =>
    family(
      'shared worker',
      (page) => (method, argument) =>
        page.evaluate(([name, given]) => agent.askShared(name, given), [method, argument] as const),
    ),
  );

  describeTransport('messagePort to an iframe', () => family('iframe', (page) => askIn(page.frames()[1]! as never)));

  describeTransport('broadcastChannel between two tabs', async () => {
    const pages = [await open(), await open()] as const;
    const means: Means = { kind: 'tabs', name: `tabs ${count}` };
    const [a, b] = [await placeOf(askIn(pages[0]), means), await placeOf(askIn(pages[1]), means)];
    return {
      a,
      b,
      inject: (value) => inject(pages[0], value),
      close: () => close(...pages),
    };
  });

  describeLives('broadcastChannel between tabs', async () => {
    const pages = [await open(), await open(), await open()] as const;
    const means: Means = { kind: 'tabs', name: `tabs ${count}` };
    const [a, b, bAgain] = await Promise.all(pages.map((page) => placeOf(askIn(page), means)));
    return { a: a!, b: b!, bAgain: bAgain!, close: () => close(...pages) };
  });

  it('broadcastChannel goes on when a tab comes back from the back/forward cache', async () => {
    const pages = [await open(), await open()] as const;
    const means: Means = { kind: 'tabs', name: `tabs ${count}` };
    const places = [await placeOf(askIn(pages[0]), means), await placeOf(askIn(pages[1]), means)] as const;
    const a = await places[0].start({ id: 'a', peer: 'b' });
    const b = await places[1].start({ id: 'b', peer: 'a' });
    await a.sendNumbers(1, 10);
    await expect.poll(() => b.count()).toBe(10);
    await pages[1].evaluate(() =>
      addEventListener('pageshow', ({ persisted }) => Object.assign(window, { persisted })),
    );
    await pages[1].goto(`${site.url}elsewhere`);
    // Chromium drops a page from its cache when something is posted to it.
    await pages[1].goBack({ waitUntil: 'commit' });
    expect(await pages[1].evaluate('persisted')).toBe(true);
    await expect
      .poll(async () => (await b.told()).map(({ type }) => type))
      .toEqual(['link.connected', 'link.cut', 'link.connected']);
    await Promise.all([a.sendNumbers(11, 1000), b.sendNumbers(1, 1000)]);
    expect(verifySnapshot(await b.takeSnapshot())).toEqual({ consistent: true });
    await expect.poll(async () => [await a.count(), await b.count()]).toEqual([1000, 1000]);
    close(...pages);
  });

  it('webSocket: a page that comes back from the back/forward cache, after another life took over, is told, and acts no more', async () => {
    const { server, port, close: closeServer } = await listen();
    const means: Means = { kind: 'socket', url: `ws://127.0.0.1:${port}` };
    const pages = [await open(), await open()] as const;
    const a = startTransportEnd(webSocketServer(server).peer('b'), { id: 'a', peer: 'b' });
    const places = await Promise.all(pages.map((page) => placeOf(askIn(page), means)));
    const b = await places[0]!.start({ id: 'b', peer: 'a' });
    a.sendNumbers(1, 10);
    await expect.poll(() => b.count()).toBe(10);
    await pages[0].evaluate(() =>
      addEventListener('pageshow', ({ persisted }) => Object.assign(window, { persisted })),
    );
    await pages[0].goto(`${site.url}elsewhere`);
    const again = await places[1]!.start({ id: 'b', peer: 'a' });
    await expect
      .poll(() => a.told().map(({ type }) => type))
      .toEqual(['link.connected', 'link.cut', 'link.replaced', 'link.connected']);
    a.sendNumbers(11, 20);
    await expect.poll(() => again.count()).toBe(10);
    await pages[0].goBack({ waitUntil: 'commit' });
    expect(await pages[0].evaluate('persisted')).toBe(true);
    await expect.poll(async () => (await b.told()).at(-1)?.type).toBe('life.superseded');
    expect(await b.count()).toBe(10);
    a.sendNumbers(21, 30);
    await expect.poll(() => again.count()).toBe(20);
    expect(a.told().map(({ type }) => type)).not.toContain('link.failed');
    a.stop();
    await closeServer();
    close(...pages);
  });

  it.each(['killed', 'closed', 'dropped from the back/forward cache'] as const)(
    'broadcastChannel tells at once of a tab that was %s, in one whose timers stand still',
    async (how) => {
      const pages = [await open(), await context.newPage()] as const;
      await pages[1].goto(`${site.url}?${++count}`);
      await pages[1].waitForFunction('globalThis.agent');
      const means: Means = { kind: 'tabs', name: `tabs ${count}` };
      const places = [await placeOf(askIn(pages[0]), means), await placeOf(askIn(pages[1]), means)] as const;
      const a = await places[0].start({ id: 'a', peer: 'b' });
      const b = await places[1].start({ id: 'b', peer: 'a' });
      await a.sendNumbers(1, 10);
      await expect.poll(() => b.count()).toBe(10);
      await pages[0].evaluate(() => Object.assign(window, { setTimeout: () => 0, setInterval: () => 0 }));
      if (how === 'killed') {
        await Promise.all([pages[1].waitForEvent('crash'), pages[1].goto('chrome://crash').catch(() => undefined)]);
      } else if (how === 'closed') await pages[1].close();
      else {
        await pages[1].goto(`${site.url}elsewhere`);
        await a.sendNumbers(11, 11);
      }
      await expect.poll(async () => (await a.told()).map(({ type }) => type)).toEqual(['link.connected', 'link.gone']);
      await pages[1].close();
      close(pages[0]);
    },
  );

  it('broadcastChannel takes a stop for no death, be the page closed at once', async () => {
    const a = await open();
    const means: Means = { kind: 'tabs', name: `tabs ${count}` };
    const staying = await placeOf(askIn(a), means);
    const peer = await staying.start({ id: 'a', peer: 'b' });
    for (let n = 1; n <= 4; n++) {
      const b = await context.newPage();
      await b.goto(`${site.url}?${++count}`);
      await b.waitForFunction('globalThis.agent');
      const end = await (await placeOf(askIn(b), means)).start({ id: 'b', peer: 'a' });
      await expect.poll(async () => (await end.told()).map(({ type }) => type)).toEqual(['link.connected']);
      await b.evaluate(() => {
        addEventListener('pagehide', () => void agent.call({ end: 'b', method: 'stop', args: [] }));
      });
      await b.close({ runBeforeUnload: n % 2 === 0 });
      await expect.poll(async () => (await peer.told()).filter(({ type }) => type === 'link.left')).toHaveLength(n);
      await b.close();
    }
    expect((await peer.told()).map(({ type }) => type)).not.toContain('link.gone');
    close(a);
  });

  describeTransport('webSocket from a page, with ws as the server', async () => {
    const { server, port, close: closeServer } = await listen();
    const page = await open();
    return {
      a: await placeOf(askIn(page), { kind: 'socket', url: `ws://127.0.0.1:${port}` }),
      b: webSocketServer(server).peer('a'),
      inject: (value) => {
        for (const socket of server.clients) socket.emit('message', Buffer.from(encodeFrame(value as never)), false);
      },
      async close() {
        close(page);
        await closeServer();
      },
    };
  });

  describeLives('webSocket from pages, with ws as the server', async () => {
    const { server, port, close: closeServer } = await listen();
    const pages = [await open(), await open()] as const;
    const means: Means = { kind: 'socket', url: `ws://127.0.0.1:${port}` };
    const [b, bAgain] = await Promise.all(pages.map((page) => placeOf(askIn(page), means)));
    return {
      a: webSocketServer(server).peer('b'),
      b: b!,
      bAgain: bAgain!,
      async close() {
        close(...pages);
        await closeServer();
      },
    };
  });
});

/** A place in the browser whose agent is asked so. */
async function placeOf(ask: Ask, means: Means): Promise<TransportPlace> {
  await ask('reach', means);
  return {
    async start(options) {
      await ask('start', options);
      const methods: Record<keyof TransportEnd, true> = {
        sendNumbers: true,
        count: true,
        got: true,
        padding: true,
        others: true,
        told: true,
        held: true,
        takeSnapshot: true,
        stop: true,
      };
      const end = Object.keys(methods).map((method) => [
        method,
        (...args: unknown[]) =>
          ask('call', { end: options.id, method: method as keyof TransportEnd, args } satisfies Call),
      ]);
      return Object.fromEntries(end) as RemoteTransportEnd;
    },
  };
}
