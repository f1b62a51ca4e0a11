/** A network in one program that is rolled back in place. */
import { fromPromise, SimulatedClock, setup } from 'xstate';
import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/checkpoint/index.js';
import { createManualSchedule, createNetwork, fullMesh, verifySnapshot, type TraceEvent } from '../../src/index.js';
import { supervise, type RecoveryEvent, type SuperviseOptions } from '../../src/recovery/index.js';
import { captureState } from '../../src/testing/index.js';
import { account, totalOf } from '../support/account.js';
import { fragile } from '../support/fragile-account.js';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function bank(options: Partial<Parameters<typeof createNetwork>[1] & object> = {}) {
  const ids = ['a', 'b', 'c'] as const;
  const network = createNetwork(
    {
      processes: {
        a: { logic: fragile, input: { balance: 10 } },
        b: { logic: fragile, input: { balance: 10 } },
        c: { logic: account, input: { balance: 10 } },
      },
      channels: fullMesh(ids),
    },
    options,
  );
  network.start();
  stops.push(() => network.stop());
  return network;
}

function watch(network: Parameters<typeof supervise>[0], options: Partial<SuperviseOptions> = {}) {
  const store = createMemoryStore();
  const recovery = supervise(network, { store, everyMs: 1_000_000, ...options });
  const events: RecoveryEvent[] = [];
  recovery.events$.subscribe((event) => events.push(event));
  stops.push(() => recovery.stop());
  const count = (type: RecoveryEvent['type']) => events.filter((event) => event.type === type).length;
  const until = (type: RecoveryEvent['type'], times = 1) =>
    expect.poll(() => count(type)).toBeGreaterThanOrEqual(times);
  return { recovery, events, store, until };
}

const balance = (process: { actor: { getSnapshot(): { context: { balance: number } } } }) =>
  process.actor.getSnapshot().context.balance;

