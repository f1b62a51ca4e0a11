import { assign, sendTo, setup } from 'xstate';
import { describe, expect, it } from 'vitest';
import {
  createManualSchedule,
  createNetwork,
  createSeededSchedule,
  fullMesh,
  verifySnapshot,
  type Algorithm,
  type Network,
  type TraceEvent,
} from '../../../src/index.js';
import { laiYang, mattern, stopDrainRecord } from '../../../src/snapshot/algorithms/index.js';
import { captureState, createSimulatedClock } from '../../../src/testing/index.js';
import { runningNetwork } from '../../../src/testing/running.js';
import { totalOf } from '../../support/account.js';
import { deliverAll } from '../../support/network.js';
import { bankOf } from '../../support/reordering.js';

const pair = fullMesh(['alice', 'bob'], { fifo: false });

function bank(algorithm: Algorithm) {
  const schedule = createManualSchedule();
  const network = createNetwork(bankOf(['alice', 'bob'], pair), { schedule, algorithm });
  network.start();
  const pay = (from: string, to: string, amount: number) => network.send(from, { type: 'PAY', to, amount });
  const balance = (id: string) => network.processes[id]!.actor.getSnapshot().context.balance;
  return { schedule, network, pay, balance };
}

/** The colours of the messages on a channel. */
function coloursOn(network: unknown, channel: string): (readonly unknown[] | undefined)[] {
  return runningNetwork(network)
    .channels.get(channel)!
    .messages.map(({ colours }) => colours);
}

describe.each([laiYang, mattern])('$name', (algorithm) => {
  it('colours messages only while a snapshot is under way', async () => {
    const { schedule, network, pay } = bank(algorithm);
    pay('alice', 'bob', 1);
    expect(coloursOn(network, 'alice->bob')).toEqual([undefined]);
    const taking = network.takeSnapshot({ initiators: ['alice'] });
    pay('alice', 'bob', 2);
    const colour = { snapshotId: expect.any(String) as string, ...(algorithm === mattern && { whites: 1 }) };
    expect(coloursOn(network, 'alice->bob')).toEqual([undefined, [colour]]);
    deliverAll(schedule);
    const snapshot = await taking;
    pay('alice', 'bob', 3);
    expect(coloursOn(network, 'alice->bob')).toEqual([undefined]);
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
  });

  it('is white again when the snapshot was given up', async () => {
    const { network, pay } = bank(algorithm);
    const controller = new AbortController();
    const taking = network.takeSnapshot({ initiators: ['alice'], signal: controller.signal });
    controller.abort();
    await expect(taking).rejects.toThrow('given up');
    pay('alice', 'bob', 3);
    expect(coloursOn(network, 'alice->bob')).toEqual([undefined]);
  });

  it('pauses nobody: a red message overtakes all, and is taken as soon as its receiver has recorded', async () => {
    const { schedule, network, pay, balance } = bank(algorithm);
    const told: TraceEvent['type'][] = [];
    pay('alice', 'bob', 1); // white: in flight when alice records
    const taking = network.takeSnapshot({ initiators: ['alice'] });
    pay('alice', 'bob', 10); // red
    network.trace$.subscribe(({ type }) => told.push(type));
    expect(schedule.pending()).toEqual(new Map([['alice->bob', 3]]));
    schedule.deliver('alice->bob', 2); // the red one first
    expect(told.slice(0, 3)).toEqual(['state.recorded', 'control.sent', 'channel.recording']);
    expect(told).toContain('message.received');
    expect(balance('bob')).toBe(110);
    pay('bob', 'alice', 5);
    deliverAll(schedule);
    const snapshot = await taking;
    expect(snapshot.processes.bob!.snapshot).toMatchObject({ context: { balance: 100 } });
    expect(snapshot.channels['alice->bob']!.messages.map(({ seq }) => seq)).toEqual([1]);
    expect(snapshot.channels['bob->alice']!.messages).toEqual([]);
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
    expect(totalOf(snapshot)).toBe(200);
  });

  it('reaches processes that get no message of the application', async () => {
    const { schedule, network } = bank(algorithm);
    const taking = network.takeSnapshot({ initiators: ['bob'] });
    deliverAll(schedule);
    expect((await taking).stats).toEqual({
      markers: 0,
      controlMessages: algorithm === mattern ? 2 : 4,
      messages: 0,
    });
  });

  it('refuses a process that cannot be recorded, and goes on', async () => {
    const bad = setup({ types: { context: {} as { f: unknown } } }).createMachine({
      context: { f: () => 1 },
      on: { MEND: { actions: assign({ f: 1 }) } },
    });
    const config = { processes: { a: bad, b: bad }, channels: fullMesh(['a', 'b'], { fifo: false }) };
    const schedule = createManualSchedule();
    const network = createNetwork(config, { algorithm, schedule });
    network.start();
    await expect(network.takeSnapshot()).rejects.toMatchObject({ code: 'not-recordable' });
    network.send('a', { type: 'MEND' });
    network.send('b', { type: 'MEND' });
    const taking = network.takeSnapshot();
    deliverAll(schedule);
    expect(verifySnapshot(await taking)).toEqual({ consistent: true });
  });
});

