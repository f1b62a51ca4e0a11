import { firstValueFrom } from 'rxjs';
import { sendTo, setup, type AnyActorRef } from 'xstate';
import { describe, expect, it } from 'vitest';
import {
  createManualSchedule,
  createNetwork,
  fullMesh,
  ring,
  verifySnapshot,
  type ChannelPair,
  type PanoramaError,
} from '../../src/index.js';
import { chandyLamport, laiYang, mattern, stopDrainRecord } from '../../src/snapshot/algorithms/index.js';
import { account, totalOf } from '../support/account.js';
import { deliverAll } from '../support/network.js';

function bank(ids: readonly string[], channels: readonly ChannelPair[] = fullMesh(ids)) {
  const schedule = createManualSchedule();
  const processes = Object.fromEntries(ids.map((id) => [id, { logic: account, input: { balance: 100 } }]));
  const network = createNetwork({ processes, channels }, { schedule });
  network.start();
  return { network, schedule };
}

describe('the marker-sending rule', () => {
  it('records and sends one marker on every outgoing channel before takeSnapshot returns', () => {
    const { network, schedule } = bank(['a', 'b', 'c']);
    void network.takeSnapshot({ initiators: ['a'] });
    expect(schedule.pending()).toEqual(
      new Map([
        ['a->b', 1],
        ['a->c', 1],
      ]),
    );
  });

  it('puts the marker behind what was sent before and before what is sent after', async () => {
    const { network, schedule } = bank(['a', 'b']);
    network.send('a', { type: 'PAY', to: 'b', amount: 1 });
    const taking = network.takeSnapshot({ initiators: ['a'] });
    network.send('a', { type: 'PAY', to: 'b', amount: 2 });
    deliverAll(schedule);
    const snapshot = await taking;
    expect(snapshot.processes.a!.sent['a->b']).toEqual({ count: 1 });
    expect(snapshot.processes.b!.received['a->b']).toEqual({ count: 1 });
    expect(snapshot.channels['a->b']!.messages).toEqual([]);
  });
});

describe('the marker-receiving rule', () => {
  it('records on the first marker, with that channel empty, and the others until their markers', async () => {
    const { network, schedule } = bank(['a', 'b', 'c']);
    network.send('c', { type: 'PAY', to: 'b', amount: 7 });
    const taking = network.takeSnapshot({ initiators: ['a'] });
    schedule.deliver('a->b');
    expect(schedule.pending().get('b->c')).toBe(1);
    schedule.deliver('c->b');
    schedule.deliver('a->c');
    network.send('c', { type: 'PAY', to: 'b', amount: 8 });
    deliverAll(schedule);
    const snapshot = await taking;
    expect(snapshot.channels['c->b']!.messages).toEqual([{ seq: 1, event: { type: 'MONEY', amount: 7 } }]);
    expect(snapshot.channels['a->b']!.messages).toEqual([]);
    expect(totalOf(snapshot)).toBe(300);
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
  });

  it('names, when it is given up, just the channels that are not done', async () => {
    const { network, schedule } = bank(['a', 'b', 'c']);
    const controller = new AbortController();
    const taking = network.takeSnapshot({ initiators: ['a'], signal: controller.signal });
    schedule.deliver('a->b'); // the first: done at once
    schedule.deliver('b->a');
    controller.abort('enough');
    const error = (await taking.catch((reason: unknown) => reason)) as PanoramaError;
    // c has not recorded, so none of its channels is known.
    expect([...error.channels].sort()).toEqual(['a->c', 'b->c', 'c->a', 'c->b']);
  });

  it('holds no application message back', () => {
    const { network, schedule } = bank(['a', 'b']);
    void network.takeSnapshot({ initiators: ['a'] });
    network.send('b', { type: 'PAY', to: 'a', amount: 5 });
    schedule.deliver('b->a');
    expect(network.processes.a!.actor.getSnapshot().context.balance).toBe(105);
  });
});

