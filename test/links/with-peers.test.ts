/** Actors that something else creates, and actors that run already. */
import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { assign, createActor, sendTo, setup, SimulatedClock } from 'xstate';
import {
  attachProcess,
  createProcess,
  processOf,
  verifySnapshot,
  withPeers,
  type GlobalSnapshot,
  type LinkEvent,
  type Peers,
} from '../../src/index.js';
import { messagePort } from '../../src/transports/message-port.js';
import { account, totalOf } from '../support/account.js';
import { restart } from '../support/react.js';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function link() {
  const { port1, port2 } = new MessageChannel();
  stops.push(() => port1.close());
  return [messagePort(port1), messagePort(port2)] as const;
}

function startPeer(id: string, peers: Peers) {
  const told: LinkEvent[] = [];
  const process = createProcess(account, { id, peers, input: { balance: 100 } });
  process.links$.subscribe((event) => told.push(event));
  stops.push(() => process.stop());
  return Object.assign(process.start(), { told });
}

const balanceOf = (actor: { getSnapshot(): { context: { balance: number } } }) => actor.getSnapshot().context.balance;

describe('withPeers', () => {
  it('makes a process of whatever actor is created of it', async () => {
    const [ab, ba] = link();
    const logic = withPeers(account, { id: 'a', peers: { b: ab } });
    createActor(logic, { input: { balance: 1 } }); // one that is never started, as React makes in strict mode
    const actor = createActor(logic, { input: { balance: 100 } }).start();
    stops.push(() => actor.stop());
    const b = startPeer('b', { a: ba });
    actor.send({ type: 'PAY', to: 'b', amount: 5 });
    await expect.poll(() => balanceOf(b.actor)).toBe(105);
    const snapshot = await processOf(actor).takeSnapshot();
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
    expect(totalOf(snapshot)).toBe(200);
    expect(actor.getPersistedSnapshot()).toEqual(
      createActor(account, { input: { balance: 95 } }).getPersistedSnapshot(),
    );
  });

  it('does not part from its peers when the same actor is stopped and at once started again, but when it is stopped', async () => {
    const [ab, ba] = link();
    const actor = createActor(withPeers(account, { id: 'a', peers: { b: ab } }), { input: { balance: 100 } }).start();
    stops.push(() => actor.stop());
    const b = startPeer('b', { a: ba });
    await expect.poll(() => b.told.map(({ type }) => type)).toEqual(['link.connected']);
    restart(actor);
    actor.send({ type: 'PAY', to: 'b', amount: 5 });
    await expect.poll(() => balanceOf(b.actor)).toBe(105);
    expect(totalOf(await processOf(actor).takeSnapshot())).toBe(200);
    expect(b.told).toHaveLength(1);
    actor.stop();
    await expect.poll(() => b.told.map(({ type }) => type)).toEqual(['link.connected', 'link.left']);
  });

  it('goes on from its part of a global snapshot, and from what XState persisted', async () => {
    const [ab, ba] = link();
    const b = startPeer('b', { a: ba });
    const first = createActor(withPeers(account, { id: 'a', peers: { b: ab } }), { input: { balance: 100 } }).start();
    first.send({ type: 'PAY', to: 'b', amount: 5 });
    await expect.poll(() => balanceOf(b.actor)).toBe(105);
    const snapshot = await b.takeSnapshot();
    first.stop();
    const [ac, ca] = link();
    const logic = withPeers(account, { id: 'a', peers: { b: ac }, snapshot });
    const second = createActor(logic, { input: { balance: 0 } }).start();
    stops.push(() => second.stop());
    const restored = createProcess(account, { id: 'b', peers: { a: ca }, input: { balance: 0 }, snapshot }).start();
    stops.push(() => restored.stop());
    expect(balanceOf(second)).toBe(95);
    expect(totalOf(await processOf(second).takeSnapshot())).toBe(200);
    const persisted = createActor(withPeers(account, { id: 'a' }), {
      snapshot: second.getPersistedSnapshot(),
      input: { balance: 0 },
    });
    expect(balanceOf(persisted)).toBe(95);
  });

  it('fires a timer once when it is restored, and when the same actor is stopped and at once started again', async () => {
    const clock = Object.assign(new SimulatedClock(), { now: () => time });
    let time = 0;
    const ticker = setup({ types: { context: {} as { ticks: number } } }).createMachine({
      context: { ticks: 0 },
      initial: 'waiting',
      id: 'ticker',
      states: { waiting: { after: { 1000: { actions: assign({ ticks: ({ context }) => context.ticks + 1 }) } } } },
    });
    const create = (snapshot?: GlobalSnapshot) => {
      const actor = createActor(withPeers(ticker, { id: 'a', snapshot }), { clock }).start();
      stops.push(() => actor.stop());
      return actor;
    };
    const pass = (durationMs: number) => {
      time += durationMs;
      clock.increment(durationMs);
    };
    const first = create();
    restart(first);
    pass(400);
    const snapshot = await processOf(first).takeSnapshot();
    expect(snapshot.processes.a!.timers).toMatchObject([{ delay: 600 }]);
    pass(5000);
    expect(first.getSnapshot().context.ticks).toBe(1);

    const second = create(snapshot);
    restart(second);
    pass(599);
    expect(second.getSnapshot().context.ticks).toBe(0);
    pass(5000);
    expect(second.getSnapshot().context.ticks).toBe(1);
  });

  it('lets entry actions find peers, and records timers in the time of the actor’s own clock', async () => {
    const [ab, ba] = link();
    const clock = Object.assign(new SimulatedClock(), { now: () => time });
    let time = 0;
    const eager = setup({}).createMachine({
      entry: sendTo(
        ({ system }) => system.get('b'),
        () => ({ type: 'MONEY', amount: 1 }),
      ),
      initial: 'waiting',
      states: { waiting: { after: { 1000: 'done' } }, done: {} },
    });
    const actor = createActor(withPeers(eager, { id: 'a', peers: { b: ab } }), { clock }).start();
    stops.push(() => actor.stop());
    const b = startPeer('b', { a: ba });
    await expect.poll(() => balanceOf(b.actor)).toBe(101);
    time = 400;
    const { timers } = (await b.takeSnapshot()).processes.a!;
    expect(timers).toMatchObject([{ delay: 600 }]);
  });

  it('refuses an actor in place of logic, whose state would be dropped', () => {
    const actor = createActor(account, { input: { balance: 5 } });
    expect(() => withPeers(actor as never, { id: 'a' })).toThrow(/`logic`.*an actor.*`attachProcess`/);
  });

  it('knows no process of any other actor', () => {
    expect(() => processOf(createActor(account, { input: { balance: 0 } }))).toThrow(
      /Expected the root actor of a process/,
    );
  });
});

