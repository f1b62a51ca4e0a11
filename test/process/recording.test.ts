/** What a recorded state carries, what is refused, and what a restore does with what does not fit. */
import {
  assign,
  cancel,
  raise,
  sendTo,
  setup,
  stopChild,
  fromTransition,
  type AnyActorRef,
  type AnyStateMachine,
} from 'xstate';
import { describe, expect, it } from 'vitest';
import { createManualSchedule, createNetwork, type GlobalSnapshot } from '../../src/index.js';
import { createSimulatedClock } from '../../src/testing/index.js';

type Config = Parameters<typeof createNetwork>[0];
type Options = NonNullable<Parameters<typeof createNetwork>[1]>;

const holding = (context: object): Config => ({ processes: { p: setup({}).createMachine({ context }) }, channels: [] });
const alone = (p: AnyStateMachine): Config => ({ processes: { p }, channels: [] });

/** A snapshot of a network of one process, after some events. */
async function record(config: Config, events: readonly string[] = [], options: Options = {}): Promise<GlobalSnapshot> {
  const network = createNetwork(config, options);
  network.start();
  for (const type of events) network.send('p', { type } as never);
  try {
    return (await network.takeSnapshot()) as GlobalSnapshot;
  } finally {
    network.stop();
  }
}

const persistedOf = (snapshot: GlobalSnapshot) =>
  snapshot.processes.p!.snapshot as unknown as { context: Record<string, unknown>; error?: unknown };

// docs/traps.md#not-json, docs/traps.md#aliasing
describe('a context', () => {
  it('may hold every kind of plain data, which is copied', async () => {
    const sparse: unknown[] = [];
    sparse[1] = 'b';
    sparse.length = 4;
    const context = {
      nothing: null,
      missing: undefined,
      big: 10n,
      date: new Date(5),
      pattern: /a+/gi,
      bytes: new Uint8Array([1, 2]),
      buffer: new ArrayBuffer(3),
      bare: Object.assign(Object.create(null) as object, { x: 1 }),
      sparse,
      map: new Map<unknown, unknown>([[{ key: 1 }, null]]),
      set: new Set([null]),
    };
    const copy = persistedOf(await record(holding(context))).context;
    expect(copy).toEqual({ ...context, bare: { x: 1 } });
    for (const [key, value] of Object.entries(context)) {
      if (typeof value === 'object' && value !== null) expect(copy[key]).not.toBe(value);
    }
    expect(Object.keys(copy.sparse as object)).toEqual(['1']);
    const restored = createNetwork(holding({}), { snapshot: await record(holding(context)) });
    restored.start();
    expect(restored.processes.p!.actor.getSnapshot().context).toEqual(copy);
    restored.stop();
  });

  it('may be as wide as it likes', async () => {
    const list = Array.from({ length: 2000 }, (_, n) => ({ n }));
    expect(persistedOf(await record(holding({ list }))).context).toEqual({ list });
  });

  it.each([
    ['a function', { f: () => 0 }, /at processes\.p\.context\.f, got a function\. Keep functions in the machine/],
    ['a symbol', { list: [Symbol('s')] }, /at processes\.p\.context\.list\[0\], got a symbol\. Use a string/],
    ['an object of a class', { x: new URL('http://a') }, /context\.x, got an instance of class URL\. Keep plain data/],
    ['an object of no known class', { x: Object.create(Object.create(null) as object) as object }, /class unknown/],
    ['a key `__proto__`', { x: JSON.parse('{"__proto__":1}') as object }, /context\.x, got a key `__proto__`\. Rename/],
    ['a key in a Map', { x: new Map([[() => 0, 1]]) }, /context\.x \(key\), got a function/],
    ['an entry of a Map', { x: new Map([['k', () => 0]]) }, /context\.x\.get\(k\), got a function/],
    ['an item of a Set', { x: new Set([() => 0]) }, /context\.x \(item\), got a function/],
    ['an error’s cause', { x: new Error('x', { cause: { f: () => 0 } }) }, /context\.x\.cause\.f, got a function/],
  ])('with %s is refused by its path', async (_, context, message) => {
    await expect(record(holding(context))).rejects.toMatchObject({
      code: 'not-recordable',
      message: expect.stringMatching(message),
    });
  });

  it('has its paths shortened where they are longer than anybody reads', async () => {
    const [short, long] = ['k'.repeat(170), 'k'.repeat(200)];
    await expect(record(holding({ [short]: () => 0 }))).rejects.toThrow(`processes.p.context.${short}, got`);
    const error = (await record(holding({ [long]: { last: () => 0 } })).catch((reason: unknown) => reason)) as Error;
    expect(error.message).toContain(`processes.p.context.${'k'.repeat(100)} … `);
    expect(error.message).toContain('k.last, got a function');
    expect(error.message).not.toContain(long);
  });
});

