import { sendTo, setup, SimulatedClock, type AnyActorRef } from 'xstate';
import { describe, expect, it, vi } from 'vitest';
import { detect, stateOf, watch, type AnyGlobalSnapshot, type Sample } from '../../src/detect/index.js';
import { createNetwork, createSeededSchedule, PanoramaError, ring, SNAPSHOT_VERSION } from '../../src/index.js';

/** A snapshot of one process with a number for a state. */
const snapshotOf = (n: number): AnyGlobalSnapshot => ({
  version: SNAPSHOT_VERSION,
  id: `s${n}`,
  initiators: ['p'],
  processes: { p: { snapshot: { status: 'active', context: n }, timers: [], sent: {}, received: {} } },
  channels: {},
  stats: { markers: 0, messages: 0 },
});

const numberOf = (snapshot: AnyGlobalSnapshot) => (snapshot.processes.p!.snapshot as { context: number }).context;

/** Takes the snapshots 1, 2, 3, …; an error in the list is what that one rejects with. */
const sourceOf = (outcomes: Record<number, Error> = {}) => {
  let taken = 0;
  return {
    get taken() {
      return taken;
    },
    takeSnapshot: (_options?: { signal?: AbortSignal; initiators?: readonly string[] }) => {
      taken++;
      const error = outcomes[taken];
      return error === undefined ? Promise.resolve(snapshotOf(taken)) : Promise.reject(error);
    },
  };
};

const nextTask = () => new Promise((resolve) => setImmediate(resolve));
const aborted = (message = 'time ran out.') => new PanoramaError('snapshot-aborted', message, { channels: ['a->b'] });

describe('detect', () => {
  it('takes snapshots until the property holds in one, and gives that one and the witness', async () => {
    const source = sourceOf();
    const { snapshot, witness } = await detect(source, (s) => numberOf(s) >= 3 && { found: numberOf(s) }, {
      everyMs: 0,
    });
    expect(snapshot.id).toBe('s3');
    expect(witness.found).toBe(3);
    expect(source.taken).toBe(4); // the last one confirms
  });

  it('begins a snapshot every `everyMs` of the clock, never two at a time, and leaves no timer behind', async () => {
    const clock = new SimulatedClock();
    const source = { ...sourceOf(), clock };
    const takeSnapshot = vi.spyOn(source, 'takeSnapshot');
    const detecting = detect(source, (s) => numberOf(s) === 3, { everyMs: 100, confirmations: 0 });
    const counts: number[] = [];
    for (let n = 0; n < 5; n++) {
      await nextTask();
      counts.push(takeSnapshot.mock.calls.length);
      clock.increment(50);
    }
    expect(counts).toEqual([1, 1, 2, 2, 3]);
    await detecting;
    const clearTimeout = vi.spyOn(clock, 'clearTimeout');
    clock.increment(1000);
    expect(clearTimeout).not.toHaveBeenCalled();
    expect(takeSnapshot).toHaveBeenCalledTimes(3);
  });

  it('uses another clock when it is given one, and hands the snapshot options on', async () => {
    const clock = new SimulatedClock();
    const source = sourceOf();
    const takeSnapshot = vi.spyOn(source, 'takeSnapshot');
    const { signal } = new AbortController();
    await detect(source, () => true, { clock, signal, snapshotOptions: { initiators: ['p'] } });
    expect(takeSnapshot).toHaveBeenCalledWith({ initiators: ['p'], signal });
  });

  it('reports a property that held in one snapshot and not in a later one, with both ids', async () => {
    const isTwo = (s: AnyGlobalSnapshot) => numberOf(s) === 2;
    const error = await detect(sourceOf(), isTwo, { everyMs: 0 }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'unstable-property', snapshotIds: ['s2', 's3'] });
    expect((error as Error).message).toMatch(/held in snapshot s2 and not in the later snapshot s3/);
    const trusting = await detect(sourceOf(), isTwo, { everyMs: 0, confirmations: 0 });
    expect(trusting.snapshot.id).toBe('s2');
    const later = (s: AnyGlobalSnapshot) => numberOf(s) < 4;
    await expect(detect(sourceOf(), later, { everyMs: 0, confirmations: 2 })).resolves.toBeDefined();
    await expect(detect(sourceOf(), later, { everyMs: 0, confirmations: 3 })).rejects.toThrow(/in snapshot s3 .* s4/);
  });

  it('takes an aborted snapshot anew, and gives up after too many in a row', async () => {
    const some = sourceOf({ 1: aborted(), 2: aborted(), 4: aborted() });
    await expect(detect(some, (s) => numberOf(s) >= 5, { everyMs: 0, tolerateFailures: 2 })).resolves.toBeDefined();
    const tooMany = sourceOf({ 2: aborted('a'), 3: aborted('b.') });
    await expect(detect(tooMany, () => false, { everyMs: 0, tolerateFailures: 1 })).rejects.toMatchObject({
      code: 'snapshot-aborted',
      channels: ['a->b'],
      message: expect.stringMatching(/got 2 aborted one\(s\) in a row; the last: b\. .*tolerateFailures/) as string,
    });
  });

  it.each([
    [
      'another error of `takeSnapshot`',
      sourceOf({ 1: new PanoramaError('not-running', 'stopped') }),
      () => true,
      /stopped/,
    ],
    [
      'what the property throws',
      sourceOf(),
      () => {
        throw new Error('my bug');
      },
      /my bug/,
    ],
    ['a property that gives a promise', sourceOf(), () => Promise.resolve(false), /say at once .* got a promise/],
  ])('rejects at once with %s', async (_, source, property, message) => {
    await expect(detect(source, property as () => true, { everyMs: 0 })).rejects.toThrow(message);
    expect(source.taken).toBe(1);
  });

  it('ends when the signal aborts: before, between two snapshots, and in the middle of one', async () => {
    const reason = new Error('enough');
    const before = sourceOf();
    const signal = AbortSignal.abort(reason);
    await expect(detect(before, () => false, { signal })).rejects.toMatchObject({
      code: 'snapshot-aborted',
      cause: reason,
    });
    expect(before.taken).toBe(0);

    const between = new AbortController();
    const detecting = detect(sourceOf(), () => false, { signal: between.signal, everyMs: Infinity });
    await nextTask();
    between.abort(reason);
    await expect(detecting).rejects.toThrow(/by its `signal` after 1 snapshot\(s\)/);

    const within = new AbortController();
    const network = createNetwork(
      { processes: { a: idle, b: idle }, channels: ring(['a', 'b']) },
      { schedule: { ready: () => undefined } },
    );
    network.start();
    const hanging = detect(network, () => false, { signal: within.signal });
    await nextTask();
    within.abort(reason);
    await expect(hanging).rejects.toMatchObject({ code: 'snapshot-aborted', cause: reason });
    network.stop();
  });

  it('says so when the network is not running, or is stopped', async () => {
    const network = createNetwork({ processes: { a: idle }, channels: [] });
    await expect(detect(network, () => true)).rejects.toMatchObject({ code: 'not-running' });
    network.start();
    const detecting = detect(network, () => false, { everyMs: 0 });
    await nextTask();
    network.stop();
    await expect(detecting).rejects.toMatchObject({ code: 'not-running' });
  });

  it.each([
    [{}, (): true => true, {}, /something else with `takeSnapshot`, got an empty object/],
    [sourceOf(), undefined, {}, /a property, a function of a global snapshot, got undefined/],
    [sourceOf(), () => true, { everyMs: -1 }, /`everyMs` to be a number >= 0 \(milliseconds\), got -1/],
    [sourceOf(), () => true, { everyMs: NaN }, /`everyMs`/],
    [sourceOf(), () => true, { confirmations: 1.5 }, /`confirmations` to be a whole number >= 0, got 1.5/],
    [sourceOf(), () => true, { tolerateFailures: '1' }, /`tolerateFailures`/],
    [sourceOf(), () => true, null, /options to be an object, got null/],
  ])('refuses bad arguments at once: %#', (source, property, options, message) => {
    expect(() => detect(source as never, property as never, options as never)).toThrow(message);
    expect(() => watch(source as never, property as never, options as never)).toThrow(message);
  });
});

