import { of, NEVER } from 'rxjs';
import {
  assign,
  fromCallback,
  fromObservable,
  fromPromise,
  fromTransition,
  sendTo,
  setup,
  SimulatedClock,
  type AnyActorRef,
} from 'xstate';
import { describe, expect, it } from 'vitest';
import {
  conserved,
  detect,
  isPassive,
  messagesOf,
  quantity,
  stateOf,
  terminated,
  tokenLost,
  unreachable,
  watch,
} from '../../src/detect/index.js';
import {
  createManualSchedule,
  createNetwork,
  createSeededSchedule,
  fullMesh,
  ring,
  type SnapshotOf,
} from '../../src/index.js';
import { captureState } from '../../src/testing/index.js';
import { account } from '../support/account.js';
import { deliverAll } from '../support/network.js';

const never = () => new Promise<void>(() => undefined);

describe('isPassive', () => {
  const actors = {
    promise: fromPromise(never),
    settled: fromPromise(() => Promise.resolve(1)),
    callback: fromCallback(() => undefined),
    observable: fromObservable(() => NEVER),
    completed: fromObservable(() => of(1)),
    counter: fromTransition((count: number) => count + 1, 0),
    timed: setup({}).createMachine({ after: { 1000: {} } }),
    plain: setup({}).createMachine({ initial: 'a', states: { a: {} } }),
    nested: setup({ actors: { promise: fromPromise(never) } }).createMachine({ invoke: { src: 'promise' } }),
    done: setup({ actors: { promise: fromPromise(never) } }).createMachine({
      invoke: { src: 'promise' },
      initial: 'end',
      states: { end: { type: 'final' } },
    }),
  };
  const parent = (src: keyof typeof actors) => setup({ actors }).createMachine({ invoke: { src, id: 'child' } });
  const clock = Object.assign(new SimulatedClock(), { now: () => 0 });

  it.each([
    ['promise', false],
    ['settled', true],
    ['callback', false],
    ['observable', false],
    ['completed', true],
    ['counter', true],
    ['timed', false],
    ['plain', true],
    ['nested', false],
    ['done', true],
  ] as const)('of a process that is a %s, or has one for a child: %s', async (kind, expected) => {
    const processes = { root: actors[kind] as typeof actors.plain, child: parent(kind) };
    const network = createNetwork({ processes, channels: [] }, { clock });
    network.start();
    await new Promise((resolve) => setImmediate(resolve));
    const state = captureState(network);
    expect([isPassive(state.processes.root), isPassive(state.processes.child)]).toEqual([expected, expected]);
    network.stop();
  });
});

describe('terminated', () => {
  const worker = setup({
    types: { context: {} as { peer: string }, input: {} as string, events: {} as { type: 'WORK'; hops: number } },
  }).createMachine({
    context: ({ input }) => ({ peer: input }),
    on: {
      WORK: {
        guard: ({ event }) => event.hops > 0,
        actions: sendTo(
          ({ system, context }) => system.get(context.peer) as AnyActorRef,
          ({ event }) => ({ ...event, hops: event.hops - 1 }),
        ),
      },
    },
  });
  const config = {
    processes: { a: { logic: worker, input: 'b' }, b: { logic: worker, input: 'a' } },
    channels: ring(['a', 'b']),
  };

  it('is detected once the last message is taken, and not before', async () => {
    const network = createNetwork(config, { schedule: createSeededSchedule(3) });
    network.start();
    network.send('a', { type: 'WORK', hops: 500 });
    const { snapshot, witness } = await detect(network, terminated(), { everyMs: 0 });
    expect(witness.passive).toEqual(['a', 'b']);
    expect(snapshot.processes.a.sent['a->b']!.count + snapshot.processes.b.sent['b->a']!.count).toBe(500);
    network.stop();
  });

  it('can be told whom and what not to wait for', () => {
    const schedule = createManualSchedule();
    const clock = Object.assign(new SimulatedClock(), { now: () => 0 });
    const ticker = setup({}).createMachine({ after: { 10: { actions: () => undefined } } });
    const processes = { ...config.processes, ticker };
    const network = createNetwork({ ...config, processes }, { schedule, clock });
    network.start();
    const notTicker = {
      isPassive: (state: Parameters<typeof isPassive>[0], id: string) => id === 'ticker' || isPassive(state),
    };
    expect(terminated()(captureState(network))).toBeUndefined();
    expect(terminated(notTicker)(captureState(network))).toEqual({ passive: ['a', 'b', 'ticker'] });
    network.send('a', { type: 'WORK', hops: 1 });
    expect(terminated(notTicker)(captureState(network))).toBeUndefined();
    const ignoring = { ...notTicker, ignores: ({ event }: { event: { type: string } }) => event.type === 'WORK' };
    expect(terminated(ignoring)(captureState(network))).toBeTruthy();
    network.stop();
  });
});