describe('a rollback in place', () => {
  it('brings states, messages in flight and counters back; what was sent since never arrives', async () => {
    const schedule = createManualSchedule();
    const network = bank({ schedule });
    network.send('a', { type: 'PAY', to: 'b', amount: 1 });
    const checkpoint = captureState(network as never);
    network.send('a', { type: 'PAY', to: 'b', amount: 2 });
    network.send('b', { type: 'PAY', to: 'c', amount: 4 });
    schedule.deliver('a->b');
    expect(network.epoch).toBe(0);
    await network.rollBack(checkpoint);
    expect(network.epoch).toBe(1);
    expect(schedule.pending()).toEqual(new Map([['a->b', 1]]));
    expect([network.processes.a, network.processes.b, network.processes.c].map(balance)).toEqual([9, 10, 10]);
    schedule.deliver('a->b');
    expect(balance(network.processes.b)).toBe(11);
    const after = captureState(network as never);
    expect(verifySnapshot(after)).toEqual({ consistent: true });
    expect(after.processes.b!.received['a->b']).toEqual({ count: 1 });
  });

  it('is known to whoever looked through the process; the actors before it are stopped', async () => {
    const network = bank();
    const before = network.processes.a.actor;
    const actors: unknown[] = [];
    const balances: number[] = [];
    network.processes.a.actor$.subscribe((actor) => actors.push(actor));
    const watching = network.processes.a.subscribe(({ context }) => balances.push(context.balance));
    const checkpoint = captureState(network as never);
    network.processes.a.send({ type: 'MONEY', amount: 5 });
    await network.rollBack(checkpoint);
    expect(before.getSnapshot().status).toBe('stopped');
    expect(actors).toEqual([before, network.processes.a.actor]);
    expect(network.processes.a.actor).not.toBe(before);
    network.processes.a.send({ type: 'MONEY', amount: 7 });
    watching.unsubscribe();
    network.processes.a.send({ type: 'MONEY', amount: 1 });
    expect(balances).toEqual([15, 10, 17]);
  });

  it('gives snapshots under way up by name, and is traced', async () => {
    const schedule = createManualSchedule();
    const network = bank({ schedule });
    const checkpoint = captureState(network as never);
    const trace: TraceEvent[] = [];
    network.trace$.subscribe((event) => trace.push(event));
    const taking = network.takeSnapshot();
    await network.rollBack(checkpoint);
    await expect(taking).rejects.toMatchObject({
      code: 'snapshot-aborted',
      message: expect.stringContaining(`rolled back to snapshot ${checkpoint.id}`),
    });
    expect(trace.map(({ type }) => type).filter((type) => /process|network|aborted/.test(type))).toEqual([
      'snapshot.aborted',
      ...Array<string>(3).fill('process.stopped'),
      'network.rolled-back',
      ...Array<string>(3).fill('process.started'),
    ]);
    const again = network.takeSnapshot();
    for (const [id] of schedule.pending()) schedule.deliver(id);
    for (const [id] of schedule.pending()) schedule.deliver(id);
    expect(totalOf(await again)).toBe(30);
  });

  it('asked for in the middle of a step waits for its end', async () => {
    const network = bank();
    const checkpoint = captureState(network as never);
    let rolling: Promise<unknown> | undefined;
    network.processes.a.actor.subscribe(() => {
      rolling ??= network.rollBack(checkpoint);
      expect(network.epoch).toBe(0);
    });
    network.send('a', { type: 'MONEY', amount: 5 });
    await rolling;
    expect(balance(network.processes.a)).toBe(10);
  });

  it('puts timers back, and calls promises again', async () => {
    const clock = Object.assign(new SimulatedClock(), { now: () => time });
    let time = 0;
    let calls = 0;
    const waiter = setup({ actors: { call: fromPromise(() => Promise.resolve(++calls)) } }).createMachine({
      initial: 'waiting',
      states: {
        waiting: { after: { 100: 'calling' } },
        calling: { invoke: { src: 'call', onDone: 'called' } },
        called: {},
      },
    });
    const network = createNetwork({ processes: { w: waiter }, channels: [] }, { clock });
    network.start();
    stops.push(() => network.stop());
    const pass = (ms: number) => {
      time += ms;
      clock.increment(ms);
    };
    pass(60);
    const checkpoint = captureState(network as never);
    pass(60);
    await expect.poll(() => network.processes.w.actor.getSnapshot().value).toBe('called');
    await network.rollBack(checkpoint);
    pass(39);
    expect(network.processes.w.actor.getSnapshot().value).toBe('waiting');
    pass(1);
    await expect.poll(() => network.processes.w.actor.getSnapshot().value).toBe('called');
    expect(calls).toBe(2);
  });

  it('to what is no snapshot of the network is refused, and nothing happens', async () => {
    const network = bank();
    const checkpoint = captureState(network as never);
    const other = createNetwork({ processes: { z: account as never }, channels: [] } as never);
    expect(() => network.rollBack(captureState(other as never))).toThrow(/z in the snapshot alone/);
    const unfit = structuredClone(checkpoint) as unknown as { processes: { a: { snapshot: { value: string } } } };
    unfit.processes.a.snapshot.value = 'nowhere';
    const before = network.processes.a.actor;
    await expect(network.rollBack(unfit as never)).rejects.toMatchObject({ code: 'does-not-fit' });
    expect(network.processes.a.actor).toBe(before);
    expect(network.epoch).toBe(0);
    network.stop();
    await expect(network.rollBack(checkpoint)).rejects.toMatchObject({ code: 'not-running' });
  });
});

