/** Rollbacks that need a process which is not there: it died without a word, it left in order, it cannot go back. */
import { SimulatedClock } from 'xstate';
import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/checkpoint/index.js';
import {
  createProcess,
  verifySnapshot,
  type Peers,
  type CreatedProcess,
  type ProcessOptions,
} from '../../src/index.js';
import { supervise, type RecoveryEvent, type SuperviseOptions } from '../../src/recovery/index.js';
import { account, totalOf } from '../support/account.js';
import { createPipe, type Pipe } from '../support/pipe.js';

type Account = CreatedProcess<typeof account>;
type Options = Partial<ProcessOptions<typeof account>>;
const SILENCE_MS = 300;

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function start(id: string, peers: Peers, options: Options = {}): Account {
  const process = createProcess(account, { id, peers, input: { balance: 100 }, logger: () => undefined, ...options });
  stops.push(() => process.stop());
  return process.start();
}

function watch(process: Account, options: Partial<SuperviseOptions> = {}) {
  const { store = createMemoryStore() } = options;
  const recovery = supervise(process, { everyMs: 1_000_000, ...options, store });
  recovery.done.catch(() => undefined); // looked at where it matters
  const events: RecoveryEvent[] = [];
  recovery.events$.subscribe((event) => events.push(event));
  stops.push(() => recovery.stop());
  const of = <T extends RecoveryEvent['type']>(type: T) =>
    events.filter((event): event is Extract<RecoveryEvent, { type: T }> => event.type === type);
  const until = (type: RecoveryEvent['type'], times = 1) =>
    expect.poll(() => of(type).length).toBeGreaterThanOrEqual(times);
  return { recovery, of, until, store };
}

const balanceOf = (process: Account) => process.actor.getSnapshot().context.balance;

/** Simulated time for the supervisor's program: it passes in small steps, in which what is under way arrives. */
function createClock() {
  const clock = new SimulatedClock();
  return {
    clock,
    async pass(ms: number) {
      for (let passed = 0; passed < ms; passed += SILENCE_MS / 6) {
        clock.increment(SILENCE_MS / 6);
        for (let n = 0; n < 10; n++) await new Promise(setImmediate);
      }
    },
  };
}

/** A way that the death of one side silences: nothing arrives any more, and nobody says so. */
function createFragilePipe() {
  let isDead = false;
  const pipe = createPipe({ lose: 1 }, () => (isDead ? 0 : 1));
  return { pipe, die: () => void (isDead = true) };
}

const to = ({ ends }: Pipe, own: 0 | 1) => ({ transport: ends[own], silenceMs: SILENCE_MS });

describe('a process that dies without a word as all go back', () => {
  it('is noticed, and started anew', async () => {
    const time = createClock();
    const first = createFragilePipe();
    const restarted: string[] = [];
    const a = start('a', { b: to(first.pipe, 0) }, { clock: time.clock });
    const b = start('b', { a: first.pipe.ends[1] });
    const { recovery, of, until } = watch(a, {
      restart({ process }, snapshot) {
        restarted.push(process);
        const next = createPipe();
        a.replacePeer('b', to(next, 0));
        start('b', { a: next.ends[1] }, { snapshot });
      },
    });
    await until('checkpoint.saved');
    b.send({ type: 'PAY', to: 'a', amount: 1 });
    await expect.poll(() => balanceOf(a)).toBe(101);
    first.die();
    recovery.rollBack('as you like');
    await until('recovery.begun');
    await time.pass(2 * SILENCE_MS);
    await until('recovery.completed');
    expect(of('crash.detected').at(-1)).toMatchObject({ process: 'b', isGone: true });
    expect(restarted).toEqual(['b']);
    expect(totalOf(await a.takeSnapshot())).toBe(200);
  });

  it('… and one that takes its time to fetch a large state is not taken for dead', async () => {
    const time = createClock();
    const pipe = createPipe();
    let fetched: () => void = () => undefined;
    const fetching = new Promise<void>((resolve) => (fetched = resolve));
    const store = createMemoryStore();
    const a = start('a', { b: to(pipe, 0) }, { clock: time.clock });
    const b = start(
      'b',
      { a: pipe.ends[1] },
      {
        loadCheckpoint: async (id) => {
          await fetching;
          return store.load(id);
        },
      },
    );
    const { recovery, of, until } = watch(a, { store });
    await until('checkpoint.saved');
    const plain = await a.takeSnapshot();
    await store.save(plain); // one that b does not hold
    b.send({ type: 'PAY', to: 'a', amount: 1 });
    recovery.rollBack('as you like');
    await until('recovery.begun');
    await time.pass(20 * SILENCE_MS);
    expect(of('crash.detected')).toHaveLength(1);
    fetched();
    await until('recovery.completed');
    expect(of('crash.detected')).toHaveLength(1);
    expect([balanceOf(a), balanceOf(b)]).toEqual([100, 100]);
  });
});