describe('stateOf and messagesOf', () => {
  const light = setup({ types: { tags: {} as 'go' | 'wait', meta: {} as { label: string } } }).createMachine({
    initial: 'red',
    states: { red: { tags: 'wait', meta: { label: 'stop!' }, on: { NEXT: 'green' } }, green: { tags: 'go' } },
  });

  it('give a recorded state its tags, meta and `matches` back, and the messages with their channels', () => {
    const processes = {
      light,
      count: fromTransition((n: number) => n + 1, 0),
      alice: { logic: account, input: { balance: 9 } },
      bob: { logic: account, input: { balance: 0 } },
    };
    const schedule = createManualSchedule();
    const network = createNetwork({ processes, channels: [['alice', 'bob']] }, { schedule });
    network.start();
    network.send('alice', { type: 'PAY', to: 'bob', amount: 2 });
    const snapshot = captureState(network);
    const state = stateOf(light, snapshot.processes.light);
    expect(state.hasTag('wait')).toBe(true);
    expect(state.matches('red')).toBe(true);
    expect(Object.values(state.getMeta())).toEqual([{ label: 'stop!' }]);
    expect(stateOf(processes.count, snapshot.processes.count)).toMatchObject({ context: 0 });
    expect(messagesOf(snapshot)).toEqual([
      { channel: 'alice->bob', from: 'alice', to: 'bob', seq: 1, event: { type: 'MONEY', amount: 2 } },
    ]);
    network.stop();
  });
});

describe('quantities', () => {
  const processes = {
    alice: { logic: account, input: { balance: 50 } },
    bob: { logic: account, input: { balance: 50 } },
  };
  const config = { processes, channels: fullMesh(['alice', 'bob']) };
  const money = quantity<SnapshotOf<typeof processes>>({
    inProcess: ({ snapshot }) => snapshot.context.balance,
    inMessage: ({ event }) => event.amount,
  });

  it('sum up what processes have and what is in flight, in whatever state', async () => {
    const network = createNetwork(config, { schedule: createSeededSchedule(5) });
    network.start();
    const amounts: number[] = [];
    for await (const { snapshot } of watch(network, conserved(money, 100), { everyMs: 0 })) {
      amounts.push(money(snapshot));
      if (amounts.length === 20) break;
      network.send('alice', { type: 'PAY', to: 'bob', amount: 3 });
      network.send('bob', { type: 'PAY', to: 'alice', amount: 2 });
    }
    expect(new Set(amounts)).toEqual(new Set([100]));
    network.stop();
  });

  it('`watch` with `conserved` names the snapshots between which some was lost; `tokenLost` is detected', async () => {
    const thief = fromTransition((state: { balance: number }) => state, { balance: 50 });
    const schedule = createSeededSchedule(6);
    const network = createNetwork({ ...config, processes: { alice: processes.alice, bob: thief } }, { schedule });
    const money = quantity({
      inProcess: ({ snapshot }) => (snapshot as { context: { balance: number } }).context.balance,
      inMessage: ({ event }) => (event as { type: string; amount: number }).amount,
    });
    network.start();
    const ids: string[] = [];
    const watching = async () => {
      for await (const { snapshot, holds } of watch(network, conserved(money, 100), { everyMs: 0 })) {
        expect(holds).toBe(true);
        ids.push(snapshot.id);
        network.send('alice', { type: 'PAY', to: 'bob', amount: 1 }); // who throws it away
      }
    };
    const error = (await watching().catch((reason: unknown) => reason)) as { code: string; snapshotIds: string[] };
    expect(error.code).toBe('unstable-property');
    expect(error.snapshotIds[0]).toBe(ids.at(-1));
    const { witness } = await detect(network, tokenLost(money, 100), { everyMs: 0 });
    expect(witness).toEqual({ expected: 100, found: 100 - ids.length });
    network.stop();
  });

  it('refuse what is no number', () => {
    const network = createNetwork(config);
    const nothing = quantity({ inProcess: () => NaN, inMessage: () => 0 });
    expect(() => tokenLost(nothing)(captureState(network))).toThrow(/to be a number, got NaN/);
    network.stop();
  });
});

