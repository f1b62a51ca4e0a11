/** What being looked at costs, and whether the page keeps up. */
import { assign, sendTo, setup, type AnyActorRef } from 'xstate';
import { createNetwork, ring, type NetworkOptions } from 'xstate-panorama';
import { createInspector } from 'xstate-panorama/inspect';
import { serveInspector } from 'xstate-panorama/inspect/server';
import { startChromium } from '../support/chromium.js';
import { hop } from './hop.js';
import { median, print } from './measure.js';

/** Passes one message on when told to: the rate is that of the telling. */
const caller = setup({
  types: { context: {} as { n: number; next: string }, input: {} as { next: string } },
}).createMachine({
  context: ({ input }) => ({ n: 0, next: input.next }),
  on: {
    CALL: {
      actions: sendTo(
        ({ system, context }) => system.get(context.next) as AnyActorRef,
        () => ({ type: 'HELLO' }),
      ),
    },
    HELLO: { actions: assign({ n: ({ context }) => context.n + 1 }) },
  },
});

function createRing(size: number, options?: NetworkOptions, logic: typeof hop | typeof caller = hop) {
  const ids = Array.from({ length: size }, (_, index) => `p${index}`);
  const processes = Object.fromEntries(
    ids.map((id, index) => [id, { logic, input: { next: ids[(index + 1) % size]! } }]),
  );
  const network = createNetwork({ processes, channels: ring(ids) }, options);
  const first = network.processes.p0!.actor as unknown as { getSnapshot(): { context: { n: number } } };
  return { network, rounds: () => first.getSnapshot().context.n };
}

const SIZE = 5;
const ROUNDS = 4000;
const REPEATS = 7;

type Looking = (network: ReturnType<typeof createRing>['network']) => (() => void) | undefined;

/** Microseconds a message, with 20 tokens going round. */
async function costOf(looking: Looking, options?: NetworkOptions): Promise<number> {
  const { network, rounds } = createRing(SIZE, options);
  const end = looking(network);
  network.start();
  const begin = performance.now();
  for (let token = 0; token < 20; token++) network.send('p0', { type: 'TOKEN' });
  while (rounds() < ROUNDS) await new Promise((resolve) => setTimeout(resolve, 1));
  const elapsed = performance.now() - begin;
  const messages = rounds() * SIZE;
  network.stop();
  end?.();
  return (elapsed * 1000) / messages;
}

const inspected =
  (hasViewer: boolean): Looking =>
  (network) => {
    const inspector = createInspector();
    inspector.watch(network);
    if (hasViewer) inspector.connect({ receive: () => undefined });
    return () => inspector.stop();
  };

const FRAME_PROCESSES = 50;
const MESSAGES_PER_SECOND = 1000;
const WATCHED_MS = 10_000;

/** Frames of the page while a network of 50 sends 1,000 messages a second. */
async function frames(): Promise<readonly string[]> {
  const { network } = createRing(FRAME_PROCESSES, {}, caller);
  const inspector = createInspector();
  inspector.watch(network);
  network.start();
  const served = await serveInspector(inspector);
  const browser = await startChromium();
  let told = 0;
  const begun = performance.now();
  const calling = setInterval(() => {
    for (const due = ((performance.now() - begun) / 1000) * MESSAGES_PER_SECOND; told < due; told++) {
      network.send(`p${told % FRAME_PROCESSES}`, { type: 'CALL' } as never);
    }
  }, 10);
  const page = await browser.newPage();
  await page.goto(served.url);
  await page.getByRole('button', { name: /^Snapshot/ }).click();
  await page.getByTestId('verdict').waitFor();
  // As text: what compiles this file would put helpers into a function that the page does not have.
  const times = await page.evaluate<number[]>(`new Promise((resolve) => {
    const all = [];
    let last = performance.now();
    const end = last + ${WATCHED_MS};
    requestAnimationFrame(function next(now) {
      all.push(now - last);
      last = now;
      if (now < end) requestAnimationFrame(next);
      else resolve(all.slice(1));
    });
  })`);
  const skipped = await page.locator('.scrubber .note').allInnerTexts();
  clearInterval(calling);
  await browser.close();
  await served.stop();
  inspector.stop();
  network.stop();
  const sorted = [...times].sort((a, b) => a - b);
  const fps = (times.length * 1000) / times.reduce((sum, time) => sum + time, 0);
  return [
    fps.toFixed(1),
    median(times).toFixed(1),
    sorted[Math.floor(sorted.length * 0.95)]!.toFixed(1),
    skipped[0] ?? 'none',
  ];
}

export async function inspection(): Promise<void> {
  const ways: Record<string, () => Promise<number>> = {
    'not inspected': () => costOf(() => undefined),
    'inspector, nobody looks': () => costOf(inspected(false)),
    'inspector with a viewer': () => costOf(inspected(true)),
    'XState’s `inspect: () => {}`': () => costOf(() => undefined, { inspect: () => undefined }),
  };
  const measured = new Map<string, number[]>(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round < REPEATS; round++) {
    for (const [name, measure] of Object.entries(ways)) measured.get(name)!.push(await measure());
  }
  const [off, , , noop] = Array.from(measured.values(), median);
  print(
    ['', 'µs a message', '× not inspected', '× XState’s no-op callback'],
    Array.from(measured, ([name, costs]) => {
      const cost = median(costs);
      return [name, cost.toFixed(2), (cost / off!).toFixed(2), (cost / noop!).toFixed(2)];
    }),
  );
  print(
    [`page, ${FRAME_PROCESSES} processes`, 'frames a second', 'median frame, ms', '95th percentile, ms', 'not seen'],
    [[`${MESSAGES_PER_SECOND} messages a second`, ...(await frames())]],
  );
}
