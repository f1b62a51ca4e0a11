/** Events from outside, which count once whatever crashes. */
import 'fake-indexeddb/auto';
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { assign, fromTransition, sendTo, setup, SimulatedClock } from 'xstate';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/checkpoint/index.js';
import { createNetwork, createProcess, type Transport } from '../../src/index.js';
import { createMemoryInputStore, logInputs, supervise, type InputStore } from '../../src/recovery/index.js';
import { createFileInputStore } from '../../src/recovery/file-input-store.js';
import { createIndexedDbInputStore } from '../../src/recovery/indexed-db-input-store.js';
import { stopDrainRecord } from '../../src/snapshot/algorithms/index.js';
import { inputStoreContract, type StoreUnderTest } from '../../src/testing/contracts/index.js';
import { captureState } from '../../src/testing/index.js';
import { createPipe } from '../support/pipe.js';

const folder = mkdtempSync(join(tmpdir(), 'panorama-inputs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const fresh = () => join(folder, String(++count), 'inputs');
const stops: (() => unknown)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0).reverse()) stop();
});

/** What each case of the contract is given: a new store, and how it is opened again. */
const newStores: Record<string, () => StoreUnderTest<InputStore>> = {
  memory() {
    const store = createMemoryInputStore();
    return { open: () => store };
  },
  'a file'() {
    const path = fresh();
    return { open: () => createFileInputStore({ path }) };
  },
  IndexedDB() {
    const name = fresh();
    return { open: () => createIndexedDbInputStore({ name }) };
  },
};

describe.each(Object.entries(newStores))('inputs in %s', (_, createStore) => {
  for (const { name, run } of inputStoreContract(createStore)) it(name, run);
});