describe('a failed process', () => {
  it('is recorded with its error, of any class, and nothing that the error had not', async () => {
    class Broken extends Error {
      override readonly name = 'Broken';
    }
    const failing = setup({}).createMachine({
      on: {
        END: {
          actions: () => {
            throw new Broken('broken');
          },
        },
      },
    });
    const config = alone(failing);
    const network = createNetwork(config);
    network.processes.p!.actor.subscribe({ error: () => undefined });
    network.start();
    network.send('p', { type: 'END' } as never);
    const { error } = persistedOf((await network.takeSnapshot()) as GlobalSnapshot) as { error: Error };
    expect([error.constructor, error.name, error.message, 'cause' in error]).toEqual([
      Error,
      'Broken',
      'broken',
      false,
    ]);
    expect(error.stack).toContain('recording.test');
    network.stop();
  });
});

// docs/traps.md#what-cannot-be-restored
describe('references to actors', () => {
  const kid = fromTransition((count: number) => count + 1, 0);

  it('are refused outside of contexts: nobody would give them back there', async () => {
    const withRef = setup({ actors: { kid } }).createMachine({
      context: ({ spawn }) => ({ kid: spawn('kid', { id: 'kid' }) }),
      initial: 'done',
      states: { done: { type: 'final' } },
      output: ({ context }) => ({ kid: (context as { kid: unknown }).kid }),
    });
    await expect(record(alone(withRef))).rejects.toThrow(
      /Expected plain data at processes\.p\.output\.kid, got a reference to actor "kid"\. Keep its id/,
    );
    const delaying = setup({ actors: { kid } }).createMachine({
      context: ({ spawn }) => ({ kid: spawn('kid', { id: 'kid' }) }),
      entry: raise(({ context }) => ({ type: 'LATER', kid: context.kid }), { delay: 100 }),
    });
    await expect(record(alone(delaying))).rejects.toThrow(
      /at the delayed event LATER of process "p"\.kid, got a reference to actor "kid"/,
    );
  });

  it('are refused at send wherever in an event they are; what is no reference is sent', () => {
    const failed: unknown[] = [];
    const trial = (part: (peer: AnyActorRef) => unknown) => {
      const sender = setup({}).createMachine({
        on: {
          GO: {
            actions: sendTo(
              ({ system }) => system.get('q') as AnyActorRef,
              ({ system }) => ({ type: 'X', part: part(system.get('q') as AnyActorRef) }),
            ),
          },
        },
      });
      const schedule = createManualSchedule();
      const network = createNetwork({ processes: { p: sender, q: kid }, channels: [['p', 'q']] }, { schedule });
      network.processes.p.actor.subscribe({ error: (error) => failed.push((error as Error).message) });
      network.start();
      network.send('p', { type: 'GO' });
      const sent = schedule.pending().get('p->q') ?? 0;
      network.stop();
      return sent;
    };
    expect(trial(() => ({ none: null, list: [1, undefined], bytes: new Uint8Array(2) }))).toBe(1);
    expect(failed).toEqual([]);
    expect(trial((ref) => ({ deep: [{ ref }] }))).toBe(0);
    expect(trial((ref) => new Map([['k', ref]]))).toBe(0);
    expect(trial((ref) => new Set([ref]))).toBe(0);
    expect(failed).toHaveLength(3);
    expect(failed[0]).toContain('event.part.deep.0.ref');
  });
});

