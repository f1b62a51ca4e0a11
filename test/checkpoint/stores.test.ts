import 'fake-indexeddb/auto';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createFileStore } from '../../src/checkpoint/file-store.js';
import { createMemoryStore, loadLatestCheckpoint } from '../../src/checkpoint/index.js';
import { createIndexedDbStore } from '../../src/checkpoint/indexed-db-store.js';
import { describesStore, snapshotOf } from './store-contract.js';

const folder = mkdtempSync(join(tmpdir(), 'panorama-store-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const fresh = () => join(folder, String(++count));

describe('memory', () => {
  let store = createMemoryStore();
  beforeEach(() => (store = createMemoryStore()));
  describesStore(() => store);
});

describe('files', () => {
  let directory = '';
  beforeEach(() => (directory = fresh()));
  describesStore(() => createFileStore({ directory }));

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

describe('IndexedDB', () => {
  let name = '';
  beforeEach(() => (name = fresh()));
  describesStore(() => createIndexedDbStore({ name }));
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
