import { SimulatedClock } from 'xstate';
import { describe, expect, it } from 'vitest';
import {
  checkpoint,
  createMemoryStore,
  loadLatestCheckpoint,
  type CheckpointEvent,
  type CheckpointOptions,
  type CheckpointStore,
} from '../../src/checkpoint/index.js';
import { createNetwork, fullMesh } from '../../src/index.js';
import { account, totalOf } from '../support/account.js';

function bank(overrides: Partial<CheckpointOptions> = {}) {
  const clock = new SimulatedClock();
  const ids = ['a', 'b', 'c'] as const;
  const [a, b, c] = ids.map(() => ({ logic: account, input: { balance: 10 } }));
  const network = createNetwork({ processes: { a: a!, b: b!, c: c! }, channels: fullMesh(ids) });
  network.start();
  const store = createMemoryStore();
  const checkpointing = checkpoint(network, { store, everyMs: 100, clock, ...overrides });
  const events: CheckpointEvent[] = [];
  checkpointing.events$.subscribe((event) => events.push(event));
  const settle = async () => {
    for (let n = 0; n < 20; n++) await new Promise((resolve) => setImmediate(resolve));
  };
  const pass = async (ms: number) => {
    clock.increment(ms);
    await settle();
  };
  return { network, store, checkpointing, events, pass };
}

const types = (events: readonly CheckpointEvent[]) => events.map(({ type }) => type.replace('checkpoint.', ''));

describe('checkpoints', () => {
  it('are taken every so often, the newest kept, and can be gone on from', async () => {
    const { network, store, checkpointing, events, pass } = bank({ keep: 2 });
    await pass(99);
    expect(events).toEqual([]);
    await pass(1);
    expect(types(events)).toEqual(['saved']);
    network.send('a', { type: 'PAY', to: 'b', amount: 5 });
    await pass(100);
    await pass(100);
    expect(types(events)).toEqual(['saved', 'saved', 'saved', 'removed']);
    await checkpointing.stop();
    network.stop();
    await checkpointing.done;
    const { snapshot } = await loadLatestCheckpoint(store);
    expect(await store.list()).toHaveLength(2);
    expect(totalOf(snapshot!)).toBe(30);
  });

  it('an old one is removed only after the newer one is safely down', async () => {
    const order: string[] = [];
    const memory = createMemoryStore();
    let letSave: () => void = () => undefined;
    const slow: CheckpointStore = {
      ...memory,
      async save(snapshot) {
        order.push('saving');
        await new Promise<void>((resolve) => (letSave = resolve));
        await memory.save(snapshot);
        order.push('saved');
      },
      async remove(id) {
        order.push('removed');
        await memory.remove(id);
      },
    };
    const { network, checkpointing, pass } = bank({ store: slow, keep: 1 });
    await pass(100);
    letSave();
    await pass(0);
    await pass(100);
    expect(order).toEqual(['saving', 'saved', 'saving']);
    expect(await memory.list()).toHaveLength(1);
    letSave();
    await pass(0);
    expect(order).toEqual(['saving', 'saved', 'saving', 'saved', 'removed']);
    await checkpointing.stop();
    network.stop();
  });

  it('a slow one is followed by a pause', async () => {
    const memory = createMemoryStore();
    let letSave: () => void = () => undefined;
    let saves = 0;
    const slow = { ...memory, save: () => (saves++, new Promise<void>((resolve) => (letSave = resolve))) };
    const { network, checkpointing, pass } = bank({ store: slow, minPauseMs: 60 });
    await pass(100);
    await pass(500);
    letSave();
    await pass(0);
    await pass(59);
    expect(saves).toBe(1);
    await pass(1);
    expect(saves).toBe(2);
    letSave();
    await checkpointing.stop();
    network.stop();
  });

  it('failures in a row are tolerated up to a number, then it ends and says why; a success forgives', async () => {
    const memory = createMemoryStore();
    let isFull = true;
    const full = { ...memory, save: (s: never) => (isFull ? Promise.reject(new Error('disk full')) : memory.save(s)) };
    const { network, checkpointing, events, pass } = bank({ store: full, tolerateFailures: 1 });
    const ended = checkpointing.done.catch((error: unknown) => error);
    await pass(100);
    isFull = false;
    await pass(100);
    isFull = true;
    await pass(100);
    await pass(100);
    expect(types(events)).toEqual(['failed', 'saved', 'failed', 'failed']);
    expect(await ended).toMatchObject({
      code: 'checkpoint-failed',
      message: expect.stringMatching(/2 failed in a row.*disk full/),
    });
    network.stop();
  });

  it('a snapshot that is given up is a failure, not the end of the application', async () => {
    const { network, checkpointing, events, pass } = bank({ tolerateFailures: 5, snapshotOptions: { maxMessages: 0 } });
    network.send('a', { type: 'PAY', to: 'b', amount: 1 });
    await pass(100);
    expect(types(events)).toHaveLength(1);
    await checkpointing.stop();
    network.send('a', { type: 'PAY', to: 'b', amount: 1 });
    network.stop();
  });

  it('a signal ends it', async () => {
    const controller = new AbortController();
    const { network, checkpointing, pass } = bank({ signal: controller.signal });
    await pass(100);
    controller.abort();
    await checkpointing.done;
    network.stop();
  });

  it.each([
    [{ everyMs: 0 }, /everyMs.*> 0.*got 0/],
    [{ keep: 0 }, /keep.*>= 1.*got 0/],
    [{ minPauseMs: -1 }, /minPauseMs/],
    [{ tolerateFailures: Number.NaN }, /tolerateFailures/],
    [{ store: {} as never }, /store/],
  ])('%j is refused', (options, message) => {
    expect(() => bank(options)).toThrow(message);
  });

  it('are saved with the epoch in which they began, where there is one; their store needs no register', async () => {
    const saved: unknown[] = [];
    const { register: _, ...memory } = createMemoryStore();
    const store = { ...memory, save: (_: unknown, epoch?: number) => Promise.resolve(void saved.push(epoch)) };
    const { network, checkpointing, pass } = bank({ store });
    await pass(100);
    await network.rollBack(await network.takeSnapshot());
    await pass(100);
    expect(saved).toEqual([0, 1]);
    await checkpointing.stop();
    const bare = { takeSnapshot: () => network.takeSnapshot(), checkpointSaved: () => undefined };
    const other = checkpoint(bare, { store, everyMs: 1_000_000, atOnce: true });
    await expect.poll(() => saved).toEqual([0, 1, undefined]);
    await other.stop();
    network.stop();
  });
});
