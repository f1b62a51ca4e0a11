/** Real threads are terminated at random moments, while payments go on; what is done to programs, `town.test.ts` tells. */
import { buildSync } from 'esbuild';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/checkpoint/index.js';
import { createProcess, verifySnapshot, type GlobalSnapshot } from '../../src/index.js';
import { supervise, type RecoveryEvent } from '../../src/recovery/index.js';
import { createFileInputStore } from '../../src/recovery/file-input-store.js';
import { createRandom } from '../../src/schedule/random.js';
import { messagePort } from '../../src/transports/message-port.js';
import { totalOf } from '../support/account.js';
import { account } from './programs/account.js';
import type { ThreadData, Told } from './programs/thread.js';

const THREAD_KILLS = 65;
const random = createRandom(Number(process.env.SEED ?? 1));
const upTo = (most: number) => random.integer(1, most);

const directory = mkdtempSync(join(tmpdir(), 'panorama-kills-'));
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Bundles a program: Node reads no TypeScript. */
function bundle(name: string): string {
  const { text } = buildSync({
    entryPoints: [fileURLToPath(new URL(`./programs/${name}.ts`, import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    write: false,
  }).outputFiles[0]!;
  const file = join(mkdtempSync(join(tmpdir(), 'panorama-program-')), `${name}.mjs`);
  stops.push(() => rmSync(file, { force: true }));
  writeFileSync(file, text);
  return file;
}

function expectWhole(snapshot: GlobalSnapshot, total: number) {
  expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
  expect(totalOf(snapshot)).toBe(total);
}

const talliedBy = (snapshot: GlobalSnapshot, id: string) =>
  (snapshot.processes[id]!.snapshot as unknown as { context: { tallied: number[] } }).context.tallied;

/**
 * Each event that was ever logged counts once in the state, in the order of the log; and all that were said to be safe are
 * there. The log has forgotten the first of them, as every checkpoint has them; numbers go on.
 */
async function expectTallied(snapshot: GlobalSnapshot, id: string, log: string, safe: ReadonlySet<number>) {
  const store = createFileInputStore({ path: log });
  const left = await store.readAfter(0, 1_000_000);
  const logged = (await store.append({ type: 'END' })) - 1;
  const tallied = talliedBy(snapshot, id);
  expect(left.map(({ seq, event }) => [seq, (event as unknown as { n: number }).n])).toEqual(
    left.map(({ seq }) => [seq, tallied[seq - 1]]),
  );
  expect([tallied.length, new Set(tallied).size, snapshot.processes[id]!.inputs]).toEqual([logged, logged, logged]);
  expect(tallied).toEqual(expect.arrayContaining([...safe]));
  expect(logged).toBeGreaterThan(0);
}

describe('threads', () => {
  it(`are terminated ${THREAD_KILLS} times, and nothing is lost and nothing is there twice`, async () => {
    const program = bundle('thread');
    const ids = ['a', 'b', 'c', 'd'];
    const threads = new Map<string, Worker>();
    const safe = new Map(ids.map((id) => [id, new Set<number>()]));
    const logOf = (id: string) => join(directory, `${id}.inputs`);
    let acknowledged: () => void = () => undefined;
    let n = 0;
    const tally = () => {
      const id = random.pick(ids);
      threads.get(id)?.postMessage({ type: 'tally', n: ++n } satisfies Told);
    };
    const startThread = (id: string, ports: Record<string, MessagePort>, snapshot?: GlobalSnapshot) => {
      const workerData: ThreadData = { id, log: logOf(id), ports, snapshot };
      const worker = new Worker(program, { workerData, transferList: Object.values(ports) });
      threads.set(id, worker);
      worker.on('message', (number: number) => {
        safe.get(id)!.add(number);
        acknowledged();
      });
    };

    const ports: Record<string, Record<string, MessagePort>> = Object.fromEntries([...ids, 's'].map((id) => [id, {}]));
    for (const one of ids) {
      for (const other of [...ids, 's']) {
        if (other <= one) continue;
        const { port1, port2 } = new MessageChannel();
        ports[one]![other] = port1;
        ports[other]![one] = port2;
      }
    }
    const peers = Object.fromEntries(Object.entries(ports.s!).map(([id, port]) => [id, messagePort(port)]));
    const supervisor = createProcess(account, { id: 's', peers, input: { balance: 0 } });
    supervisor.links$.subscribe();
    supervisor.start();
    stops.push(() => supervisor.stop());
    for (const id of ids) startThread(id, ports[id]!);
    stops.push(() => Promise.all(Array.from(threads.values(), (thread) => thread.terminate())));

    const restart = ({ process: id }: { readonly process: string }, snapshot: GlobalSnapshot) => {
      if (threads.has(id)) return; // a link to it has failed, as its last life did
      const own: Record<string, MessagePort> = {};
      for (const other of [...ids, 's']) {
        if (other === id) continue;
        const { port1, port2 } = new MessageChannel();
        own[other] = port1;
        if (other === 's') supervisor.replacePeer(id, messagePort(port2));
        else threads.get(other)?.postMessage({ type: 'replace', peer: id, port: port2 } satisfies Told, [port2]);
      }
      startThread(id, own, snapshot);
    };
    const recovery = supervise(supervisor, {
      store: createMemoryStore(),
      everyMs: 25,
      tolerateCrashes: Infinity,
      tolerateFailures: Infinity,
      restart,
    });
    stops.push(() => recovery.stop());
    const happened = (type: RecoveryEvent['type']) =>
      new Promise<void>((resolve) => {
        const watching = recovery.events$.subscribe((event) => {
          if (event.type !== type) return;
          watching.unsubscribe();
          resolve();
        });
      });
    await happened('checkpoint.saved');

    for (let kill = 0; kill < THREAD_KILLS; kill++) {
      for (let wait = upTo(2); wait > 0; wait--) {
        const heard = new Promise<void>((resolve) => (acknowledged = resolve));
        tally();
        await (random.chance(0.3) ? happened('checkpoint.saved') : heard);
      }
      for (let more = upTo(3); more > 0; more--) tally(); // under way as it dies
      const victim = random.pick(ids);
      const thread = threads.get(victim)!;
      threads.delete(victim);
      const recovered = happened('recovery.completed');
      await thread.terminate();
      await recovered;
      if (kill % 5 === 0) expectWhole(await supervisor.takeSnapshot(), 4000);
    }
    expect(supervisor.epoch).toBeGreaterThanOrEqual(THREAD_KILLS);
    let snapshot = await supervisor.takeSnapshot();
    expectWhole(snapshot, 4000);
    await expect
      .poll(async () => {
        snapshot = await supervisor.takeSnapshot();
        return ids.every((id) => [...safe.get(id)!].every((number) => talliedBy(snapshot, id).includes(number)));
      })
      .toBe(true);
    for (const id of ids) await expectTallied(snapshot, id, logOf(id), safe.get(id)!);
  }, 300_000);
});