describe('inputs in files', () => {
  let path = '';
  beforeEach(() => (path = fresh()));
  /** Of the newest segment, the only one after a single life. */
  const segment = () =>
    join(
      dirname(path),
      readdirSync(dirname(path)).find((name) => name.endsWith('.0'))!,
    );
  const files = () => readdirSync(dirname(path)).map((name) => name.replace(/\.[0-9a-f]{8}\./, '.life.'));

  it('has no part of a line that a crash cut off', async () => {
    await createFileInputStore({ path }).append({ type: 'A' });
    appendFileSync(segment(), '[{"type":1},"B');
    const store = createFileInputStore({ path });
    expect(await store.readAfter(0, 9)).toEqual([{ seq: 1, event: { type: 'A' } }]);
    expect(await store.append({ type: 'C' })).toBe(2);
    expect((await createFileInputStore({ path }).readAfter(0, 9)).map(({ event }) => event.type)).toEqual(['A', 'C']);
  });

  it('has the inputs of the one file that an earlier version wrote, and removes it when they are forgotten', async () => {
    mkdirSync(dirname(path));
    writeFileSync(path, 'xstate-panorama inputs 1 2\n[{"type":1},"C"]\n[{"type":1},"D"]\n[{"ty');
    const store = createFileInputStore({ path });
    expect(await store.readAfter(0, 9)).toEqual([
      { seq: 3, event: { type: 'C' } },
      { seq: 4, event: { type: 'D' } },
    ]);
    expect(await store.append({ type: 'E' })).toBe(5);
    const next = createFileInputStore({ path });
    expect((await next.readAfter(0, 9)).map(({ seq }) => seq)).toEqual([3, 4, 5]);
    expect(files()).toContain('inputs');
    await next.trim(4);
    expect((await createFileInputStore({ path }).readAfter(0, 9)).map(({ seq }) => seq)).toEqual([5]);
    expect(files()).not.toContain('inputs');
  });

  it('keeps no more files than it needs, however many lives and trims there were', async () => {
    for (let life = 1; life <= 5; life++) {
      const store = createFileInputStore({ path });
      for (let n = 0; n < 4; n++) await store.trim((await store.append({ type: 'A' })) - 1);
    }
    expect(await createFileInputStore({ path }).readAfter(0, 99)).toEqual([{ seq: 20, event: { type: 'A' } }]);
    expect(files().sort()).toEqual(['inputs.5.life.3', 'inputs.6.life.0', 'inputs.6.life.open']);
    const last = createFileInputStore({ path });
    await last.trim(20);
    expect(files().sort()).toEqual(['inputs.7.life.1', 'inputs.7.life.open']);
    expect(await last.append({ type: 'B' })).toBe(21);
  });

  it('says so when some of its files are gone, or cut', async () => {
    await createFileInputStore({ path }).append({ type: 'A' });
    const first = segment();
    const text = readFileSync(first, 'utf8');
    await createFileInputStore({ path }).append({ type: 'B' });
    writeFileSync(first, text.slice(0, -3));
    await expect(createFileInputStore({ path }).readAfter(0, 9)).rejects.toMatchObject({
      code: 'invalid-file',
      message: expect.stringMatching(/Expected 2 inputs .*, got 1\./),
    });
    rmSync(first);
    await expect(createFileInputStore({ path }).readAfter(0, 9)).rejects.toMatchObject({
      code: 'invalid-file',
      message: expect.stringMatching(/\.0".*, got no such file/),
    });
    writeFileSync(first, text);
    expect(await createFileInputStore({ path }).readAfter(0, 9)).toHaveLength(2);
  });

  it.each([
    ['something else', /a file of inputs \(line 1 /],
    ['something else\n', /a file of inputs \(line 1 /],
    ['xstate-panorama inputs 2 {"base":0}\n', /a file of inputs \(line 1 /],
    ['xstate-panorama inputs 2 {"base":0,"trimmed":0,"closed":[{"name":"/../x","last":1}]}\n', /a file of inputs/],
    ['xstate-panorama inputs 1 0\nnothing\n', /an event \(line 2 /],
    ['xstate-panorama inputs 1 0\n[{"type":1},5]\n', /an event with a string `type` \(line 2/],
  ])('refuses %j', async (text, message) => {
    mkdirSync(dirname(path));
    writeFileSync(path, text);
    await expect(createFileInputStore({ path }).readAfter(0, 1)).rejects.toMatchObject({
      code: 'invalid-file',
      message: expect.stringMatching(message),
    });
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});

/** Counts what it is told, and tells a peer. */
const teller = setup({
  types: { context: {} as { got: number[] }, events: {} as { type: 'TELL'; n: number } },
}).createMachine({
  context: { got: [] },
  on: {
    TELL: {
      actions: [
        assign({ got: ({ context, event }) => [...context.got, event.n] }),
        sendTo(({ system }) => system.get('b'), { type: 'TOLD' }),
      ],
    },
  },
});
const counting = fromTransition((told: number, _event: { type: 'TOLD' }) => told + 1, 0);
const config = {
  processes: { a: teller, b: counting },
  channels: [
    ['a', 'b'],
    ['b', 'a'],
  ],
} as const;

function start(options: Parameters<typeof createNetwork>[1] = {}) {
  const network = createNetwork(config, options);
  network.start();
  stops.push(() => network.stop());
  const got = () => network.processes.a.actor.getSnapshot().context.got;
  const told = () => network.processes.b.actor.getSnapshot().context;
  return { network, got, told };
}

describe('logged inputs', () => {
  it('are applied once to the state, whatever it is rolled back to', async () => {
    const { network, got, told } = start();
    const log = logInputs(network.processes.a, { store: createMemoryInputStore() });
    const sent: number[] = [];
    const checkpoints = [captureState(network as never)];
    for (let n = 1; n <= 40; n++) {
      void log.send({ type: 'TELL', n });
      sent.push(n);
      if (n % 3 === 0) await new Promise(setImmediate);
      if (n % 7 === 0) checkpoints.push(captureState(network as never));
      if (n % 5 === 0) await network.rollBack(checkpoints[n % checkpoints.length]!);
    }
    await expect.poll(got).toEqual(sent);
    await expect.poll(told).toBe(40);
    expect((await network.takeSnapshot()).processes.a.inputs).toBe(40);
    expect(network.processes.b.inputs).toBe(0);
  });

  it('are read on from where a restored snapshot is, in another program', async () => {
    const path = fresh();
    const { network, got } = start();
    const first = logInputs(network.processes.a, { store: createFileInputStore({ path }) });
    await first.send({ type: 'TELL', n: 1 });
    await expect.poll(got).toEqual([1]);
    const snapshot = await network.takeSnapshot();
    await first.send({ type: 'TELL', n: 2 });
    first.stop();
    network.stop();
    await expect(first.send({ type: 'TELL', n: 3 })).rejects.toMatchObject({ code: 'not-running' });

    const restored = start({ snapshot: structuredClone(snapshot) as never });
    const second = logInputs(restored.network.processes.a, { store: createFileInputStore({ path }) });
    await second.send({ type: 'TELL', n: 3 });
    await expect.poll(restored.got).toEqual([1, 2, 3]);
    await expect.poll(restored.told).toBe(3);
  });

  it('are counted when they are taken, if the application stands still as they come', async () => {
    const { network, got } = start({ algorithm: stopDrainRecord });
    const log = logInputs(network.processes.a, { store: createMemoryInputStore() });
    const taking = network.takeSnapshot();
    await Promise.all([1, 2, 3].map((n) => log.send({ type: 'TELL', n })));
    const { a } = (await taking).processes;
    expect(a.inputs ?? 0).toBe(a.snapshot.context.got.length);
    await expect.poll(got).toEqual([1, 2, 3]);
  });

  it('are kept until they are trimmed; a log that does not reach back far enough says so', async () => {
    const { network, got } = start();
    const early = captureState(network as never);
    const store = createMemoryInputStore();
    const log = logInputs(network.processes.a, { store });
    await log.send({ type: 'TELL', n: 1 });
    await expect.poll(got).toEqual([1]);
    await log.trim(captureState(network as never));
    await log.send({ type: 'TELL', n: 2 });
    await network.rollBack(early);
    await expect(log.done).rejects.toMatchObject({
      code: 'recovery-failed',
      message: expect.stringMatching(/process "a" to have input 1.*got 2/),
    });
  });

  it('that could not be put down are not taken', async () => {
    const { network, got } = start();
    const store = { ...createMemoryInputStore(), append: () => Promise.reject(new Error('disk full')) };
    const log = logInputs(network.processes.a, { store });
    await expect(log.send({ type: 'TELL', n: 1 })).rejects.toThrow('disk full');
    expect(got()).toEqual([]);
    expect(() => logInputs({} as never, { store })).toThrow(/a process/);
    expect(() => logInputs(network.processes.a, { store: {} as never })).toThrow(/`store`/);
  });
});

describe('a log that another life has taken over', () => {
  const takenOver = async () => {
    const path = fresh();
    const { network, got } = start();
    const log = logInputs(network.processes.a, { store: createFileInputStore({ path }) });
    await log.send({ type: 'TELL', n: 1 });
    await expect.poll(got).toEqual([1]);
    const snapshot = captureState(network as never);
    const successor = createFileInputStore({ path });
    expect(await successor.readAfter(0, 9)).toHaveLength(1);
    return { network, got, log, snapshot, successor };
  };
  const superseded = { code: 'superseded', message: expect.stringMatching(/another life .*Stop, or start anew/) };

  it('ends with that, and hands over nothing more', async () => {
    const { network, got, log, successor } = await takenOver();
    await successor.append({ type: 'TELL', n: 2 } as never);
    await expect(log.send({ type: 'TELL', n: 3 })).rejects.toMatchObject(superseded);
    await expect(log.done).rejects.toMatchObject(superseded);
    await expect(log.send({ type: 'TELL', n: 4 })).rejects.toMatchObject(superseded);
    await network.rollBack(captureState(network as never));
    for (let n = 0; n < 20; n++) await new Promise(setImmediate);
    expect(got()).toEqual([1]);
    expect((await successor.readAfter(0, 9)).map(({ event }) => event)).toEqual(
      [1, 2].map((n) => ({ type: 'TELL', n })),
    );
  });

  it('ends when it reads on or trims, too', async () => {
    const reading = await takenOver();
    await reading.network.rollBack(reading.snapshot);
    await expect(reading.log.done).rejects.toMatchObject(superseded);
    const trimming = await takenOver();
    await expect(trimming.log.trim(trimming.snapshot)).rejects.toMatchObject(superseded);
    await expect(trimming.log.done).rejects.toMatchObject(superseded);
    expect(await trimming.successor.readAfter(0, 9)).toHaveLength(1);
  });

  it('goes on where it fails otherwise, and says that it was stopped', async () => {
    const { network } = start();
    let failures = 1;
    const memory = createMemoryInputStore();
    const store: InputStore = {
      ...memory,
      append: (event) => (failures-- > 0 ? Promise.reject(new Error('once')) : memory.append(event)),
    };
    const log = logInputs(network.processes.a, { store });
    await expect(log.send({ type: 'TELL', n: 1 })).rejects.toThrow('once');
    await log.send({ type: 'TELL', n: 2 });
    log.stop();
    await expect(log.send({ type: 'TELL', n: 3 })).rejects.toMatchObject({ code: 'not-running' });
    await log.done;
  });
});

describe('logs of processes in several programs', () => {
  const linked = () => {
    const { ends } = createPipe();
    const store = createMemoryStore();
    const a = createProcess(counting, { id: 'a', peers: { b: ends[0] } }).start();
    const b = createProcess(counting, { id: 'b', peers: { a: ends[1] } }).start();
    const inputs = createMemoryInputStore();
    const log = logInputs(b, { store: inputs });
    stops.push(
      () => a.stop(),
      () => b.stop(),
      () => log.stop(),
    );
    return { a, b, store, log, left: async () => (await inputs.readAfter(0, 999)).map(({ seq }) => seq) };
  };

  it('forget what every checkpoint has, as the supervisor says', async () => {
    const { a, b, store, log, left } = linked();
    const recovery = supervise(a, { store, everyMs: 10, keep: 1 });
    stops.push(() => recovery.stop());
    for (let n = 0; n < 5; n++) await log.send({ type: 'TOLD' });
    await expect.poll(left).toEqual([]);
    recovery.rollBack('as you like');
    await expect.poll(() => b.epoch).toBe(1);
    await log.send({ type: 'TOLD' });
    await expect.poll(() => b.actor.getSnapshot().context).toBe(6);
  });

  /** The supervised process is there again, without a checkpoint; and its log has forgotten the first of its inputs. */
  const anew = async () => {
    const [first, second] = [createPipe(), createPipe()];
    const store = createMemoryStore();
    const inputs = createMemoryInputStore();
    const clock = new SimulatedClock();
    const a = createProcess(counting, { id: 'a', peers: { b: first.ends[0] } }).start();
    const start = (transport: Transport) => {
      const loadCheckpoint = (id: string) => store.load(id);
      const b = createProcess(counting, { id: 'b', peers: { a: transport }, loadCheckpoint }).start();
      const log = logInputs(b, { store: inputs, clock });
      stops.push(
        () => log.stop(),
        () => b.stop(),
      );
      return { b, log };
    };
    const { log } = start(first.ends[1]);
    const recovery = supervise(a, { store, everyMs: 10, keep: 1 });
    stops.push(
      () => a.stop(),
      () => recovery.stop(),
    );
    for (let n = 0; n < 3; n++) await log.send({ type: 'TOLD' });
    await expect.poll(async () => (await inputs.readAfter(0, 9)).length).toBe(0);
    first.cut();
    second.cut();
    a.replacePeer('b', second.ends[0]);
    const { b, log: next } = start(second.ends[1]);
    await next.send({ type: 'TOLD' });
    for (let n = 0; n < 20; n++) await new Promise(setImmediate);
    return { b, log: next, clock, meet: () => second.restore() };
  };

  it('wait until a process that was started anew has met the others, and gone back to where they begin', async () => {
    const { b, log, clock, meet } = await anew();
    await log.send({ type: 'TOLD' });
    meet();
    await expect.poll(() => b.actor.getSnapshot().context).toBe(5);
    clock.increment(60_000);
    await log.send({ type: 'TOLD' });
    await expect.poll(() => b.actor.getSnapshot().context).toBe(6);
  });

  it('do not wait for that for ever', async () => {
    const { log, clock } = await anew();
    clock.increment(60_000);
    await expect(log.done).rejects.toThrow(/process "b" to have input 1.*got 4/);
  });

  it('keep what their own parts of checkpoints need, whatever a peer says', async () => {
    const { a, b, log, left } = linked();
    await log.send({ type: 'TOLD' });
    await log.send({ type: 'TOLD' });
    const { id } = await a.takeCheckpoint();
    await log.send({ type: 'TOLD' });
    await expect.poll(() => b.inputs).toBe(3);
    a.checkpointSaved(id, { b: 99 });
    await expect.poll(left).toEqual([3]);
    a.checkpointSaved('snapshot-unknown', { b: 99 });
    for (let n = 0; n < 20; n++) await new Promise(setImmediate);
    expect(await left()).toEqual([3]);
  });
});
