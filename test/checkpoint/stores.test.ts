import 'fake-indexeddb/auto';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createFileStore } from '../../src/checkpoint/file-store.js';
import { createMemoryStore, loadLatestCheckpoint, type CheckpointStore } from '../../src/checkpoint/index.js';
import { createIndexedDbStore } from '../../src/checkpoint/indexed-db-store.js';
import { snapshotOf } from '../../src/testing/contracts/checkpoint-store-contract.js';
import { checkpointStoreContract, type StoreUnderTest } from '../../src/testing/contracts/index.js';

const folder = mkdtempSync(join(tmpdir(), 'panorama-store-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const fresh = () => join(folder, String(++count));

/** What each case of the contract is given: a new store, and how it is opened again. */
const newStores: Record<string, () => StoreUnderTest<CheckpointStore>> = {
  memory() {
    const store = createMemoryStore();
    return { open: () => store };
  },
  files() {
    const directory = fresh();
    return { open: () => createFileStore({ directory }) };
  },
  IndexedDB() {
    const name = fresh();
    return { open: () => createIndexedDbStore({ name }) };
  },
};

describe.each(Object.entries(newStores))('%s', (_, createStore) => {
  for (const { name, run } of checkpointStoreContract(createStore)) it(name, run);

  it('quotes the id that is not there', async () => {
    const store = await createStore().open();
    await expect(store.load('snapshot-x')).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('"snapshot-x"'),
    });
  });
});

describe('files', () => {
  let directory = '';
  beforeEach(() => (directory = fresh()));

  it('leaves nothing that looks whole when it is killed in the middle of saving, and goes on after', async () => {
    const program = join(fileURLToPath(new URL('.', import.meta.url)), 'endless-saver.mjs');
    const child = spawn(process.execPath, [program, directory]);
    let seen = 0;
    for await (const line of child.stdout) {
      seen += String(line).trim().split('\n').length;
      if (seen > 5) break;
    }
    child.kill('SIGKILL');
    await new Promise((resolve) =>
      child.exitCode === null && child.signalCode === null ? child.on('exit', resolve) : resolve(0),
    );
    const store = createFileStore({ directory });
    const ids = await store.list();
    expect(ids.length).toBeGreaterThan(3);
    for (const id of ids) expect((await store.load(id)).id).toBe(id);
    await store.save(snapshotOf('snapshot-after', 1));
    expect(readdirSync(directory).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect((await store.list()).at(-1)).toBe('snapshot-after');
  });

  it('ignores what is not its own, and never makes a path of an id', async () => {
    const store = createFileStore({ directory });
    await store.save(snapshotOf('snapshot-1', 1));
    writeFileSync(join(directory, 'README.txt'), 'hello');
    expect(await store.list()).toEqual(['snapshot-1']);
    await expect(store.save(snapshotOf('../../escape', 1))).rejects.toMatchObject({ code: 'invalid-argument' });
    await store.save(snapshotOf('snapshot-2', 2)); // a failed save does not stand in the way of the next
  });
});

describe('the newest checkpoint', () => {
  it('is the newest that is whole and consistent; which newer ones are not is told', async () => {
    const directory = fresh();
    const store = createFileStore({ directory });
    expect(await loadLatestCheckpoint(store)).toEqual({ snapshot: undefined, damaged: [] });
    await store.save(snapshotOf('snapshot-1', 1));
    const inconsistent = structuredClone(snapshotOf('snapshot-2', 2));
    (inconsistent.channels['p->p']!.messages as unknown[]).pop();
    await store.save(inconsistent);
    await store.save(snapshotOf('snapshot-3', 3));
    const [, , last] = readdirSync(directory).sort();
    writeFileSync(join(directory, last!), 'cut off');
    const { snapshot, damaged } = await loadLatestCheckpoint(store);
    expect(snapshot!.id).toBe('snapshot-1');
    expect(damaged.map(({ id, error }) => [id, (error as Error).message])).toEqual([
      ['snapshot-3', expect.stringContaining('Expected')],
      ['snapshot-2', expect.stringContaining('neither received nor in flight')],
    ]);
  });
});