describe('topologies', () => {
  const cases: [name: string, ids: string[], channels: ChannelPair[]][] = [
    ['one process alone', ['a'], []],
    ['a channel to oneself', ['a'], [['a', 'a']]],
    ['a ring', ['a', 'b', 'c', 'd'], ring(['a', 'b', 'c', 'd'])],
    ['a full mesh', ['a', 'b', 'c', 'd', 'e', 'f'], fullMesh(['a', 'b', 'c', 'd', 'e', 'f'])],
    [
      'several sources',
      ['a', 'b', 'c'],
      [
        ['a', 'c'],
        ['b', 'c'],
      ],
    ],
    [
      'a process with no incoming channel',
      ['a', 'b', 'c'],
      [
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'b'],
      ],
    ],
    ['processes without channels', ['a', 'b'], []],
  ];
  it.each(cases)('%s: one marker a channel, initiators chosen', async (_, ids, channels) => {
    const { network, schedule } = bank(ids, channels);
    const happened: string[] = [];
    network.trace$.subscribe(({ type }) => happened.push(type));
    const taking = network.takeSnapshot();
    deliverAll(schedule);
    const snapshot = await taking;
    expect(snapshot.stats.markers).toBe(channels.length);
    // However many sheets the statechart of a process is drawn on.
    expect(happened.filter((type) => type === 'marker.sent')).toHaveLength(channels.length);
    expect(happened.filter((type) => type === 'state.recorded')).toHaveLength(ids.length);
    expect(Object.keys(snapshot.processes)).toEqual(ids);
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
  });

  it('chooses the fewest initiators', async () => {
    const { network, schedule } = bank(
      ['x', 'a', 'b', 'c'],
      [
        ['a', 'b'],
        ['b', 'a'],
        ['b', 'c'],
        ['x', 'c'],
      ],
    );
    const taking = network.takeSnapshot();
    deliverAll(schedule);
    const { initiators } = await taking;
    expect(initiators).toHaveLength(2);
    expect(initiators).toContain('x');
  });

  it.each([
    [
      ['c', 'b', 'a'],
      [
        ['b', 'c'],
        ['a', 'b'],
      ],
      ['a'],
    ],
    [
      ['a', 'b', 'c'],
      [
        ['a', 'c'],
        ['b', 'c'],
      ],
      ['a', 'b'],
    ],
  ] as const)('chooses %# by the channels, in the order of the processes', async (ids, channels, chosen) => {
    const { network, schedule } = bank(ids, channels);
    const taking = network.takeSnapshot();
    deliverAll(schedule);
    expect((await taking).initiators).toEqual(chosen);
  });

  // docs/traps.md#unreachable-processes
  it('refuses initiators from which a process is never reached, naming who would do', () => {
    const { network } = bank(
      ['a', 'b', 'c'],
      [
        ['a', 'c'],
        ['b', 'c'],
      ],
    );
    expect(() => network.takeSnapshot({ initiators: ['a'] })).toThrow(
      /none lead to b\. These would do: \[(a, b|b, a)\]/,
    );
  });
});

describe('a process with more channels than its statechart has regions on one sheet', () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

  it.each([chandyLamport, mattern, laiYang])('records all of them ($name)', async (algorithm) => {
    const schedule = createManualSchedule();
    const processes = Object.fromEntries(ids.map((id) => [id, { logic: account, input: { balance: 100 } }]));
    const network = createNetwork({ processes, channels: fullMesh(ids) }, { schedule, algorithm });
    network.start();
    const payers = ids.filter((id) => id !== 'b');
    for (const [index, id] of payers.entries()) network.send(id, { type: 'PAY', to: 'b', amount: index + 1 });
    const taking = network.takeSnapshot({ initiators: ['b'] });
    for (const id of payers) schedule.deliver(`${id}->b`); // before any of them has recorded
    const stillOpen = new Map(schedule.pending());
    deliverAll(schedule);
    const snapshot = await taking;
    expect(stillOpen.size).toBe(6); // what b has sent, to each
    expect(payers.map((id) => snapshot.channels[`${id}->b`]!.messages.length)).toEqual(payers.map(() => 1));
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
    expect(totalOf(snapshot)).toBe(700);
    network.stop();
  });

  it.each(['b', 'g'])(
    'records all but the channel of its first marker, whichever sheet that is on (%s)',
    async (first) => {
      const { network, schedule } = bank(ids);
      const payers = ids.filter((id) => id !== 'c' && id !== first);
      for (const id of payers) network.send(id, { type: 'PAY', to: 'c', amount: 1 });
      const taking = network.takeSnapshot({ initiators: [first] });
      schedule.deliver(`${first}->c`);
      for (const id of payers) schedule.deliver(`${id}->c`); // before any of them has recorded
      deliverAll(schedule);
      const snapshot = await taking;
      expect(payers.map((id) => snapshot.channels[`${id}->c`]!.messages.length)).toEqual(payers.map(() => 1));
      expect(snapshot.channels[`${first}->c`]!.messages).toEqual([]);
      expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
      expect(totalOf(snapshot)).toBe(700);
    },
  );

  it('stops recording each at its own marker, whichever sheet that is on', async () => {
    const { network, schedule } = bank(ids);
    const taking = network.takeSnapshot({ initiators: ['a', 'b'] });
    const pay = (from: string) => network.send(from, { type: 'PAY', to: 'b', amount: 1 });
    for (const id of ['c', 'g']) pay(id);
    schedule.deliver('b->g');
    pay('g'); // behind g's marker
    for (const channel of ['g->b', 'g->b', 'g->b', 'c->b']) schedule.deliver(channel);
    deliverAll(schedule);
    const { channels } = await taking;
    expect(channels['g->b']!.messages.map(({ seq }) => seq)).toEqual([1]);
    expect(channels['c->b']!.messages.map(({ seq }) => seq)).toEqual([1]);
    expect(channels['d->b']!.messages).toEqual([]);
  });
});