const idle = setup({}).createMachine({});

describe('watch', () => {
  it('judges every snapshot, goes on after the property held, and ends with the first in which it then fails', async () => {
    const seen: Sample<AnyGlobalSnapshot, number>[] = [];
    const watching = async () => {
      for await (const sample of watch(sourceOf(), (s) => [0, 0, 2, 3, 0][numberOf(s)], { everyMs: 0 }))
        seen.push(sample);
    };
    await expect(watching()).rejects.toMatchObject({ code: 'unstable-property', snapshotIds: ['s3', 's4'] });
    expect(seen.map(({ snapshot, ...rest }) => ({ id: snapshot.id, ...rest }))).toEqual([
      { id: 's1', holds: false },
      { id: 's2', holds: true, witness: 2 },
      { id: 's3', holds: true, witness: 3 },
    ]);
  });

  it('leaves no timer behind when it is left', async () => {
    const clock = { setTimeout: vi.fn(() => 7), clearTimeout: vi.fn() };
    for await (const sample of watch(sourceOf(), () => true, { clock })) if (sample.holds) break;
    expect(clock.setTimeout).toHaveBeenCalledTimes(1);
    expect(clock.clearTimeout).toHaveBeenCalledWith(7);
  });
});

describe('a property that forgets the messages in flight', () => {
  /** Is busy from a message on for good. */
  const worker = setup({ types: { events: {} as { type: 'WORK' } | { type: 'ASK' } } }).createMachine({
    initial: 'idle',
    states: {
      idle: {
        on: {
          WORK: 'busy',
          ASK: { actions: sendTo(({ system }) => system.get('b') as AnyActorRef, { type: 'WORK' }) },
        },
      },
      busy: {},
    },
  });

  it('is found out by the confirming snapshot', async () => {
    const schedule = createSeededSchedule(1);
    const network = createNetwork({ processes: { a: worker, b: worker }, channels: ring(['a', 'b']) }, { schedule });
    network.start();
    network.send('a', { type: 'ASK' });
    const isOver = (snapshot: AnyGlobalSnapshot) =>
      Object.values(snapshot.processes).every((recorded) => stateOf(worker, recorded).matches('idle'));
    const { snapshot } = await detect(network, isOver, { confirmations: 0, snapshotOptions: { initiators: ['b'] } });
    expect(snapshot.channels['a->b']!.messages).toHaveLength(1);
    network.stop();

    const again = createNetwork(
      { processes: { a: worker, b: worker }, channels: ring(['a', 'b']) },
      { schedule: createSeededSchedule(1), snapshot },
    );
    again.start();
    const detecting = detect(again, isOver, { snapshotOptions: { initiators: ['b'] } });
    await expect(detecting).rejects.toMatchObject({ code: 'unstable-property' });
    again.stop();
  });
});