describe('supervise', () => {
  it('rolls back when a machine fails, and the program does not hear of it as an uncaught error', async () => {
    const network = bank();
    network.processes.a.actor.subscribe(() => undefined); // an observer without `error`, for whom XState would throw
    const { events, until } = watch(network);
    await until('checkpoint.saved');
    network.send('a', { type: 'PAY', to: 'b', amount: 3 });
    network.send('a', { type: 'BREAK' });
    await until('recovery.completed');
    expect(events.map(({ type }) => type)).toEqual([
      'coordinator.leading',
      'checkpoint.saved',
      'crash.detected',
      'recovery.begun',
      'recovery.completed',
    ]);
    expect(events[2]).toMatchObject({ process: 'a', error: new Error('broken') });
    expect(events[4]).toMatchObject({ epoch: 1 });
    const snapshot = await network.takeSnapshot();
    expect(totalOf(snapshot as never)).toBe(30);
    expect(balance(network.processes.b)).toBe(10);
  });

  it('takes those back who have received something since from one that crashed; and names them', async () => {
    const schedule = createManualSchedule();
    const network = bank({ schedule });
    const { events, until, recovery } = watch(network);
    await expect.poll(() => schedule.pending().size).toBeGreaterThan(0);
    for (let [id] = schedule.pending().keys(); id !== undefined; [id] = schedule.pending().keys()) schedule.deliver(id);
    await until('checkpoint.saved');
    const { c } = network.processes;
    const before = c.actor;
    network.send('a', { type: 'PAY', to: 'b', amount: 3 });
    schedule.deliver('a->b');
    network.send('c', { type: 'PAY', to: 'a', amount: 4 });
    schedule.deliver('c->a');
    network.send('a', { type: 'BREAK' });
    await until('recovery.completed');
    expect(events.at(-1)).toMatchObject({ type: 'recovery.completed', processes: ['a', 'b'] });
    expect(c.actor).toBe(before);
    schedule.deliver('c->a');
    expect([network.processes.a, network.processes.b, c].map(balance)).toEqual([14, 10, 6]);
    recovery.crashed('c', new Error('as the caller knows'));
    await until('recovery.completed', 2);
    expect(events.at(-1)).toMatchObject({ processes: ['a', 'c'] }); // a has had it again
    recovery.rollBack('by choice');
    await until('recovery.completed', 3);
    expect(events.at(-1)).toMatchObject({ processes: ['a', 'b', 'c'] });
  });

  it('rolls back by choice, to the newest checkpoint', async () => {
    const network = bank();
    const { recovery, until, store } = watch(network, { everyMs: 5 });
    await until('checkpoint.saved', 1);
    network.send('a', { type: 'PAY', to: 'b', amount: 3 });
    await expect.poll(async () => balanceIn(await store.load((await store.list()).at(-1)!), 'b')).toBe(13);
    network.send('a', { type: 'PAY', to: 'b', amount: 3 });
    recovery.rollBack('as you like');
    await until('recovery.completed');
    expect(totalOf((await network.takeSnapshot()) as never)).toBe(30);
  });

  it('gives up when it crashes again and again from the same checkpoint, and says so', async () => {
    const network = bank();
    const { recovery, until } = watch(network, { tolerateCrashes: 2 });
    await until('checkpoint.saved');
    network.processes.a.actor$.subscribe((actor) => {
      // Whatever it is restored to, it breaks at once.
      setImmediate(() => actor.send({ type: 'BREAK' }));
    });
    await expect(recovery.done).rejects.toMatchObject({
      code: 'recovery-failed',
      message: expect.stringMatching(/3 crashes in a row.*process "a" crashed \(broken\)/),
      cause: new Error('broken'),
    });
  });

  it('says so when there is no checkpoint yet', async () => {
    const network = bank();
    const store = { ...createMemoryStore(), save: () => Promise.reject(new Error('disk full')) };
    const { recovery } = watch(network, { store });
    network.send('a', { type: 'BREAK' });
    await expect(recovery.done).rejects.toMatchObject({ code: 'recovery-failed', message: /got none/ });
  });

  it('leaves errors to the application when it has ended', async () => {
    const network = bank();
    const { recovery } = watch(network);
    await recovery.stop();
    await recovery.done;
    const failed = new Promise((resolve) => network.processes.a.actor.subscribe({ error: resolve }));
    network.send('a', { type: 'BREAK' });
    expect(await failed).toEqual(new Error('broken'));
  });

  it.each([
    [{}, { store: createMemoryStore(), everyMs: 1 }, /rollBack/],
    [undefined, { store: createMemoryStore(), everyMs: 0 }, /everyMs/],
    [undefined, { store: {}, everyMs: 1 }, /store/],
    [undefined, { everyMs: 1 }, /store/],
    [
      undefined,
      { store: { ...createMemoryStore(), register: undefined }, everyMs: 1 },
      /`register`.*got undefined.*add it/,
    ],
    [undefined, { store: createMemoryStore(), everyMs: 1, tolerateCrashes: -1 }, /tolerateCrashes/],
    [undefined, { store: createMemoryStore(), everyMs: 1, restart: 1 }, /restart/],
  ])('%j with %j is refused', (network, options, message) => {
    expect(() => supervise((network ?? bank()) as never, options as never)).toThrow(message);
  });
});

const balanceIn = (snapshot: { processes: Record<string, { snapshot: unknown }> }, id: string) =>
  (snapshot.processes[id]!.snapshot as { context: { balance: number } }).context.balance;
