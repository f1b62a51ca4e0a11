/** Real threads, each with one process, which knows its own channels only. */
import { afterEach, describe, expect, it } from 'vitest';
import { verifySnapshot, type GlobalSnapshot } from '../../src/index.js';
import { totalOf } from '../support/account.js';
import { startThreads, type Thread } from '../support/threads.js';

type Id = 'a' | 'b' | 'c' | 'd';
const accounts: Record<Id, number> = { a: 1000, b: 1000, c: 1000, d: 1000 };
const mesh = (['ab', 'ac', 'ad', 'bc', 'bd', 'cd'] as const).map((pair) => pair.split('') as [Id, Id]);
const threads: Thread[] = [];

afterEach(async () => {
  await Promise.all(threads.splice(0).map((thread) => thread.terminate()));
});

function start<TId extends string>(...args: Parameters<typeof startThreads<TId>>): Record<TId, Thread> {
  const started = startThreads<TId>(...args);
  threads.push(...Object.values<Thread>(started));
  return started;
}

const snapshot = (thread: Thread, timeoutMs = 20_000) => thread.ask<GlobalSnapshot>({ type: 'snapshot', timeoutMs });

async function pay(paying: Iterable<Thread>, isPaying: boolean) {
  for (const thread of paying) await thread.ask({ type: 'pay', isPaying });
}

function expectConsistent(taken: GlobalSnapshot, total: number) {
  expect(verifySnapshot(taken)).toEqual({ consistent: true });
  expect(totalOf(taken)).toBe(total);
}

describe('threads', () => {
  it('are in consistent snapshots while they pay one another', async () => {
    const all = start(accounts, mesh);
    await pay(Object.values(all), true);
    let inFlight = 0;
    for (let round = 0; round < 5; round++) {
      for (const thread of [all.a, all.c]) {
        const taken = await snapshot(thread);
        expectConsistent(taken, 4000);
        expect(taken.stats.markers).toBe(12);
        inFlight += taken.stats.messages;
      }
    }
    expect(inFlight).toBeGreaterThan(0);
  });

  it('go on from a snapshot in new threads, nothing lost and nothing twice', async () => {
    const before = start(accounts, mesh);
    await pay(Object.values(before), true);
    let taken = await snapshot(before.a);
    for (let round = 0; taken.stats.messages === 0 && round < 50; round++) taken = await snapshot(before.a);
    expect(taken.stats.messages).toBeGreaterThan(0);
    await Promise.all(Object.values(before).map((thread) => thread.terminate()));

    const after = start(accounts, mesh, taken);
    expectConsistent(await snapshot(after.b), 4000);
    await pay(Object.values(after), true);
    expectConsistent(await snapshot(after.c), 4000);
  });

  it('take snapshots by a supervisor in a thread of its own, and go on when that is killed', async () => {
    const { s, ...paying } = start<Id | 's'>({ ...accounts, s: undefined }, [...mesh, ['s', 'a']]);
    await pay(Object.values(paying), true);
    const taken = await snapshot(s);
    expect(Object.keys(taken.processes)).toHaveLength(5);
    const rest = Object.entries(taken.processes).filter(([id]) => id !== 's');
    expect(totalOf({ ...taken, processes: Object.fromEntries(rest) })).toBe(4000);

    await s.terminate();
    const first = await snapshot(paying.b);
    const second = await snapshot(paying.b);
    for (const later of [first, second]) {
      expect(Object.keys(later.processes).sort()).toEqual(['a', 'b', 'c', 'd']);
      expectConsistent(later, 4000);
    }
    const sent = ({ processes }: GlobalSnapshot) => processes.c!.sent['c->d']!.count;
    expect(sent(second)).toBeGreaterThan(sent(first));
  });

  it('lose a snapshot, but no more, when one of them dies', async () => {
    const all = start(accounts, mesh);
    await pay(Object.values(all), true);
    expectConsistent(await snapshot(all.a), 4000);
    const taking = Promise.allSettled(Array.from({ length: 30 }, () => snapshot(all.a, 5000)));
    await all.d.terminate();
    for (const result of await taking) {
      if (result.status === 'fulfilled') expect(verifySnapshot(result.value)).toEqual({ consistent: true });
      else {
        expect(result.reason).toMatchObject({ code: 'snapshot-aborted' });
        expect((result.reason as { channels: string[] }).channels.join()).toMatch(/d->|->d/);
      }
    }
    const after = await snapshot(all.a);
    expect(Object.keys(after.processes).sort()).toEqual(['a', 'b', 'c']);
    expect(verifySnapshot(after)).toEqual({ consistent: true });
  });
});
