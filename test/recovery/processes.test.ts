/** Processes in several programs, as good as: each with its own links and no others, joined by ports or pipes. */
import { MessageChannel } from 'node:worker_threads';
import { assign, createActor, sendTo, setup, SimulatedClock, type Actor, type AnyActorRef } from 'xstate';
import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryStore, loadLatestCheckpoint } from '../../src/checkpoint/index.js';
import {
  attachProcess,
  createProcess,
  processOf,
  verifySnapshot,
  withPeers,
  type LinkEvent,
  type Peers,
  type CreatedProcess,
  type ProcessOptions,
} from '../../src/index.js';
import { supervise, type RecoveryEvent, type SuperviseOptions } from '../../src/recovery/index.js';
import { messagePort } from '../../src/transports/message-port.js';
import { totalOf } from '../support/account.js';
import { fragile as account } from '../support/fragile-account.js';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function ports() {
  const { port1, port2 } = new MessageChannel();
  stops.push(() => port1.close());
  return { ends: [messagePort(port1), messagePort(port2)] as const, cut: () => port1.close() };
}

type Account = CreatedProcess<typeof account> & { readonly told: LinkEvent[] };

function start(id: string, peers: Peers, options: Partial<ProcessOptions<typeof account>> = {}): Account {
  const process = createProcess(account, { id, peers, input: { balance: 100 }, ...options });
  const told: LinkEvent[] = [];
  process.links$.subscribe((event) => told.push(event));
  stops.push(() => process.stop());
  return Object.assign(process.start(), { told });
}

function watch(process: Parameters<typeof supervise>[0], options: Partial<SuperviseOptions> = {}) {
  const { store = createMemoryStore() } = options;
  const recovery = supervise(process, { everyMs: 1_000_000, ...options, store });
  const events: RecoveryEvent[] = [];
  recovery.events$.subscribe((event) => events.push(event));
  stops.push(() => recovery.stop());
  const until = (type: RecoveryEvent['type'], times = 1) =>
    expect.poll(() => events.filter((event) => event.type === type).length).toBeGreaterThanOrEqual(times);
  return { recovery, events, store, until };
}

/** Three accounts, each with a link to each other one. */
function triangle(options: Partial<SuperviseOptions> = {}) {
  const [ab, ac, bc] = [ports(), ports(), ports()];
  const a = start('a', { b: ab.ends[0], c: ac.ends[0] });
  const b = start('b', { a: ab.ends[1], c: bc.ends[0] });
  const c = start('c', { a: ac.ends[1], b: bc.ends[1] });
  return { a, b, c, links: { ab, ac, bc }, ...watch(a, options) };
}

const balanceOf = (process: Account) => process.actor.getSnapshot().context.balance;

async function expectWhole(process: Account, total: number) {
  const snapshot = await process.takeSnapshot({ timeoutMs: 5000 });
  expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
  expect(totalOf(snapshot)).toBe(total);
}

