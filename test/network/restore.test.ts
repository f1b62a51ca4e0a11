/** What a restored process has to get right beyond docs/traps.md: names that XState makes up, references, deep and odd data. */
import {
  assign,
  createActor,
  fromTransition,
  sendTo,
  setup,
  type ActorLogic,
  type AnyActorRef,
  type Snapshot,
} from 'xstate';
import { describe, expect, it } from 'vitest';
import { parseSnapshot, serializeSnapshot } from '../../src/file/index.js';
import { createManualSchedule, createNetwork, type GlobalSnapshot } from '../../src/index.js';

const counter = fromTransition((count: number) => count + 1, 0);

/** A snapshot of a process alone. */
async function record(config: Parameters<typeof createNetwork>[0]): Promise<GlobalSnapshot> {
  const network = createNetwork(config);
  network.start();
  const snapshot = (await network.takeSnapshot()) as GlobalSnapshot;
  network.stop();
  return snapshot;
}

type CountSnapshot = Snapshot<undefined> & { readonly count: number };

/** Through a file, as into another program. */
const throughFile = (snapshot: GlobalSnapshot) => parseSnapshot(serializeSnapshot(snapshot));

describe('children that were spawned without an id', () => {
  const spawning = setup({
    types: { context: {} as { kids: AnyActorRef[] } },
    actors: { counter },
  }).createMachine({
    context: ({ spawn }) => ({ kids: [spawn('counter')] }),
    on: { SPAWN: { actions: assign({ kids: ({ context, spawn }) => [...context.kids, spawn('counter')] }) } },
  });

  it('are not replaced, after a restore, by later ones of the same made-up id', async () => {
    const config = { processes: { p: spawning }, channels: [] };
    const text = serializeSnapshot(await record(config));
    // As another program would have it, whose ids begin again: the child's is still to come.
    const next = Number(/^x:(\d+)$/.exec(createActor(counter).sessionId)![1]) + 10;
    const [made] = /x:\d+/.exec(text)!;
    const restored = createNetwork(config, { snapshot: parseSnapshot(text.replaceAll(made, `x:${next}`)) });
    restored.start();
    for (let count = 0; count < 20; count++) restored.send('p', { type: 'SPAWN' });
    const { children, context } = restored.processes.p.actor.getSnapshot();
    expect(Object.keys(children)).toHaveLength(21);
    expect(context.kids.map(({ id }) => (children as Record<string, AnyActorRef>)[id])).toEqual(context.kids);
    restored.stop();
  });
});

describe('logic that is no machine', () => {
  it('is restored without a `restoreSnapshot` of its own', async () => {
    const logic: ActorLogic<CountSnapshot, { type: 'UP' }> = {
      getInitialSnapshot: () => ({ status: 'active', output: undefined, error: undefined, count: 0 }),
      transition: (snapshot, { type }) => (type === 'UP' ? { ...snapshot, count: snapshot.count + 1 } : snapshot),
      getPersistedSnapshot: (snapshot) => snapshot,
    };
    const config = { processes: { p: logic }, channels: [] };
    const network = createNetwork(config);
    network.start();
    network.send('p', { type: 'UP' });
    const restored = createNetwork(config, { snapshot: await network.takeSnapshot() });
    restored.start();
    restored.send('p', { type: 'UP' });
    expect([network, restored].map(({ processes }) => processes.p.actor.getSnapshot().count)).toEqual([1, 2]);
    network.stop();
    restored.stop();
  });
});

