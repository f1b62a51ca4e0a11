import { SimulatedClock, sendTo, setup, type AnyActorRef } from 'xstate';
import { describe, expect, it } from 'vitest';
import { deadlocked, detect, formatDeadlock, type Deadlock, type Wait } from '../../src/detect/index.js';
import { createManualSchedule, createNetwork, createSeededSchedule, fullMesh } from '../../src/index.js';
import { captureState } from '../../src/testing/index.js';

/** Two friends who each have something that the other asks for, and give it when asked while they do not ask themselves. */
const friend = setup({
  types: {
    context: {} as { readonly other: string },
    input: {} as string,
    events: {} as { type: 'ASK' } | { type: 'GIVE' } | { type: 'please' } | { type: 'here' },
    tags: {} as 'asking',
  },
  actions: {
    ask: sendTo(({ system, context }) => system.get(context.other) as AnyActorRef, { type: 'please' }),
    give: sendTo(({ system, context }) => system.get(context.other) as AnyActorRef, { type: 'here' }),
  },
}).createMachine({
  context: ({ input }) => ({ other: input }),
  initial: 'free',
  states: {
    free: { on: { ASK: { target: 'asking', actions: 'ask' }, GIVE: { actions: 'give' } } },
    asking: { tags: 'asking', on: { here: 'free' } },
  },
});
const friends = { ann: { logic: friend, input: 'bea' }, bea: { logic: friend, input: 'ann' } };
const asking = deadlocked(friends, {
  waitsFor: ({ state }) => state.hasTag('asking') && { allOf: [state.context.other] },
  grants: ({ event }) => event.type === 'here',
});

