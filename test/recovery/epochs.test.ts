/** Rollbacks over links that lose, repeat, reorder and damage what they carry, and are cut: never a wrong snapshot. */
import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/checkpoint/index.js';
import { createProcess, isPanoramaError, verifySnapshot, type Peers } from '../../src/index.js';
import { supervise, type RecoveryEvent } from '../../src/recovery/index.js';
import { createRandom } from '../../src/schedule/random.js';
import { account, totalOf } from '../support/account.js';
import { createPipe } from '../support/pipe.js';

const ROUNDS = 5;
const running: { stop(): unknown }[] = [];
afterEach(async () => {
  for (const process of running.splice(0).reverse()) await process.stop();
});

function start(id: string, peers: Peers) {
  const process = createProcess(account, { id, peers, input: { balance: 100 }, logger: () => undefined });
  process.links$.subscribe();
  running.push(process);
  return process.start();
}

describe('epochs', () => {
  it.each([1, 2, 3])('hold over faulty links (seed %i)', async (seed) => {
    const random = createRandom(seed);
    const faults = { lose: 0.05, repeat: 0.1, reorder: 0.1, corrupt: 0.03 };
    const [ab, ac, bc] = [1, 2, 3].map(() => createPipe(faults, () => random.next()));
    const a = start('a', { b: ab!.ends[0], c: ac!.ends[0] });
    const b = start('b', { a: ab!.ends[1], c: bc!.ends[0] });
    const c = start('c', { a: ac!.ends[1], b: bc!.ends[1] });
    const all = { a, b, c };
    const recovery = supervise(a, {
      store: createMemoryStore(),
      everyMs: 20,
      tolerateCrashes: Infinity,
      tolerateFailures: Infinity,
    });
    running.push(recovery);
    const happened = (type: RecoveryEvent['type']) =>
      new Promise<void>((resolve) => {
        recovery.events$.subscribe((event) => {
          if (event.type === type) resolve();
        });
      });
    const paying = setInterval(() => {
      const [from, to] = random.pick(['ab', 'ba', 'ac', 'ca', 'bc', 'cb']).split('') as ['a', 'b'];
      all[from].send({ type: 'PAY', to, amount: random.integer(1, 5) });
    }, 0);
    running.push({ stop: () => clearInterval(paying) });
    await happened('checkpoint.saved');
    let complete = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      const recovered = happened('recovery.completed');
      const taking = random.pick([a, b, c]).takeSnapshot({ timeoutMs: 20_000 });
      taking.catch(() => undefined); // looked at below
      recovery.rollBack(`round ${round}`);
      const pipe = random.pick([ab!, ac!, bc!]);
      if (random.chance(0.5)) {
        pipe.cut();
        setImmediate(() => pipe.restore());
      }
      if (random.chance(0.3)) recovery.rollBack('and again, at once');
      await recovered;
      const results = await Promise.allSettled([taking, random.pick([a, b, c]).takeSnapshot({ timeoutMs: 20_000 })]);
      for (const result of results) {
        if (result.status === 'rejected') {
          expect(isPanoramaError(result.reason) && result.reason.message).toMatch(/rolled back|given up/);
          continue;
        }
        complete++;
        expect(verifySnapshot(result.value)).toEqual({ consistent: true });
        expect(totalOf(result.value)).toBe(300);
      }
    }
    expect(complete).toBeGreaterThanOrEqual(ROUNDS);
    expect(a.epoch).toBeGreaterThanOrEqual(ROUNDS);
    expect([b.epoch, c.epoch]).toEqual([a.epoch, a.epoch]);
  });
});
