import fc from 'fast-check';
import { assign, setup, type AnyActorRef } from 'xstate';
import { describe, expect, it } from 'vitest';
import {
  createManualSchedule,
  createNetwork,
  isPanoramaError,
  verifySnapshot,
  type GlobalSnapshot,
} from '../../src/index.js';
import { parseSnapshot, serializeSnapshot, serializeSnapshotChunks } from '../../src/file/index.js';
import { deliverAll } from '../support/network.js';

const holder = setup({
  types: { context: {} as { value: unknown }, events: {} as { type: 'HOLD'; value: unknown } },
}).createMachine({
  context: { value: undefined },
  on: { HOLD: { actions: assign({ value: ({ event }) => event.value }) } },
});

async function snapshotHolding(value: unknown): Promise<GlobalSnapshot> {
  const schedule = createManualSchedule();
  const config = {
    processes: { a: holder, b: holder },
    channels: [
      ['a', 'b'],
      ['b', 'a'],
    ],
  } as const;
  const network = createNetwork(config, { schedule });
  network.start();
  network.send('a', { type: 'HOLD', value });
  (network.processes.a.actor.system.get('b') as AnyActorRef).send({ type: 'HOLD', value });
  const taking = network.takeSnapshot({ initiators: ['b'] });
  deliverAll(schedule);
  return taking;
}

const cyclic: Record<string, unknown> = { name: 'cyclic' };
cyclic.self = cyclic;
const failure = Object.assign(new TypeError('no'), { cause: new Error('why') });

// docs/traps.md#not-json
describe('a file keeps', () => {
  it.each<[string, unknown]>([
    ['dates', new Date(0)],
    ['maps', new Map<unknown, unknown>([['a', new Map([[1, 'x']])]])],
    ['sets', new Set([1, 'two', 3n])],
    ['big integers', 2n ** 80n],
    ['undefined', { there: undefined, list: [undefined, 1] }],
    ['numbers that JSON has not', [NaN, Infinity, -Infinity, -0]],
    ['cycles', cyclic],
    ['binary data', new Uint8Array([1, 2, 3])],
    ['line breaks and brackets', '[[[[[[[[[[{"\n\r\n\u2028'],
  ])('%s', async (_, value) => {
    const snapshot = await snapshotHolding(value);
    expect(parseSnapshot(serializeSnapshot(snapshot))).toEqual(snapshot);
    expect(snapshot.channels['a->b']!.messages).toHaveLength(1);
  });

  it('errors, with name, stack and cause', async () => {
    const snapshot = parseSnapshot(serializeSnapshot(await snapshotHolding(failure)));
    const { value } = (snapshot.processes.a!.snapshot as unknown as { context: { value: Error } }).context;
    expect(value).toBeInstanceOf(Error);
    expect([value.name, value.message, (value.cause as Error).message]).toEqual(['TypeError', 'no', 'why']);
  });

  it.each<[string, unknown, RegExp]>([
    ['a big integer', 10n ** 100_001n, /digits/],
    ['a sparse array', Object.assign([], { 2_000_000: 1 }), /sparse arrays of more than/],
  ])('nothing that it would not read again: %s', async (_, value, message) => {
    const snapshot = structuredClone(await snapshotHolding(1));
    Object.assign(snapshot.processes.a!.snapshot, { context: value });
    expect(() => serializeSnapshot(snapshot)).toThrow(message);
  });

  it('arrays with holes', async () => {
    const snapshot = structuredClone(await snapshotHolding(1));
    Object.assign(snapshot.processes.a!.snapshot, {
      context: [Object.assign([], { 5000: 1 }), Object.assign([1, 2], { 3: 4 })],
    });
    expect(parseSnapshot(serializeSnapshot(snapshot))).toEqual(snapshot);
  });

  it('any plain data', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withNullPrototype: false }),
        async (value) => {
          let snapshot: GlobalSnapshot;
          try {
            snapshot = await snapshotHolding(value);
          } catch (error) {
            expect(isPanoramaError(error)).toBe(true);
            return;
          }
          expect(parseSnapshot(serializeSnapshot(snapshot))).toEqual(snapshot);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('what is not consistent too: that is for verifySnapshot to say', async () => {
    const snapshot = structuredClone(await snapshotHolding(1));
    (snapshot.channels['a->b']!.messages as unknown[]).pop();
    expect(verifySnapshot(parseSnapshot(serializeSnapshot(snapshot))).consistent).toBe(false);
  });
});

const sparseTimers = JSON.stringify([
  [1, 2],
  'a',
  { snapshot: 3, timers: 6, sent: 7, received: 7 },
  { status: 4, context: 5 },
  'active',
  {},
  [-7, 4294967295],
  {},
]);