describe('unreachable', () => {
  /** Knows some others, forgets and tells of them when told to. */
  const knower = setup({
    types: {
      context: {} as { readonly knows: readonly string[] },
      input: {} as readonly string[],
      events: {} as
        { type: 'FORGET'; id: string } | { type: 'TELL'; to: string; of: string } | { type: 'LEARN'; id: string },
    },
  }).createMachine({
    context: ({ input }) => ({ knows: input }),
    on: {
      FORGET: { actions: assign({ knows: ({ context, event }) => context.knows.filter((id) => id !== event.id) }) },
      TELL: {
        actions: sendTo(
          ({ system, event }) => system.get(event.to)!,
          ({ event }) => ({ type: 'LEARN', id: event.of }),
        ),
      },
      LEARN: { actions: assign({ knows: ({ context, event }) => [...context.knows, event.id] }) },
    },
  });
  const processes = {
    root: { logic: knower, input: ['a', 'b'] },
    a: { logic: knower, input: ['x'] },
    b: { logic: knower, input: [] },
    x: { logic: knower, input: ['y'] },
    y: { logic: knower, input: ['x'] },
  };
  const garbage = unreachable<SnapshotOf<typeof processes>>({
    roots: ['root'],
    references: ({ snapshot }) => snapshot.context.knows,
    referencesIn: ({ event }) => ('id' in event ? [event.id as string] : []),
  });
  const start = () => {
    const schedule = createManualSchedule();
    const network = createNetwork({ processes, channels: fullMesh(['root', 'a', 'b', 'x', 'y']) }, { schedule });
    network.start();
    return { network, schedule, found: () => garbage(captureState(network)) };
  };

  it('finds a cycle that nobody knows any more', () => {
    const { network, found } = start();
    expect(found()).toBeUndefined();
    network.send('a', { type: 'FORGET', id: 'x' });
    expect(found()).toEqual({ unreachable: ['x', 'y'] });
    network.stop();
  });

  it('counts references in flight: handed over and forgotten is not lost', () => {
    const { network, schedule, found } = start();
    network.send('a', { type: 'TELL', to: 'b', of: 'x' });
    network.send('a', { type: 'FORGET', id: 'x' });
    expect(found()).toBeUndefined();
    deliverAll(schedule);
    expect(found()).toBeUndefined();
    network.send('b', { type: 'FORGET', id: 'x' });
    expect(found()).toEqual({ unreachable: ['x', 'y'] });
    network.stop();
  });

  it('counts whoever may still act as a root: it could make itself known', () => {
    const { network, schedule, found } = start();
    network.send('x', { type: 'TELL', to: 'y', of: 'y' });
    network.send('a', { type: 'FORGET', id: 'x' });
    expect(found()).toBeUndefined(); // y, and so x, is about to get a message
    deliverAll(schedule);
    expect(found()).toEqual({ unreachable: ['x', 'y'] });
    const ofActive = unreachable({ roots: [], references: () => [], isPassive: (_, id) => id !== 'x' });
    expect(ofActive(captureState(network))).toEqual({ unreachable: ['root', 'a', 'b', 'y'] });
    network.stop();
  });
});