describe('a snapshot that is given up', () => {
  it.each([chandyLamport, mattern, laiYang, stopDrainRecord])(
    'is recorded no further, and the next one is none the worse for it ($name)',
    async (algorithm) => {
      let reads = 0;
      const event = {
        type: 'COUNTED',
        get read() {
          return ++reads;
        },
      };
      const sender = setup({}).createMachine({
        on: { SEND: { actions: sendTo(({ system }) => system.get('b') as AnyActorRef, event) } },
      });
      const sink = setup({}).createMachine({});
      const schedule = createManualSchedule();
      const channels = [
        ['a', 'b'],
        ['b', 'a'],
      ] as const;
      const network = createNetwork({ processes: { a: sender, b: sink }, channels }, { schedule, algorithm });
      network.start();
      const reading = (run: () => void) => {
        const before = reads;
        run();
        return reads - before;
      };
      for (let n = 0; n < 4; n++) network.send('a', { type: 'SEND' });
      const idle = reading(() => schedule.deliver('a->b'));
      const controller = new AbortController();
      const taking = network.takeSnapshot({ initiators: ['b'], signal: controller.signal });
      expect(reading(() => schedule.deliver('a->b'))).toBeGreaterThan(idle); // it is recorded
      controller.abort('enough');
      await expect(taking).rejects.toThrow(/enough/);
      expect(reading(() => schedule.deliver('a->b'))).toBe(idle);
      deliverAll(schedule);
      const next = network.takeSnapshot();
      deliverAll(schedule);
      expect(verifySnapshot(await next)).toEqual({ consistent: true });
      network.stop();
    },
  );

  it.each([chandyLamport, mattern])(
    'because its initiator could not be recorded sends nothing ($name)',
    async (algorithm) => {
      const stubborn = setup({}).createMachine({ context: { f: () => 0 } });
      const schedule = createManualSchedule();
      const channels = [
        ['a', 'b'],
        ['b', 'a'],
      ] as const;
      const network = createNetwork({ processes: { a: stubborn, b: stubborn }, channels }, { schedule, algorithm });
      network.start();
      await expect(network.takeSnapshot({ initiators: ['a'] })).rejects.toThrow(
        /processes\.a\.context\.f, got a function/,
      );
      expect(schedule.pending()).toEqual(new Map());
      network.stop();
    },
  );
});

describe('several initiators and snapshots', () => {
  it('is one snapshot when several processes initiate it', async () => {
    const { network, schedule } = bank(['a', 'b', 'c']);
    const taking = network.takeSnapshot({ initiators: ['a', 'c'] });
    expect([...schedule.pending().keys()].sort()).toEqual(['a->b', 'a->c', 'c->a', 'c->b']);
    deliverAll(schedule);
    expect((await taking).stats.markers).toBe(6);
  });

  // docs/traps.md#overlapping-snapshots
  it('keeps overlapping snapshots apart', async () => {
    const { network, schedule } = bank(['a', 'b']);
    const first = network.takeSnapshot({ initiators: ['a'] });
    network.send('b', { type: 'PAY', to: 'a', amount: 1 });
    const second = network.takeSnapshot({ initiators: ['b'] });
    network.send('b', { type: 'PAY', to: 'a', amount: 2 });
    schedule.deliver('b->a');
    deliverAll(schedule);
    const [one, two] = await Promise.all([first, second]);
    expect(one.id).not.toBe(two.id);
    for (const snapshot of [one, two]) {
      expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
      expect(totalOf(snapshot)).toBe(200);
      expect(snapshot.stats.markers).toBe(2);
    }
    expect(one.channels['b->a']!.messages.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(two.channels['b->a']!.messages).toEqual([]);
  });

  it('tells of each snapshot on snapshots$', async () => {
    const { network, schedule } = bank(['a', 'b']);
    const told = firstValueFrom(network.snapshots$);
    const taking = network.takeSnapshot();
    deliverAll(schedule);
    expect(await told).toBe(await taking);
  });
});