describe('a damaged or hostile file', () => {
  const refused = (text: unknown) => {
    try {
      parseSnapshot(text as string);
    } catch (error) {
      if (isPanoramaError(error) && error.code === 'invalid-file') return error.message;
      throw error;
    }
    return 'accepted';
  };

  it('is refused when cut off anywhere', async () => {
    const text = serializeSnapshot(await snapshotHolding({ some: ['data'] })).trimEnd();
    for (let length = 0; length < text.length; length++) expect(refused(text.slice(0, length))).toMatch(/^Expected/);
  });

  it('is refused when lines are lost, doubled or swapped', async () => {
    const lines = [...serializeSnapshotChunks(await snapshotHolding(1))];
    lines.forEach((_, index) => {
      expect(refused(lines.filter((_line, at) => at !== index).join(''))).toMatch(/^Expected/);
      expect(refused([...lines.slice(0, index + 1), ...lines.slice(index)].join(''))).toMatch(/^Expected/);
    });
    expect(refused([lines[0], lines[3], lines[1], lines[2], lines[4]].join(''))).toMatch(/^Expected/);
  });

  it.each<[string, (state: { sent: unknown; received: unknown }) => void, RegExp]>([
    ['counters that are no plain object', (a) => (a.sent = new Map()), /a\.sent to be counters/],
    ['an outgoing channel not counted', (a) => (a.sent = {}), /a\.sent to count channel "a->b"/],
    ['an incoming channel not counted', (a) => (a.received = {}), /a\.received to count channel "b->a"/],
    ['an incoming channel counted as sent', (a) => (a.sent = { 'b->a': { count: 0 } }), /a\.sent to count outgoing/],
    ['a channel that is none', (a) => (a.received = { 'z->a': { count: 0 } }), /a\.received to count incoming/],
    ['a gap that is no list', (a) => (a.received = { 'b->a': { count: 0, beyond: 'x' } }), /\.beyond to be a list/],
  ])('%s is refused, by name', async (_, edit, message) => {
    const snapshot = structuredClone(await snapshotHolding(1));
    edit(snapshot.processes.a as unknown as { sent: unknown; received: unknown });
    expect(refused(serializeSnapshot(snapshot))).toMatch(message);
  });

  it('longer than `maxLength` is refused before it is read', async () => {
    const text = serializeSnapshot(await snapshotHolding(1));
    expect(() => parseSnapshot(text, { maxLength: text.length - 1 })).toThrow(/raise `maxLength`/);
    expect(parseSnapshot(text, { maxLength: text.length }).initiators).toEqual(['b']);
    expect(() => parseSnapshot(text, { maxLength: NaN })).toThrow(/`maxLength` to be a number > 0/);
  });

  it('never crashes on changed characters, and gives a snapshot or an error', async () => {
    const text = serializeSnapshot(await snapshotHolding({ some: ['data'] }));
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 3 }), (at, other) => {
        const message = refused(text.slice(0, at) + other + text.slice(at + 1));
        expect(message === 'accepted' || message.startsWith('Expected')).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it.each<[string, (text: string) => unknown, RegExp]>([
    ['no text', () => 42, /got 42/],
    ['nothing', () => '', /cut off|snapshot file|header/],
    ['another format', () => '{"hello":1}\n{"end":true}', /header/],
    ['another version', (text) => text.replace('"version":1', '"version":2'), /version 1, got 2/],
    ['an unknown initiator', (text) => text.replace('"initiators":["b"]', '"initiators":["z"]'), /"z"/],
    ['a negative count', (text) => text.replace('"markers":2', '"markers":-2'), /stats\.markers/],
    ['a wrong type', (text) => text.replace('"markers":2', '"markers":"2"'), /stats\.markers/],
    ['100 MB of nesting', (text) => text.replace('\n', `\n${'['.repeat(100 * 2 ** 20)}\n`), /nesting/],
    ['nesting in the header', () => '{"format":'.repeat(1e6), /nesting/],
    ['a __proto__ key', (text) => text.replace('"active"', '{"__proto__":0}'), /line 2/],
    ['line breaks alone', (text) => text.replace('\n', '\n'.repeat(100 * 2 ** 20)), /line 2/],
    ['more after the end', (text) => `${text}${text}`, /Expected/],
    ['an initiator twice', (text) => text.replace('"initiators":["b"]', '"initiators":["b","b"]'), /initiator once/],
    ['a big integer without end', (text) => text.replace('"active"', `["BigInt","${'9'.repeat(1e7)}"]`), /digits/],
    // The first is the state of process "a", whose timers nobody may walk: 4,294,967,295 of them.
    [
      'a huge sparse array in its place',
      (text) => text.replace(/\n.*\n/, `\n${sparseTimers}\n`),
      /line 2.*sparse arrays of more than/,
    ],
    ['a huge sparse array', (text) => text.replace(/\n.*\n/, '\n[[-7,4294967295]]\n'), /Expected/],
    [
      'endless recursion',
      (text) => text.replace(/\n.*\n/, `\n[${Array.from({ length: 1e5 }, (_, n) => `[${n + 1}]`).join()},1]\n`),
      /Expected/,
    ],
  ])('%s is refused, clearly', async (_, edit, message) => {
    expect(refused(edit(serializeSnapshot(await snapshotHolding(1))))).toMatch(message);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});