describe('a process that cannot go back', () => {
  function lost(options: Partial<SuperviseOptions>, b: Options) {
    const pipe = createPipe();
    const a = start('a', { b: pipe.ends[0] });
    start('b', { a: pipe.ends[1] }, b);
    return { a, ...watch(a, options) };
  }

  async function goBackToAnother(a: Account, { store, recovery, until }: ReturnType<typeof watch>) {
    await until('checkpoint.saved');
    await store.save(await a.takeSnapshot()); // one that b does not hold
    recovery.rollBack('as you like');
  }

  it('is tried again, as its store may be there again', async () => {
    let tries = 0;
    const store = createMemoryStore();
    const { a, ...watched } = lost(
      { store },
      {
        loadCheckpoint: (id) => (++tries < 3 ? Promise.reject(new Error('no network')) : store.load(id)),
      },
    );
    await goBackToAnother(a, watched);
    await watched.until('recovery.completed');
    expect(tries).toBe(3);
    expect(watched.of('crash.detected').at(-1)).toMatchObject({
      process: 'b',
      error: { message: expect.stringMatching(/cannot go back: no network/) },
    });
  });

  it('ends the supervision by name when it never can', async () => {
    const { a, ...watched } = lost({ tolerateCrashes: 3 }, {});
    await goBackToAnother(a, watched);
    await expect(watched.recovery.done).rejects.toMatchObject({
      code: 'recovery-failed',
      message: expect.stringMatching(/4 crashes in a row.*"b" crashed.*does not hold it.*`loadCheckpoint`/),
    });
  });
});

/** a – b, a – c, b – c; a supervises. */
function triangle(options: (ways: Record<'ab' | 'ac' | 'bc', Pipe>, a: () => Account) => Partial<SuperviseOptions>) {
  const ways = { ab: createPipe(), ac: createPipe(), bc: createPipe() };
  const a = start('a', { b: to(ways.ab, 0), c: to(ways.ac, 0) });
  const b = start('b', { a: to(ways.ab, 1), c: to(ways.bc, 0) });
  const c = start('c', { a: to(ways.ac, 1), b: to(ways.bc, 1) });
  return {
    ways,
    a,
    b,
    c,
    ...watch(
      a,
      options(ways, () => a),
    ),
  };
}

describe('a process that has left in order since the checkpoint', () => {
  it('is started anew from it', async () => {
    const restarted: string[] = [];
    const { a, b, c, recovery, until, of } = triangle((ways) => ({
      restart({ process }, snapshot) {
        restarted.push(process);
        start('c', { a: ways.ac.ends[1], b: ways.bc.ends[1] }, { snapshot });
      },
    }));
    await until('checkpoint.saved');
    c.send({ type: 'PAY', to: 'b', amount: 30 });
    await expect.poll(() => balanceOf(b)).toBe(130);
    c.stop();
    recovery.rollBack('as you like');
    await until('recovery.completed');
    expect(restarted).toEqual(['c']);
    expect(of('crash.detected').at(-1)).toMatchObject({ process: 'c', isGone: true, hasLeft: true });
    const snapshot = await b.takeSnapshot();
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
    expect(totalOf(snapshot)).toBe(300);
    expect(balanceOf(a)).toBe(100);
  });

  it('ends the supervision by name where nobody can start it', async () => {
    const { c, recovery, until } = triangle(() => ({}));
    await until('checkpoint.saved');
    c.stop();
    recovery.rollBack('as you like');
    await expect(recovery.done).rejects.toMatchObject({
      code: 'recovery-failed',
      message: expect.stringMatching(/process "c" to go back.*it has left in order.*`restart`/),
    });
  });

  it('comes back over the way that led to it, when it had only been parted from', async () => {
    const { a, b, c, recovery, until, of } = triangle(() => ({}));
    await until('checkpoint.saved');
    a.removePeer('c');
    c.removePeer('b');
    recovery.rollBack('as you like');
    await until('recovery.completed');
    expect(of('crash.detected')).toHaveLength(1);
    c.send({ type: 'PAY', to: 'a', amount: 5 });
    c.send({ type: 'PAY', to: 'b', amount: 5 });
    await expect.poll(() => [balanceOf(a), balanceOf(b)]).toEqual([105, 105]);
    expect(totalOf(await a.takeSnapshot())).toBe(300);
  });

  it('is of no account when it left before the checkpoint; it may come back later', async () => {
    const { ways, a, b, c, recovery, until, store } = triangle(() => ({ everyMs: 20 }));
    await until('checkpoint.saved');
    c.stop();
    await until('checkpoint.failed').catch(() => undefined); // one that was under way
    const { processes } = await a.takeSnapshot();
    expect(Object.keys(processes).sort()).toEqual(['a', 'b']);
    await until('checkpoint.saved', 5);
    recovery.rollBack('as you like');
    await until('recovery.completed');
    expect(Object.keys((await b.takeSnapshot({ timeoutMs: 2000 })).processes).sort()).toEqual(['a', 'b']);
    const loadCheckpoint = (id: string) => store.load(id);
    const again = start('c', { a: ways.ac.ends[1], b: ways.bc.ends[1] }, { loadCheckpoint });
    await expect.poll(() => again.epoch).toBe(1);
    again.send({ type: 'PAY', to: 'a', amount: 5 });
    await expect.poll(() => balanceOf(a)).toBe(105);
    expect(totalOf(await b.takeSnapshot())).toBe(300);
  });
});