describe('deadlocked', () => {
  it('is detected while the system runs, with a witness that reads well', async () => {
    const network = createNetwork(
      { processes: friends, channels: fullMesh(['ann', 'bea']) },
      { schedule: createSeededSchedule(1) },
    );
    network.start();
    network.send('ann', { type: 'ASK' });
    network.send('bea', { type: 'ASK' });
    const { witness, snapshot } = await detect(network, asking, { snapshotOptions: { initiators: ['bea'] } });
    expect(witness).toMatchObject({
      snapshotId: snapshot.id,
      processes: expect.arrayContaining(['ann', 'bea']) as string[],
      edges: expect.arrayContaining([
        { from: 'ann', to: 'bea' },
        { from: 'bea', to: 'ann' },
      ]) as Deadlock['edges'],
    });
    expect(structuredClone(witness)).toEqual(witness);
    const text = formatDeadlock(witness).replace(snapshot.id, 'ID');
    expect(text.split('\n')[0]).toBe('Deadlock of 2 processes in snapshot ID:');
    expect(text).toContain('  ann waits for bea');
    expect(text).toContain('  bea waits for ann');
    expect(text).toMatch(/ann->bea #1 please/);
    network.stop();
  });

  it('is no phantom: what was asked for is on its way (and a detector that forgets the channels is fooled)', async () => {
    const schedule = createManualSchedule();
    const network = createNetwork({ processes: friends, channels: fullMesh(['ann', 'bea']) }, { schedule });
    network.start();
    network.send('ann', { type: 'ASK' });
    schedule.deliver('ann->bea');
    network.send('bea', { type: 'GIVE' }); // on its way to ann …
    network.send('bea', { type: 'ASK' }); // … when bea asks in her turn
    const taking = network.takeSnapshot({ initiators: ['ann'] });
    while (schedule.pending().size > 0) schedule.deliver(schedule.pending().keys().next().value!);
    const snapshot = await taking;
    const isAsking = (id: 'ann' | 'bea') => snapshot.processes[id].snapshot.value === 'asking';
    expect([isAsking('ann'), isAsking('bea')]).toEqual([true, true]);
    expect(asking(snapshot)).toBeUndefined();
    const naive = deadlocked(friends, {
      waitsFor: ({ state }) => state.hasTag('asking') && { allOf: [state.context.other] },
      grants: () => false,
    });
    expect(naive(snapshot)).toMatchObject({ processes: expect.arrayContaining(['ann', 'bea']) as string[] });
    network.stop();
  });

  it('by default takes any message from one that is waited for as an end of the wait', () => {
    const schedule = createManualSchedule();
    const network = createNetwork({ processes: friends, channels: fullMesh(['ann', 'bea']) }, { schedule });
    network.start();
    const cautious = deadlocked(friends, {
      waitsFor: ({ state }) => state.hasTag('asking') && { allOf: [state.context.other] },
    });
    network.send('ann', { type: 'ASK' });
    network.send('bea', { type: 'ASK' });
    expect(cautious(captureState(network))).toBeUndefined();
    schedule.deliver('ann->bea');
    schedule.deliver('bea->ann');
    expect(cautious(captureState(network))).toMatchObject({ messages: [] });
    network.stop();
  });

  it('does not hold where a timer ends the wait', () => {
    const patient = setup({}).createMachine({
      initial: 'waiting',
      states: { waiting: { after: { 1000: 'over' }, meta: { waitsFor: { allOf: ['p'] } } }, over: {} },
    });
    const clock = Object.assign(new SimulatedClock(), { now: () => 0 });
    const network = createNetwork({ processes: { p: patient }, channels: [] }, { clock });
    network.start();
    expect(deadlocked({ p: patient })(captureState(network))).toBeUndefined();
    const timerIsNothing = deadlocked({ p: patient }, { isPassive: () => true });
    expect(timerIsNothing(captureState(network))).toMatchObject({ processes: ['p'], edges: [{ from: 'p', to: 'p' }] });
    network.stop();
  });
});

describe('what a process waits for, declared by its states', () => {
  /** Waits for ever, as its tags or meta say. */
  const waiter = (state: { tags?: string[]; meta?: { waitsFor: Wait } }) =>
    setup({}).createMachine({ initial: 'waiting', states: { waiting: state } });
  const verdict = (processes: Record<string, ReturnType<typeof waiter>>) => {
    const network = createNetwork({ processes, channels: [] });
    network.start();
    const found = deadlocked(processes)(captureState(network)) as Deadlock | undefined;
    network.stop();
    return found;
  };
  const waitsFor = (wait: Wait) => waiter({ meta: { waitsFor: wait } });
  const free = waiter({});

  it('AND, by tags: a cycle, and who is stuck behind it', () => {
    const a = waiter({ tags: ['waits-for:b', 'waits-for:free', 'red'] });
    const found = verdict({ a, b: waiter({ tags: ['waits-for:a'] }), c: waiter({ tags: ['waits-for:a'] }), free })!;
    expect(found).toMatchObject({ processes: ['a', 'b'], stuck: ['a', 'b', 'c'] });
    expect(formatDeadlock(found).split('\n').slice(1)).toEqual([
      '  a waits for all of b, free',
      '  b waits for a',
      '  nothing is in flight to them',
      '  stuck behind them: c',
    ]);
  });

  it('OR, by meta: a knot, and none where one of them is free', () => {
    const b = waitsFor({ anyOf: ['a', 'c'] });
    const knot = { a: waitsFor({ anyOf: ['b', 'c'] }), b, c: waitsFor({ anyOf: ['a'] }) };
    expect(verdict(knot)!.processes.toSorted()).toEqual(['a', 'b', 'c']);
    expect(verdict({ ...knot, c: waitsFor({ anyOf: ['a', 'free'] }), free })).toBeUndefined();
  });

  it('k of n: so many of them, in one graph with the others', () => {
    const twoOf = waitsFor({ atLeast: 2, of: ['b', 'c', 'free'] });
    const found = verdict({
      a: twoOf,
      b: waitsFor({ anyOf: ['c', 'a'] }),
      c: waitsFor({ allOf: ['a', 'free'] }),
      free,
    })!;
    expect(found.processes.toSorted()).toEqual(['a', 'b', 'c']);
    expect(formatDeadlock(found)).toContain('  a waits for 2 of b, c, free');
    expect(verdict({ a: twoOf, b: free, c: waitsFor({ allOf: ['a', 'free'] }), free })).toBeUndefined();
  });

  it('nothing, or nothing more, is no wait', () => {
    expect(verdict({ a: waitsFor({ allOf: [] }), b: waitsFor({ atLeast: 0, of: ['a'] }) })).toBeUndefined();
  });

  it.each<[string, Wait, RegExp]>([
    ['an unknown process', { allOf: ['z'] }, /"a" to wait for processes of the snapshot, got "z"/],
    ['more than are named', { atLeast: 2, of: ['a'] }, /from 0 to the 1 that are named, got 2/],
    ['any one of none', { anyOf: [] }, /from 0 to the 0 that are named, got 1/],
    ['something else', { all: ['a'] } as never, /"a" to have a wait `\{ allOf \}`.* got an object/],
  ])('refuses %s', (_, wait, message) => {
    expect(() => verdict({ a: waitsFor(wait) })).toThrow(message);
  });

  it('refuses two declarations at once, and a process whose logic it does not have', () => {
    const both = setup({}).createMachine({
      type: 'parallel',
      states: { x: { meta: { waitsFor: { allOf: ['a'] } } }, y: { meta: { waitsFor: { anyOf: ['a'] } } } },
    });
    expect(() => verdict({ a: both as never })).toThrow(/"a" to have one active state with `meta.waitsFor`, got 2/);
    const network = createNetwork({ processes: { a: free, b: free }, channels: [] });
    network.start();
    expect(() => deadlocked({ a: free })(captureState(network))).toThrow(/got none for "b"\. Give `deadlocked`/);
    network.stop();
  });
});