describe('references in a context', () => {
  it('come back in a Map and a Set too, to children and peers', async () => {
    const holder = setup({
      types: { context: {} as { map: Map<unknown, unknown>; set: Set<unknown> } },
      actors: { counter },
    }).createMachine({
      context: ({ spawn }) => ({
        map: new Map<unknown, unknown>([['kid', spawn('counter', { id: 'kid' })]]),
        set: new Set(),
      }),
      entry: assign({ set: ({ system }) => new Set<unknown>([system.get('b'), 1]) }),
      on: {
        GO: {
          actions: [
            sendTo(({ context }) => context.map.get('kid') as AnyActorRef, { type: 'X' }),
            sendTo(({ context }) => [...context.set][0] as AnyActorRef, { type: 'X' }),
          ],
        },
      },
    });
    const config = { processes: { a: holder, b: counter }, channels: [['a', 'b']] } as const;
    const schedule = createManualSchedule();
    const restored = createNetwork(config, { schedule, snapshot: throughFile(await record(config)) });
    restored.start();
    restored.send('a', { type: 'GO' });
    const { children, context } = restored.processes.a.actor.getSnapshot();
    expect([children.kid?.getSnapshot().context, context.set.has(1)]).toEqual([1, true]);
    expect(schedule.pending()).toEqual(new Map([['a->b', 1]]));
    restored.stop();
  });

  it('of logic that is no machine are carried as well', async () => {
    const holder = fromTransition(
      (state: { peer: AnyActorRef | undefined }, event: { type: string }, { system }) => {
        if (event.type === 'LOOK') return { peer: system.get('b') as AnyActorRef };
        state.peer?.send({ type: 'X' });
        return state;
      },
      { peer: undefined },
    );
    const config = { processes: { a: holder, b: counter }, channels: [['a', 'b']] } as const;
    const network = createNetwork(config);
    network.start();
    network.send('a', { type: 'LOOK' });
    const snapshot = (await network.takeSnapshot()) as GlobalSnapshot;
    network.stop();
    const schedule = createManualSchedule();
    const restored = createNetwork(config, { schedule, snapshot: throughFile(snapshot) });
    restored.start();
    restored.send('a', { type: 'GO' });
    expect(schedule.pending()).toEqual(new Map([['a->b', 1]]));
    restored.stop();
  });
});

describe('odd data', () => {
  const holding = (context: object) => ({ processes: { p: setup({}).createMachine({ context }) }, channels: [] });
  const contextOf = (snapshot: GlobalSnapshot) =>
    (snapshot.processes.p!.snapshot as unknown as { context: unknown }).context;

  /** One value within the other, this deep. */
  const chain = (depth: number, wrap: (inner: unknown) => object) => {
    let value: object = {};
    for (let level = 1; level < depth; level++) value = wrap(value);
    return value;
  };
  const wraps: [string, (inner: unknown) => object][] = [
    ['objects', (inner) => ({ inner })],
    ['lists', (inner) => [inner]],
    ['maps', (inner) => new Map([['inner', inner]])],
    ['sets', (inner) => new Set([inner])],
    ['causes of errors', (inner) => new Error('outer', { cause: inner })],
  ];

  it.each(wraps)(
    '%s nested 450 deep are carried through a file, and 501 deep refused with their path',
    async (_, wrap) => {
      const config = holding({ chain: chain(450, wrap) });
      const snapshot = await record(config);
      expect(contextOf(structuredClone(throughFile(snapshot)))).toEqual(contextOf(snapshot));
      createNetwork(config, { snapshot: throughFile(snapshot) }).start();
      await expect(record(holding({ chain: chain(501, wrap) }))).rejects.toMatchObject({
        code: 'not-recordable',
        message: expect.stringMatching(/at processes\.p\.context\.chain.* … .*more than 500 levels of nesting/),
      });
    },
  );

  it('is sent however deep it is, and refused when it is recorded', async () => {
    const schedule = createManualSchedule();
    const sender = setup({}).createMachine({
      on: {
        GO: {
          actions: sendTo(({ system }) => system.get('q') as AnyActorRef, {
            type: 'X',
            chain: chain(20_000, wraps[0]![1]),
          }),
        },
      },
    });
    const network = createNetwork(
      {
        processes: { p: sender, q: counter },
        channels: [
          ['p', 'q'],
          ['q', 'p'],
        ],
      },
      { schedule },
    );
    network.start();
    network.send('p', { type: 'GO' });
    const taking = network.takeSnapshot({ initiators: ['q'] });
    schedule.deliver('q->p');
    schedule.deliver('p->q');
    await expect(taking).rejects.toMatchObject({
      code: 'not-recordable',
      message: expect.stringContaining('message 1 on channel "p->q"'),
    });
    expect(network.processes.q.actor.getSnapshot().context).toBe(1);
    network.stop();
  });

  it('keeps an error that is within its own cause the one that it is', async () => {
    const outer = new Error('outer');
    outer.cause = { list: [outer], inner: new Error('inner', { cause: outer }) };
    const snapshot = throughFile(await record(holding({ outer, again: outer })));
    const { outer: read, again } = contextOf(snapshot) as { outer: Error; again: Error };
    const { list, inner } = read.cause as { list: unknown[]; inner: Error };
    expect([again === read, list[0] === read, inner.cause === read, inner.message]).toEqual([
      true,
      true,
      true,
      'inner',
    ]);
  });
});