describe('processes in several programs', () => {
  it('go back together by choice, and what was under way never arrives', async () => {
    const { a, b, c, recovery, until } = triangle();
    await until('checkpoint.saved');
    a.send({ type: 'PAY', to: 'b', amount: 7 });
    await expect.poll(() => balanceOf(b)).toBe(107);
    const before = b.actor;
    c.send({ type: 'PAY', to: 'a', amount: 3 });
    recovery.rollBack('as you like');
    b.send({ type: 'PAY', to: 'c', amount: 5 });
    await until('recovery.completed');
    expect([a, b, c].map(balanceOf)).toEqual([100, 100, 100]);
    expect([a, b, c].map(({ epoch }) => epoch)).toEqual([1, 1, 1]);
    expect(b.actor).not.toBe(before);
    b.send({ type: 'PAY', to: 'c', amount: 5 });
    await expect.poll(() => balanceOf(c)).toBe(105);
    await expectWhole(a, 300);
  });

  it('go back to what was in flight as well', async () => {
    const { a, b, c, recovery, until, store } = triangle({ everyMs: 1 });
    const paying = setInterval(() => {
      a.send({ type: 'PAY', to: 'b', amount: 1 });
      b.send({ type: 'PAY', to: 'c', amount: 1 });
      c.send({ type: 'PAY', to: 'a', amount: 1 });
    }, 0);
    stops.push(() => clearInterval(paying));
    let inFlight = 0;
    for (let round = 1; inFlight === 0 && round < 50; round++) {
      await until('checkpoint.saved', round * 3);
      recovery.rollBack(`round ${round}`);
      await until('recovery.completed', round);
      const { snapshot } = await loadLatestCheckpoint(store);
      inFlight += snapshot!.stats.messages;
      await expectWhole(b, 300);
    }
    expect(inFlight).toBeGreaterThan(0);
  });

  it('go back when a machine fails anywhere, and no program ends of it', async () => {
    const { a, c, events, until } = triangle();
    await until('checkpoint.saved');
    c.send({ type: 'PAY', to: 'a', amount: 9 });
    c.send({ type: 'BREAK' });
    await until('recovery.completed');
    expect(events.find(({ type }) => type === 'crash.detected')).toMatchObject({ process: 'c', isGone: false });
    await expectWhole(a, 300);
    expect(balanceOf(a)).toBe(100);
  });

  it('go on with another life of one that is gone, whatever was sent to it meanwhile', async () => {
    let reborn: Account | undefined;
    const { a, c, links, events, until } = triangle({
      restart({ process }, snapshot) {
        expect(process).toBe('b');
        if (reborn !== undefined) return;
        const [ab, bc] = [ports(), ports()];
        a.replacePeer('b', ab.ends[0]);
        reborn = start('b', { a: ab.ends[1], c: bc.ends[0] }, { snapshot, input: { balance: 0 } });
        c.send({ type: 'PAY', to: 'b', amount: 2 });
        c.replacePeer('b', bc.ends[1]);
      },
    });
    await until('checkpoint.saved');
    a.send({ type: 'PAY', to: 'b', amount: 9 });
    links.ab.cut();
    links.bc.cut();
    await until('recovery.completed');
    expect(events.find(({ type }) => type === 'crash.detected')).toMatchObject({ process: 'b', isGone: true });
    await expectWhole(c, 300);
    expect(balanceOf(a)).toBe(100);
  });

  it('learn of a crash that others see, and reach whoever is past the one that crashed', async () => {
    // a – b – c: the supervisor a has no link to c.
    const first = { ab: ports(), bc: ports() };
    const a = start('a', { b: first.ab.ends[0] });
    start('b', { a: first.ab.ends[1], c: first.bc.ends[0] });
    const c = start('c', { b: first.bc.ends[1] });
    const { until } = watch(a, {
      restart(_, snapshot) {
        const [ab, bc] = [ports(), ports()];
        a.replacePeer('b', ab.ends[0]);
        c.replacePeer('b', bc.ends[1]);
        start('b', { a: ab.ends[1], c: bc.ends[0] }, { snapshot });
      },
    });
    await until('checkpoint.saved');
    c.send({ type: 'PAY', to: 'b', amount: 9 });
    first.bc.cut();
    first.ab.cut();
    await until('recovery.completed');
    expect(balanceOf(c)).toBe(100);
    await expectWhole(a, 300);
  });

  it('are told apart, one life of a supervisor from the next, which takes all back to what is in the store', async () => {
    const { a, b, c, links, recovery, store, until } = triangle();
    await until('checkpoint.saved');
    recovery.rollBack('so that they are in epoch 1');
    await until('recovery.completed');
    b.send({ type: 'PAY', to: 'c', amount: 4 });
    await expect.poll(() => balanceOf(c)).toBe(104);
    // Its program is killed: nothing is said.
    await recovery.stop();
    links.ab.cut();
    links.ac.cut();
    await expect.poll(() => b.told.at(-1)?.type).toBe('link.failed');
    const { snapshot } = await loadLatestCheckpoint(store);
    const [ab, ac] = [ports(), ports()];
    b.replacePeer('a', ab.ends[1]);
    c.replacePeer('a', ac.ends[1]);
    const next = start('a', { b: ab.ends[0], c: ac.ends[0] }, { snapshot: snapshot! });
    const second = watch(next, { store });
    await second.until('recovery.completed');
    expect([next, b, c].map(({ epoch }) => epoch)).toEqual([2, 2, 2]);
    expect([next, b, c].map(balanceOf)).toEqual([100, 100, 100]);
    await expectWhole(b, 300);
    expect(a.epoch).toBe(1);
  });

  it('are started anew when nobody comes to a coordinator that goes on from a checkpoint alone', async () => {
    const { a, b, c, recovery, store, until } = triangle();
    await until('checkpoint.saved');
    await recovery.stop();
    for (const process of [a, b, c]) process.stop();
    const { snapshot } = await loadLatestCheckpoint(store);
    const [ab, ac, bc] = [ports(), ports(), ports()];
    const peers = { b: { a: ab.ends[1], c: bc.ends[0] }, c: { a: ac.ends[1], b: bc.ends[1] } };
    const next = start('a', { b: ab.ends[0], c: ac.ends[0] }, { snapshot: snapshot! });
    const started: string[] = [];
    const second = watch(next, {
      store,
      recoverWithinMs: 100,
      restart({ process }, checkpoint) {
        if (started.includes(process)) return;
        started.push(process);
        start(process, peers[process as keyof typeof peers], { snapshot: checkpoint });
      },
    });
    await second.until('recovery.completed');
    expect(started.sort()).toEqual(['b', 'c']);
    await expectWhole(next, 300);
  });

  it('go back again when somebody crashes while they are going back', async () => {
    let restarts = 0;
    const { a, c, links, until, events } = triangle({
      restart(_, snapshot) {
        const [ab, bc] = [ports(), ports()];
        a.replacePeer('b', ab.ends[0]);
        c.replacePeer('b', bc.ends[1]);
        const b = start('b', { a: ab.ends[1], c: bc.ends[0] }, { snapshot });
        if (restarts++ < 2) {
          b.links$.subscribe(({ type }) => {
            if (type !== 'link.connected') return;
            ab.cut(); // it dies as soon as it is there
            bc.cut();
          });
        }
      },
    });
    await until('checkpoint.saved');
    links.ab.cut();
    links.bc.cut();
    await until('recovery.completed');
    expect(restarts).toBe(3);
    expect(events.filter(({ type }) => type === 'recovery.begun').length).toBeGreaterThanOrEqual(3);
    await expectWhole(a, 300);
  });

  it('fetch a checkpoint that they do not hold; who can not says so, and is started anew', async () => {
    let snapshotId = '';
    let fetched = 0;
    let starts = 0;
    const told: LinkEvent[] = [];
    const { a, c, links, store, until } = triangle({
      restart() {
        const [ab, bc] = [ports(), ports()];
        a.replacePeer('b', ab.ends[0]);
        c.replacePeer('b', bc.ends[1]);
        const loadCheckpoint = (id: string) => {
          fetched++;
          snapshotId = id;
          return store.load(id);
        };
        const peers = { a: ab.ends[1], c: bc.ends[0] };
        const b = start('b', peers, ++starts === 1 ? {} : { loadCheckpoint, input: { balance: 0 } });
        b.links$.subscribe((event) => told.push(event));
      },
    });
    await until('checkpoint.saved');
    links.ab.cut();
    links.bc.cut();
    await expect
      .poll(() => told.find(({ type }) => type === 'link.failed'))
      .toMatchObject({
        error: { code: 'recovery-failed', message: expect.stringMatching(/"b" does not hold it.*loadCheckpoint/) },
      });
    await until('recovery.completed');
    expect([starts, fetched]).toEqual([2, 1]);
    expect(await store.list()).toContain(snapshotId);
    await expectWhole(c, 300);
  });
});

