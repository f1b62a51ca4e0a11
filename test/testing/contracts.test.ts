/** The contracts notice what they are there for; that what is right passes them, the suites of transports and stores show. */
import { describe, expect, it } from 'vitest';
import { createMemoryStore, type CheckpointStore } from '../../src/checkpoint/index.js';
import { isPanoramaError, type Transport } from '../../src/index.js';
import { createMemoryInputStore, type InputStore } from '../../src/recovery/index.js';
import {
  checkpointStoreContract,
  inputStoreContract,
  transportContract,
  transportLivesContract,
  type ContractCase,
} from '../../src/testing/contracts/index.js';
import { broadcastChannel } from '../../src/transports/broadcast-channel.js';
import { createPipe } from '../support/pipe.js';

/** What each case that is violated says, by its name. */
async function violations(cases: readonly ContractCase[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { name, run } of cases) {
    try {
      await run();
    } catch (error) {
      if (!isPanoramaError(error) || error.code !== 'contract-violated') throw error;
      found[name] = error.message;
    }
  }
  return found;
}

describe('the contract of checkpoint stores', () => {
  const judge = (spoil: (store: CheckpointStore) => Partial<CheckpointStore>) =>
    violations(
      checkpointStoreContract(() => {
        const store = createMemoryStore();
        const spoilt = { ...store, ...spoil(store) };
        return { open: () => spoilt };
      }),
    );

  it('is kept by a store in memory', async () => {
    expect(await judge(() => ({}))).toEqual({});
  });

  it('notices a wrong order', async () => {
    const found = await judge((store) => ({ list: async () => [...(await store.list())].reverse() }));
    expect(Object.keys(found)).toHaveLength(4);
    expect(found['saves several at once, in the order in which they came']).toMatch(
      /^Expected what the store lists to be \["snapshot-0".*, where it\[0\] is "snapshot-11" in place of "snapshot-0"\.$/,
    );
  });

  it('notices objects that are shared, values that are lost, and an id that is made up', async () => {
    const shared = new Map<string, never>();
    const sharing = await judge(() => ({
      save: (snapshot) => Promise.resolve(void shared.set(snapshot.id, snapshot as never)),
      load: (id) => Promise.resolve(shared.get(id)!),
      list: () => Promise.resolve([]),
    }));
    expect(sharing).toHaveProperty('keeps what was saved, whatever becomes of the object');
    expect(sharing['says so when there is none of an id']).toMatch(/`load` to reject .*got undefined/);
    const plain = await judge((store) => ({
      load: async (id) =>
        JSON.parse(JSON.stringify(await store.load(id), (_, value: unknown) => toText(value))) as never,
    }));
    expect(Object.keys(plain)).toEqual(['reads back what was saved, oldest first, by whoever opens it next']);
  });
});

describe('the contract of registers', () => {
  const judge = (spoil: (store: CheckpointStore) => CheckpointStore['register']) =>
    violations(
      checkpointStoreContract(() => {
        const store = createMemoryStore();
        const spoilt = { ...store, register: spoil(store) };
        return { open: () => spoilt };
      }),
    );

  it('notices one that looks, and writes later', async () => {
    const found = await judge(({ register }) => ({
      read: () => register.read(),
      async replace(version, value) {
        const now = (await register.read())?.version ?? 0;
        await Promise.resolve();
        if (now !== version) return false;
        await register.replace((await register.read())?.version ?? 0, value);
        return true;
      },
    }));
    expect(Object.keys(found)).toEqual(['has a register, of which one alone replaces a version']);
    expect(Object.values(found)[0]).toMatch(/how many replace version 0 to be 1, got 4/);
  });

  it('notices one that replaces what is not the newest, and one that forgets', async () => {
    const [name] = Object.keys(await judge(({ register }) => ({ ...register, replace: () => Promise.resolve(true) })));
    expect(name).toBe('has a register, which is replaced by who knows its newest version');
    const forgetting = await judge(({ register }) => ({ ...register, read: () => Promise.resolve(undefined) }));
    expect(forgetting[name!]).toMatch(/Expected what it has/);
  });

  it('notices checkpoints that are listed as they were saved, whatever their epoch', async () => {
    const found = await violations(
      checkpointStoreContract(() => {
        const store = createMemoryStore();
        const spoilt: CheckpointStore = { ...store, save: (snapshot) => store.save(snapshot) };
        return { open: () => spoilt };
      }),
    );
    expect(Object.keys(found)).toEqual(['lists by epoch, whenever it was saved']);
  });
});

const toText = (value: unknown) => (typeof value === 'bigint' ? String(value) : value);

describe('the contract of input stores', () => {
  const judge = (spoil: (store: InputStore) => Partial<InputStore>) =>
    violations(
      inputStoreContract(() => {
        const store = createMemoryInputStore();
        const spoilt = { ...store, ...spoil(store) };
        return { open: () => spoilt };
      }).slice(0, 3),
    );

  it('is kept by a store in memory', async () => {
    expect(await judge(() => ({}))).toEqual({});
  });

  it('notices wrong numbers, too many events, and ones that are not forgotten', async () => {
    const [first, second, third] = inputStoreContract(() => ({ open: createMemoryInputStore })).map(({ name }) => name);
    const numbering = await judge((store) => ({ append: async (event) => (await store.append(event)) - 1 }));
    expect(numbering[first!]).toMatch(/numbers that events are given to be \[1,2,3\], got \[0,1,2\]/);
    const unlimited = await judge((store) => ({ readAfter: (seq) => store.readAfter(seq, 99) }));
    expect(unlimited[first!]).toMatch(/what is read after 1, at most 1/);
    const keeping = await judge(() => ({ trim: () => Promise.resolve() }));
    expect(keeping[third!]).toMatch(/what is left/);
    expect(keeping).not.toHaveProperty([second!]);
  });
});

describe('the contract of input stores that are taken over', () => {
  /** Objects on one log, of which none knows of the others. */
  const unfenced = (spoil: (store: InputStore) => Partial<InputStore> = () => ({})) =>
    violations(
      inputStoreContract(() => {
        const store = createMemoryInputStore();
        return { open: () => ({ ...store, ...spoil(store) }) };
      }).slice(0, 6),
    );

  it('notices a store whose earlier objects go on', async () => {
    const found = await unfenced();
    expect(Object.keys(found)).toEqual(['is of whoever took it over last: one before can do nothing more']);
    expect(Object.values(found)[0]).toMatch(/`append` to reject with `superseded`/);
  });

  it('notices what was said to be safe and is not there', async () => {
    const found = await unfenced(({ append }) => ({
      append: async (event) => ((event as unknown as { n?: number }).n === 11 ? 0 : append(event)),
    }));
    expect(Object.keys(found)).toContain(
      'has what was said to be safe, once and in order, whoever takes it over meanwhile',
    );
  });
});

describe('the contract of transports', () => {
  /** Numbers that are odd arrive as others. */
  const falsifying = ({ open, ...traits }: Transport): Transport => ({
    ...traits,
    open: (receiver, ends) =>
      open({ ...receiver, frame: (frame) => receiver.frame(mapNumbers(frame, (n) => (n % 2 === 1 ? -n : n))) }, ends),
  });

  it('notices what arrives otherwise than it was sent, and clears the pair away', async () => {
    let closed = 0;
    const [order] = transportContract(() => {
      const { ends, inject } = createPipe();
      return { a: ends[0], b: falsifying(ends[1]), inject, close: () => ++closed };
    });
    const [message] = Object.values(await violations([order!]));
    expect(message).toMatch(/^Expected what b received to be \[1,2,3,.*, where it\[0\] is -1 in place of 1\.$/);
    expect(closed).toBe(1);
  });

  it('notices what arrives otherwise at a second life', async () => {
    const [takeover] = transportLivesContract(() => {
      const end = () => broadcastChannel('contracts');
      return { a: end(), b: end(), bAgain: falsifying(end()) };
    });
    const [message] = Object.values(await violations([takeover!]));
    expect(message).toMatch(/^Expected what the second life received to be \[101,.* is -101 in place of 101\.$/);
  });
});

/** A frame with other numbers in the application's events. */
function mapNumbers(frame: unknown, map: (n: number) => number): unknown {
  const { items, ...rest } = frame as { readonly items?: readonly ({ readonly n?: number } | null | number)[] };
  if (items === undefined) return frame;
  const mapped = items.map((item) =>
    typeof item === 'object' && item?.n !== undefined ? { ...item, n: map(item.n) } : item,
  );
  return { ...rest, items: mapped };
}
