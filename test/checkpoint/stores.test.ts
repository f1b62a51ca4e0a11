import 'fake-indexeddb/auto';
import { spawn } from 'node:child_process';
import type * as FileSystem from 'node:fs/promises';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDB } from 'idb';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFileStore } from '../../src/checkpoint/file-store.js';
import { createMemoryStore, loadLatestCheckpoint, type CheckpointStore } from '../../src/checkpoint/index.js';
import { createIndexedDbStore } from '../../src/checkpoint/indexed-db-store.js';
import { snapshotOf } from '../../src/testing/contracts/checkpoint-store-contract.js';
import { checkpointStoreContract, type StoreUnderTest } from '../../src/testing/contracts/index.js';

/** What happens before a file is given its second name. */
const links = vi.hoisted(() => ({ before: undefined as (() => Promise<void>) | undefined }));
vi.mock('node:fs/promises', async (original) => {
  const files = await original<typeof FileSystem>();
  const link: typeof files.link = async (...paths) => {
    await links.before?.();
    return files.link(...paths);
  };
  return { ...files, link };
});

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

describe('checkpoints of earlier versions', () => {
  it('have no epoch in the names of their files: they are of epoch 0', async () => {
    const directory = fresh();
    const store = createFileStore({ directory });
    await store.save(snapshotOf('snapshot-old', 1));
    await store.save(snapshotOf('snapshot-new', 1), 12);
    expect(readdirSync(directory).sort()).toEqual([
      '000001-snapshot-old.snapshot',
      'e000012-000002-snapshot-new.snapshot',
    ]);
    expect(await store.list()).toEqual(['snapshot-old', 'snapshot-new']);
  });

  it('stay in IndexedDB', async () => {
    const name = fresh();
    const old = await openDB(name, 1, {
      upgrade: (created) =>
        void created
          .createObjectStore('checkpoints', { autoIncrement: true })
          .createIndex('id', 'id', { unique: true }),
    });
    await old.add('checkpoints', { id: 'snapshot-old', snapshot: snapshotOf('snapshot-old', 1) });
    old.close();
    const store = createIndexedDbStore({ name });
    await store.save(snapshotOf('snapshot-new', 2));
    expect(await store.list()).toEqual(['snapshot-old', 'snapshot-new']);
    expect(await store.load('snapshot-old')).toEqual(snapshotOf('snapshot-old', 1));
    expect(await store.register.replace(0, 'x')).toBe(true);
  });
});

describe('a register of files', () => {
  let directory = '';
  beforeEach(() => (directory = fresh()));
  const registerFiles = () => readdirSync(directory).sort();

  it('keeps the newest version alone, and leaves nothing unfinished', async () => {
    const { register } = createFileStore({ directory });
    for (let version = 0; version < 12; version++) await register.replace(version, { version });
    expect(registerFiles()).toEqual(['register.12']);
    expect(await register.read()).toEqual({ version: 12, value: { version: 11 } });
    expect(await register.replace(11, 'late')).toBe(false);
    await expect(register.replace(12, () => 1)).rejects.toMatchObject({ code: 'not-recordable' });
    expect(registerFiles()).toEqual(['register.12']);
  });

  it('is not replaced by a program that was stopped while others replaced it, and removed what it was', async () => {
    const { register } = createFileStore({ directory });
    const other = createFileStore({ directory });
    await register.replace(0, 'a');
    links.before = async () => {
      links.before = undefined;
      for (let version = 1; version < 4; version++) expect(await other.register.replace(version, 'b')).toBe(true);
      expect(registerFiles()).toEqual(['register.4']);
    };
    expect(await register.replace(1, 'late')).toBe(false);
    expect(links.before).toBeUndefined();
    expect(registerFiles()).toEqual(['register.4']);
    expect(await register.read()).toEqual({ version: 4, value: 'b' });
  });

  it('says so when its newest version is damaged, and which file that is', async () => {
    const { register } = createFileStore({ directory });
    await register.replace(0, { text: 'x'.repeat(99) });
    const file = join(directory, 'register.1');
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 50));
    await expect(register.read()).rejects.toMatchObject({
      code: 'invalid-file',
      message: expect.stringContaining(file),
    });
  });

  it('is one among programs', async () => {
    const program = fileURLToPath(new URL('./register-racer.mjs', import.meta.url));
    const racers = await Promise.all(
      ['a', 'b', 'c'].map(async (id) => {
        const child = spawn(process.execPath, [program, directory, id]);
        let text = '';
        for await (const piece of child.stdout) text += String(piece);
        return text.trim().split('\n').map(Number);
      }),
    );
    const replaced = racers.flat().sort((a, b) => a - b);
    expect(replaced).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    expect((await createFileStore({ directory }).register.read())?.version).toBe(60);
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
