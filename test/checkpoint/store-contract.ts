/** What every checkpoint store must do. */
import { expect, it } from 'vitest';
import type { CheckpointStore } from '../../src/checkpoint/index.js';
import type { GlobalSnapshot, RecordedState } from '../../src/index.js';

/** A snapshot of one process whose context is this. */
export function snapshotOf(id: string, context: unknown): GlobalSnapshot {
  const state: RecordedState = {
    snapshot: { status: 'active', output: undefined, error: undefined, context } as never,
    timers: [],
    sent: { 'p->p': { count: 2 } },
    received: { 'p->p': { count: 1 } },
  };
  const channels = { 'p->p': { messages: [{ seq: 2, event: { type: 'PING' } }] } };
  return { version: 1, id, initiators: ['p'], processes: { p: state }, channels, stats: { markers: 1, messages: 1 } };
}

/** @param open Opens the same store each time, as another program, or the same one after a restart, would. */
export function describesStore(open: () => CheckpointStore): void {
  const rich = {
    when: new Date(5),
    map: new Map([['a', new Set([1n, 2n])]]),
    nothing: undefined,
    'quotes " and \n lines': '\u0000',
  };

  it('reads back what was saved, oldest first, by whoever opens it next', async () => {
    const store = open();
    expect(await store.list()).toEqual([]);
    for (const n of [1, 2, 3]) await store.save(snapshotOf(`snapshot-${n}`, { n, ...rich }));
    expect(await open().list()).toEqual(['snapshot-1', 'snapshot-2', 'snapshot-3']);
    expect(await open().load('snapshot-2')).toEqual(snapshotOf('snapshot-2', { n: 2, ...rich }));
  });

  it('keeps what was saved, whatever becomes of the object', async () => {
    const store = open();
    const context = { list: [1] };
    await store.save(snapshotOf('snapshot-a', context));
    context.list.push(2);
    const loaded = await store.load('snapshot-a');
    expect(loaded).toEqual(snapshotOf('snapshot-a', { list: [1] }));
    (loaded as { id: string }).id = 'changed';
    expect((await store.load('snapshot-a')).id).toBe('snapshot-a');
  });

  it('saves several at once, in the order in which they came', async () => {
    const store = open();
    const ids = Array.from({ length: 12 }, (_, n) => `snapshot-${n}`);
    await Promise.all(ids.map((id) => store.save(snapshotOf(id, { id }))));
    expect(await store.list()).toEqual(ids);
  });

  it('removes one and leaves the others', async () => {
    const store = open();
    for (const n of [1, 2, 3]) await store.save(snapshotOf(`snapshot-${n}`, n));
    await store.remove('snapshot-2');
    await store.remove('snapshot-2');
    expect(await store.list()).toEqual(['snapshot-1', 'snapshot-3']);
    await store.save(snapshotOf('snapshot-4', 4));
    expect(await store.list()).toEqual(['snapshot-1', 'snapshot-3', 'snapshot-4']);
  });

  it('says so when there is none of an id', async () => {
    await expect(open().load('snapshot-x')).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('"snapshot-x"'),
    });
  });
}
