/** Times that are longer than `setTimeout` takes: 2³¹−1 ms are not quite 25 days. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMachine } from 'xstate';
import { checkpoint, createMemoryStore } from '../src/checkpoint/index.js';
import { watch } from '../src/detect/index.js';
import { createManualSchedule, createNetwork, type NetworkOptions } from '../src/index.js';
import { createSimulatedClock } from '../src/testing/index.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const idle = createMachine({});

function startNetwork(options?: NetworkOptions) {
  const network = createNetwork({ processes: { p: idle, q: idle }, channels: [['p', 'q']] }, options);
  network.start();
  return network;
}

/** What becomes of a snapshot that never completes. */
function takeSlowly(options: NetworkOptions, timeoutMs: number) {
  const told: unknown[] = [];
  startNetwork({ ...options, schedule: createManualSchedule() })
    .takeSnapshot({ initiators: ['p'], timeoutMs })
    .catch((error: unknown) => told.push(error));
  return told;
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }));
afterEach(() => void vi.useRealTimers());

describe('more than 25 days', () => {
  it('a snapshot’s `timeoutMs` runs out when they are over, `Infinity` never', async () => {
    const told = takeSlowly({}, 60 * DAY_MS);
    const never = takeSlowly({}, Infinity);
    await vi.advanceTimersByTimeAsync(59.9 * DAY_MS);
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(0.1 * DAY_MS);
    expect(told).toMatchObject([{ code: 'snapshot-aborted' }]);
    expect(never).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a clock that is moved by hand may jump over them', async () => {
    const clock = createSimulatedClock();
    const told = takeSlowly({ clock }, 60 * DAY_MS);
    clock.increment(59.9 * DAY_MS);
    await Promise.resolve();
    expect(told).toEqual([]);
    clock.increment(DAY_MS);
    await expect.poll(() => told).toMatchObject([{ code: 'snapshot-aborted' }]);
  });

  it('checkpoints and judgements may be that far apart', async () => {
    const network = startNetwork();
    const checkpoints = checkpoint(network, { store: createMemoryStore(), everyMs: 30 * DAY_MS });
    const judged: number[] = [];
    const ending = new AbortController();
    const watching = (async () => {
      const samples = watch(network, () => false, { everyMs: 30 * DAY_MS, signal: ending.signal });
      for await (const { snapshot } of samples) judged.push(snapshot.stats.markers);
    })().catch(() => undefined);
    const saved: string[] = [];
    checkpoints.events$.subscribe(({ type }) => saved.push(type));
    await vi.waitFor(() => expect(judged).toHaveLength(1));
    await vi.advanceTimersByTimeAsync(29.9 * DAY_MS);
    expect([judged.length, saved.length]).toEqual([1, 0]);
    await vi.advanceTimersByTimeAsync(0.1 * DAY_MS);
    await vi.waitFor(() => expect([judged.length, saved.length]).toEqual([2, 1]));
    ending.abort();
    await Promise.all([checkpoints.stop(), watching]);
    network.stop();
  });
});