describe('attachProcess', () => {
  it('makes a process of an actor that runs already, and lets it go again', async () => {
    const [ab, ba] = link();
    const actor = createActor(account, { input: { balance: 100 } }).start();
    const b = startPeer('b', { a: ba });
    const a = attachProcess(actor, { id: 'a', peers: { b: ab } });
    actor.send({ type: 'PAY', to: 'b', amount: 5 });
    b.send({ type: 'PAY', to: 'a', amount: 2 });
    await expect.poll(() => balanceOf(b.actor)).toBe(103);
    await expect.poll(() => balanceOf(actor)).toBe(97);
    const snapshot = await a.takeSnapshot();
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
    expect(totalOf(snapshot)).toBe(200);
    expect(() => attachProcess(actor, { id: 'a' })).toThrow(/an actor that is no process yet/);
    a.detach();
    await expect.poll(() => b.told.at(-1)?.type).toBe('link.left');
    expect(actor.getSnapshot().status).toBe('active');
  });

  it('takes one that is started later', async () => {
    const [ab, ba] = link();
    const actor = createActor(account, { input: { balance: 100 } });
    attachProcess(actor, { id: 'a', peers: { b: ab } });
    const b = startPeer('b', { a: ba });
    actor.start();
    stops.push(() => actor.stop());
    expect(Object.keys((await b.takeSnapshot()).processes).sort()).toEqual(['a', 'b']);
  });

  it('refuses a child', () => {
    const parent = createActor(
      setup({ actors: { account } }).createMachine({ invoke: { src: 'account', id: 'c', input: { balance: 0 } } }),
    ).start();
    stops.push(() => parent.stop());
    const child = parent.getSnapshot().children.c!;
    expect(() => attachProcess(child as never, { id: 'a' })).toThrow(/Expected a root actor/);
  });
});