/** Waits 100 ms of its clock, and then has been told. */
const patient = setup({
  types: { context: {} as { peer: AnyActorRef | undefined } },
  actions: { greet: sendTo(({ system }) => system.get('b') as AnyActorRef, { type: 'MONEY', amount: 1 }) },
}).createMachine({
  context: { peer: undefined },
  initial: 'waiting',
  states: {
    waiting: {
      on: { LOOK: { actions: assign({ peer: ({ system }) => system.get('b') as AnyActorRef }) } },
      after: { 100: 'greeting' },
    },
    greeting: { entry: 'greet' },
  },
});

describe('actors that something else creates', () => {
  it('are refused at once without `recreate`, here and elsewhere', async () => {
    const ab = ports();
    const actor = createActor(account, { input: { balance: 100 } }).start();
    const attached = attachProcess(actor, { id: 'a', peers: { b: ab.ends[0] } });
    stops.push(() => attached.detach());
    const options = { store: createMemoryStore(), everyMs: 1 };
    expect(() => supervise(attached, options)).toThrow(/without `recreate`.*give it `recreate`/);
    const made = createActor(withPeers(account, { id: 'w' }), { input: { balance: 0 } });
    expect(() => supervise(processOf(made), options)).toThrow(/without `recreate`/);
    expect(() => attached.rollBack({ processes: {} } as never)).toThrow(/"a".*without `recreate`/);
    const b = start('b', { a: ab.ends[1] });
    const { events } = watch(b, { tolerateFailures: 9 });
    await expect
      .poll(() => events.find(({ type }) => type === 'checkpoint.failed'))
      .toMatchObject({ error: { message: expect.stringMatching(/process "a".*without `recreate`/) } });
  });

  it.each(['attachProcess', 'withPeers'])(
    'of %s go back with `recreate`: timers and references to peers, too',
    async (how) => {
      const ab = ports();
      let time = 0;
      const clock = Object.assign(new SimulatedClock(), { now: () => time });
      const pass = (ms: number) => {
        time += ms;
        clock.increment(ms);
      };
      let actor: Actor<typeof patient>;
      if (how === 'attachProcess') {
        actor = createActor(patient, { clock });
        const process = attachProcess(actor, {
          id: 'a',
          peers: { b: ab.ends[0] },
          recreate: (snapshot) => (actor = createActor(patient, { clock, ...(snapshot && { snapshot }) })),
        });
        stops.push(() => process.detach());
      } else {
        const logic = withPeers(patient, {
          id: 'a',
          peers: { b: ab.ends[0] },
          recreate: () =>
            void setImmediate(() => {
              createActor(logic, { clock }); // one that is never started, as React makes in strict mode
              actor = createActor(logic, { clock }).start();
            }),
        });
        actor = createActor(logic, { clock });
      }
      actor.start();
      stops.push(() => actor.stop());
      const b = start('b', { a: ab.ends[1] });
      const { recovery, until } = watch(b);
      const first = actor;
      const actors: unknown[] = [];
      processOf(first).actor$.subscribe((made) => actors.push(made));
      actor.send({ type: 'LOOK' });
      pass(60);
      await until('checkpoint.saved');
      pass(40);
      await expect.poll(() => balanceOf(b)).toBe(101);
      recovery.rollBack('as you like');
      await until('recovery.completed');
      await expect.poll(() => actors).toHaveLength(2);
      expect(actors).toEqual([first, actor]);
      expect(processOf(actor)).toMatchObject({ id: 'a', epoch: 1 });
      expect(first.getSnapshot().status).toBe('stopped');
      pass(39);
      expect(actor.getSnapshot().value).toBe('waiting');
      pass(1);
      await expect.poll(() => balanceOf(b)).toBe(101);
      expect(actor.getSnapshot().context.peer === actor.system.get('b')).toBe(true);
      const { processes } = await b.takeSnapshot();
      expect(processes.a!.sent['a->b']).toEqual({ count: 1 });
    },
  );
});
