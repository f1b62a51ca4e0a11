/** What every store of checkpoints must do. */
import type { CheckpointStore } from '../../checkpoint/index.js';
import type { GlobalSnapshot, RecordedState } from '../../index.js';
import { createContract, demand, violated, type ContractCase } from './contract.js';
import type { StoreUnderTest } from './store-under-test.js';

/**
 * The contract of checkpoint stores: what was saved is read back equal, by the next one to open the store, in order, whatever
 * becomes of the objects; what is removed is gone, and what is not there is said so. Of those who replace one version of the
 * register, exactly one does.
 *
 * @param createStore Makes a new, empty store for each case.
 * @returns The cases: `for (const { name, run } of checkpointStoreContract(createStore)) test(name, run)`.
 */
export function checkpointStoreContract(
  createStore: () => StoreUnderTest<CheckpointStore> | Promise<StoreUnderTest<CheckpointStore>>,
): readonly ContractCase[] {
  return createContract(createStore, (store) => store.close?.(), {
    async 'reads back what was saved, oldest first, by whoever opens it next'({ open }) {
      const store = await open();
      demand('what a new store lists', await store.list(), []);
      for (const n of [1, 2, 3]) await store.save(snapshotOf(`snapshot-${n}`, { n, ...rich }));
      const ids = ['snapshot-1', 'snapshot-2', 'snapshot-3'];
      demand('what the store lists when it is opened anew', await (await open()).list(), ids);
      const loaded = await (await open()).load('snapshot-2');
      demand('what it loads', loaded, snapshotOf('snapshot-2', { n: 2, ...rich }));
    },

    async 'keeps what was saved, whatever becomes of the object'({ open }) {
      const store = await open();
      const context = { list: [1] };
      await store.save(snapshotOf('snapshot-a', context));
      context.list.push(2);
      const loaded = await store.load('snapshot-a');
      demand('what was saved before it changed', loaded, snapshotOf('snapshot-a', { list: [1] }));
      (loaded as { id: string }).id = 'changed';
      demand('what is loaded after what was loaded changed', (await store.load('snapshot-a')).id, 'snapshot-a');
    },

    async 'saves several at once, in the order in which they came'({ open }) {
      const store = await open();
      const ids = Array.from({ length: 12 }, (_, n) => `snapshot-${n}`);
      await Promise.all(ids.map((id) => store.save(snapshotOf(id, { id }))));
      demand('what the store lists', await store.list(), ids);
    },

    async 'lists by epoch, whenever it was saved'({ open }) {
      const store = await open();
      await store.save(snapshotOf('snapshot-1', 1));
      await store.save(snapshotOf('snapshot-2', 2), 2);
      await (await open()).save(snapshotOf('snapshot-late', 3), 1);
      await store.save(snapshotOf('snapshot-4', 4), 10);
      await store.save(snapshotOf('snapshot-5', 5), 2);
      await store.save(snapshotOf('snapshot-6', 6), 0);
      const ids = ['snapshot-1', 'snapshot-6', 'snapshot-late', 'snapshot-2', 'snapshot-5', 'snapshot-4'];
      demand('what the store lists', await (await open()).list(), ids);
      demand('what it loads', (await store.load('snapshot-late')).id, 'snapshot-late');
    },

    async 'has a register, which is replaced by who knows its newest version'({ open }) {
      const { register } = await open();
      demand('what a new register has', await register.read(), undefined);
      demand('whether version 1 can be replaced, which is not there', await register.replace(1, 'x'), false);
      const value = { ...rich, list: [1] };
      demand('whether version 0 can be replaced', await register.replace(0, value), true);
      value.list.push(2);
      const other = (await open()).register;
      demand('what it has', await other.read(), { version: 1, value: { ...rich, list: [1] } });
      demand('whether version 0 can be replaced again', await other.replace(0, 'y'), false);
      demand('whether version 1 can be replaced', await other.replace(1, 'z'), true);
      demand('what it has', await register.read(), { version: 2, value: 'z' });
      demand('what the store lists', await (await open()).list(), []);
    },

    async 'has a register, of which one alone replaces a version'({ open }) {
      const ids = [0, 1, 2, 3];
      const registers = await Promise.all(ids.map(async () => (await open()).register));
      for (let version = 0; version < 6; version++) {
        const replaced = await Promise.all(registers.map((register, id) => register.replace(version, { id })));
        const winners = ids.filter((id) => replaced[id]);
        demand(`how many replace version ${version}`, winners.length, 1);
        const newest = { version: version + 1, value: { id: winners[0] } };
        for (const register of registers) demand('what each reads', await register.read(), newest);
      }
    },

    async 'removes one and leaves the others'({ open }) {
      const store = await open();
      for (const n of [1, 2, 3]) await store.save(snapshotOf(`snapshot-${n}`, n));
      await store.remove('snapshot-2');
      await store.remove('snapshot-2');
      demand('what the store lists', await store.list(), ['snapshot-1', 'snapshot-3']);
      await store.save(snapshotOf('snapshot-4', 4));
      demand('what the store lists', await store.list(), ['snapshot-1', 'snapshot-3', 'snapshot-4']);
    },

    async 'says so when there is none of an id'({ open }) {
      const store = await open();
      const got = await store.load('snapshot-x').catch((error: unknown) => error);
      const { code, message = '' } = Object(got) as { readonly code?: unknown; readonly message?: string };
      if (code === 'invalid-argument' && message.includes('snapshot-x')) return;
      violated('`load` to reject with `invalid-argument` and to name the id that is not there', message || got);
    },
  });
}

/** What JSON does not carry. */
const rich = {
  when: new Date(5),
  map: new Map([['a', new Set([1n, 2n])]]),
  nothing: undefined,
  'quotes " and \n lines': '\u0000',
};

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