describe('stop-drain-record', () => {
  it('hands nothing to the application until the channels are drained, then all of it in order', async () => {
    const { schedule, network, pay, balance } = bank(stopDrainRecord);
    pay('alice', 'bob', 1);
    pay('alice', 'bob', 2);
    const taking = network.takeSnapshot({ initiators: ['bob'] });
    pay('bob', 'alice', 50); // bob stands still
    expect(balance('bob')).toBe(100);
    schedule.deliver('alice->bob', 1); // a message arrives, and is kept
    expect(balance('bob')).toBe(100);
    expect(totalOf(captureState(network as Network))).toBe(200);
    deliverAllOn(schedule, 'bob->alice'); // now alice stands still too
    deliverAllOn(schedule, 'alice->bob');
    const snapshot = await taking;
    expect(balance('bob')).toBe(50); // bob paid as soon as he could
    expect(snapshot.processes.bob!.snapshot).toMatchObject({ context: { balance: 100 } });
    expect(snapshot.channels['alice->bob']!.messages.map(({ seq }) => seq).sort()).toEqual([1, 2]);
    expect(schedule.pending()).toEqual(
      new Map([
        ['alice->bob', 2],
        ['bob->alice', 1],
      ]),
    );
    deliverAll(schedule);
    expect([balance('alice'), balance('bob')]).toEqual([147, 53]);
  });

  it('goes on when it was given up', async () => {
    const { schedule, network, pay, balance } = bank(stopDrainRecord);
    const controller = new AbortController();
    pay('alice', 'bob', 1);
    const taking = network.takeSnapshot({ initiators: ['bob'], signal: controller.signal });
    pay('bob', 'alice', 50);
    schedule.deliver('alice->bob');
    controller.abort();
    await expect(taking).rejects.toThrow('given up');
    deliverAll(schedule);
    expect([balance('alice'), balance('bob')]).toEqual([149, 51]);
  });

  it('cannot stop timers: what they send comes after the snapshot', async () => {
    const ticker = setup({
      types: { context: {} as { peer: string; ticks: number }, input: {} as { peer: string } },
    }).createMachine({
      context: ({ input }) => ({ peer: input.peer, ticks: 0 }),
      initial: 'waiting',
      states: {
        waiting: {
          after: {
            10: {
              target: 'done',
              actions: sendTo(({ system, context }) => system.get(context.peer), { type: 'TICK' }),
            },
          },
        },
        done: {},
      },
      on: { TICK: { actions: assign({ ticks: ({ context }) => context.ticks + 1 }) } },
    });
    const schedule = createManualSchedule();
    const clock = createSimulatedClock();
    const config = {
      processes: { a: { logic: ticker, input: { peer: 'b' } }, b: { logic: ticker, input: { peer: 'a' } } },
      channels: fullMesh(['a', 'b'], { fifo: false }),
    };
    const network = createNetwork(config, { schedule, clock, algorithm: stopDrainRecord });
    network.start();
    const taking = network.takeSnapshot({ initiators: ['a'], timeoutMs: Infinity });
    clock.increment(10); // both send, a red and b white
    deliverAll(schedule);
    const snapshot = await taking;
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
    expect(snapshot.processes.a.sent['a->b']).toEqual({ count: 0 });
    expect(snapshot.channels['b->a']!.messages).toHaveLength(1);
    deliverAll(schedule);
    expect(network.processes.a.actor.getSnapshot().context.ticks).toBe(1);
    expect(network.processes.b.actor.getSnapshot().context.ticks).toBe(1);
  });
});

function deliverAllOn(schedule: ReturnType<typeof createManualSchedule>, channel: string): void {
  for (let size = schedule.pending().get(channel) ?? 0; size > 0; size--) schedule.deliver(channel);
}

describe('schedules on channels that do not keep order', () => {
  /** The order in which the sums paid at once arrive. */
  async function orderOf(schedule: ReturnType<typeof createSeededSchedule> | undefined): Promise<string> {
    const network = createNetwork(bankOf(['alice', 'bob'], pair), {
      algorithm: mattern,
      ...(schedule && { schedule }),
    });
    network.start();
    const order: number[] = [];
    network.trace$.subscribe((event) => event.type === 'message.received' && order.push(event.seq));
    for (let n = 0; n < 12; n++) network.send('alice', { type: 'PAY', to: 'bob', amount: 1 });
    const snapshot = await network.takeSnapshot();
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
    network.stop();
    return order.join();
  }

  it('seeded: reorder, the same for the same seed', async () => {
    const first = await orderOf(createSeededSchedule(1));
    expect(await orderOf(createSeededSchedule(1))).toBe(first);
    const all = new Set(await Promise.all([2, 3, 4].map((seed) => orderOf(createSeededSchedule(seed)))));
    expect(all.size).toBe(3);
    expect([...all].every((order) => order !== '1,2,3,4,5,6,7,8,9,10,11,12')).toBe(true);
  });

  it('default: reorder at random', async () => {
    const orders = new Set([await orderOf(undefined), await orderOf(undefined), await orderOf(undefined)]);
    expect(orders.size).toBeGreaterThan(1);
  });

  it('manual: any that is pending, and nothing else', () => {
    const { schedule, pay } = bank(mattern);
    pay('alice', 'bob', 1);
    pay('alice', 'bob', 2);
    expect(() => schedule.deliver('alice->bob', 2)).toThrow('`index` to be a whole number from 0 to 1');
    expect(() => schedule.deliver('alice->bob', -1)).toThrow('`index`');
    expect(() => schedule.deliver('alice->bob', 0.5)).toThrow('`index`');
    schedule.deliver('alice->bob', 1);
    expect(schedule.pending().get('alice->bob')).toBe(1);
  });

  it('manual: the oldest alone where order is kept', () => {
    const schedule = createManualSchedule();
    const network = createNetwork(bankOf(['alice', 'bob'], fullMesh(['alice', 'bob'])), { schedule });
    network.start();
    for (const amount of [1, 2]) network.send('alice', { type: 'PAY', to: 'bob', amount });
    expect(() => schedule.deliver('alice->bob', 1)).toThrow(
      '`index` to be 0 on channel "alice->bob", which keeps order',
    );
    expect(schedule.pending().get('alice->bob')).toBe(2);
  });
});