describe('children', () => {
  const later = setup({}).createMachine({
    initial: 'waiting',
    states: { waiting: { after: { 100: 'gone' } }, gone: {} },
  });
  const middle = setup({ actors: { later } }).createMachine({ invoke: { src: 'later', id: 'leaf' } });
  const root = setup({ actors: { middle } }).createMachine({ invoke: { src: 'middle', id: 'mid' } });

  it('of children have their timers put back', async () => {
    const snapshot = await record(alone(root), [], { clock: createSimulatedClock() });
    expect(snapshot.processes.p!.timers).toMatchObject([{ source: { path: ['mid', 'leaf'] }, delay: 100 }]);
    const clock = createSimulatedClock();
    const restored = createNetwork(alone(root), { snapshot, clock });
    restored.start();
    clock.increment(100);
    const { children } = restored.processes.p!.actor.getSnapshot() as { children: Record<string, AnyActorRef> };
    const leaf = (children.mid!.getSnapshot() as { children: Record<string, AnyActorRef> }).children.leaf!;
    expect(leaf.getSnapshot()).toMatchObject({ value: 'gone' });
    restored.stop();
  });

  it('whose logic the machine does not have any more are named, at any depth', async () => {
    const snapshot = await record(alone(root), [], { clock: createSimulatedClock() });
    const without = setup({ actors: { middle: setup({}).createMachine({}) } }).createMachine({});
    const restore = (p: AnyStateMachine) => createNetwork(alone(p), { snapshot, clock: createSimulatedClock() });
    expect(() => restore(without)).toThrow(/"p" to have an actor source "later" for its child "mid\.leaf", got none/);
    expect(() => restore(setup({}).createMachine({}))).toThrow(/actor source "middle" for its child "mid", got none/);
  });

  it('that were spawned from inline logic are refused by their path', async () => {
    const inline = setup({}).createMachine({
      entry: assign(({ spawn }) => void spawn(later, { id: 'nameless' } as never)),
    });
    const holder = setup({ actors: { inline } }).createMachine({ invoke: { src: 'inline', id: 'mid' } });
    await expect(record(alone(holder), [], { clock: createSimulatedClock() })).rejects.toThrow(
      /inline logic spawned as "mid\.nameless"/,
    );
  });

  const withKid = setup({ actors: { kid: setup({}).createMachine({}) } }).createMachine({
    invoke: { src: 'kid', id: 'kid' },
    entry: [sendTo('kid', { type: 'PING' }, { delay: 100, id: 'ping' }), raise({ type: 'OWN' }, { delay: 300 })],
    on: { STOP: { actions: stopChild('kid') }, CANCEL: { actions: cancel('ping') } },
  });

  it('that were stopped have no timers any more', async () => {
    const timersAfter = async (...events: string[]) => {
      const snapshot = await record(alone(withKid), events, { clock: createSimulatedClock() });
      return snapshot.processes.p!.timers.map(({ event }) => event.type);
    };
    expect(await timersAfter()).toEqual(['PING', 'OWN']);
    expect(await timersAfter('STOP')).toEqual(['OWN']);
    expect(await timersAfter('CANCEL')).toEqual(['OWN']);
  });

  it('that a snapshot’s timers name, and are not there, are passed over', async () => {
    const snapshot = await record(alone(withKid), [], { clock: createSimulatedClock() });
    const edited = structuredClone(snapshot) as unknown as { processes: { p: { timers: { target: object }[] } } };
    edited.processes.p.timers[0]!.target = { path: ['nobody', 'at', 'all'] };
    const restored = createNetwork(alone(withKid), { snapshot: edited as never, clock: createSimulatedClock() });
    restored.start();
    const again = (await restored.takeSnapshot()) as GlobalSnapshot;
    expect(again.processes.p!.timers.map(({ event }) => event.type)).toEqual(['OWN']);
    restored.stop();
  });
});
