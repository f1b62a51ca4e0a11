/** A network from its creation to its stop: what may be called when, what it leaves behind, and how its channels keep order. */
import { getEventListeners } from 'node:events';
import { fromTransition } from 'xstate';
import { describe, expect, it } from 'vitest';
import { createManualSchedule, createNetwork, verifySnapshot, type ChannelOptions } from '../../src/index.js';
import { mattern } from '../../src/snapshot/algorithms/index.js';
import { captureState, createSimulatedClock } from '../../src/testing/index.js';
import { account } from '../support/account.js';
import { deliverAll } from '../support/network.js';

const bank = {
  processes: { a: { logic: account, input: { balance: 100 } }, b: { logic: account, input: { balance: 100 } } },
  channels: [
    ['a', 'b'],
    ['b', 'a'],
  ],
} as const;

describe('a network', () => {
  it('starts once, and not again after its stop, which may be repeated', async () => {
    const schedule = createManualSchedule();
    const network = createNetwork(bank, { schedule });
    expect(network.start()).toBe(network);
    network.send('a', { type: 'PAY', to: 'b', amount: 30 });
    expect(network.start()).toBe(network);
    expect(network.processes.a.actor.getSnapshot().context.balance).toBe(70);
    const taking = network.takeSnapshot();
    deliverAll(schedule);
    network.stop();
    network.stop();
    expect(() => network.start()).toThrow(/a network that was not stopped, got one that was/);
    await expect(network.takeSnapshot()).rejects.toThrow(/a running network, got one that is stopped/);
    await expect(network.rollBack(await taking)).rejects.toThrow(/a running network, got one that is stopped/);
  });

  it('refuses to be looked at, as a whole, from within a step of its own', () => {
    const network = createNetwork(bank, { schedule: createManualSchedule() });
    let seen: unknown;
    network.processes.a.actor.subscribe(() => {
      try {
        captureState(network);
      } catch (error) {
        seen = error;
      }
    });
    network.start();
    network.send('a', { type: 'PAY', to: 'b', amount: 1 });
    expect(String(seen)).toMatch(/a network between two steps, got a capture from within/);
    const state = captureState(network);
    expect([state.initiators, state.stats]).toEqual([[], { markers: 0, messages: 1 }]);
    network.stop();
  });

  it('leaves no timer and no listener behind when a snapshot has ended', async () => {
    const clock = createSimulatedClock();
    const timers = new Set<unknown>();
    const counting = {
      now: () => clock.now(),
      setTimeout: (run: () => void, delay: number) => {
        const timer: unknown = clock.setTimeout(run, delay);
        timers.add(timer);
        return timer;
      },
      clearTimeout: (timer: number) => {
        timers.delete(timer);
        clock.clearTimeout(timer);
      },
    };
    const { signal } = new AbortController();
    const left = () => [timers.size, getEventListeners(signal, 'abort').length];
    const schedule = createManualSchedule();
    const network = createNetwork(bank, { schedule, clock: counting as never });
    network.start();
    const taking = network.takeSnapshot({ signal, timeoutMs: 50 });
    expect(left()).toEqual([1, 1]);
    deliverAll(schedule);
    await taking;
    expect(left()).toEqual([0, 0]);
    const patient = network.takeSnapshot({ timeoutMs: Infinity });
    expect(timers.size).toBe(0);
    deliverAll(schedule);
    expect(verifySnapshot(await patient)).toEqual({ consistent: true });
    network.stop();
  });

  it('takes just as many messages in flight as `maxMessages` allows', async () => {
    const schedule = createManualSchedule();
    const network = createNetwork(bank, { schedule });
    network.start();
    for (let n = 0; n < 3; n++) network.send('b', { type: 'PAY', to: 'a', amount: 1 });
    const taking = network.takeSnapshot({ initiators: ['a'], maxMessages: 3 });
    deliverAll(schedule);
    expect((await taking).stats.messages).toBe(3);
    network.stop();
  });
});

describe('a channel with much on it', () => {
  const sender = fromTransition((sent: number, _: { type: 'SEND' }, { system }) => {
    (system.get('to') as { send(event: object): void }).send({ type: 'N', n: sent });
    return sent + 1;
  }, 0);
  const log = fromTransition((got: readonly number[], { n }: { type: 'N'; n: number }) => [...got, n], []);
  const flooded = (options: ChannelOptions, messages: number) => {
    const schedule = createManualSchedule();
    const channels = [['from', 'to', options]] as const;
    const network = createNetwork({ processes: { from: sender, to: log }, channels }, { schedule, algorithm: mattern });
    network.start();
    const send = (count: number) => {
      for (let n = 0; n < count; n++) network.send('from', { type: 'SEND' });
    };
    send(messages);
    const deliver = (count: number) => {
      for (let n = 0; n < count; n++) schedule.deliver('from->to');
    };
    const got = () => network.processes.to.actor.getSnapshot().context;
    const inFlight = () => captureState(network).channels['from->to']!.messages.map(({ seq }) => seq);
    return { network, schedule, send, deliver, got, inFlight };
  };
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

  it('keeps its order, whatever was delivered meanwhile', () => {
    const { network, schedule, send, deliver, got, inFlight } = flooded({}, 2000);
    deliver(1100);
    expect(inFlight()).toEqual(range(1101, 2001));
    send(500);
    deliver(700);
    expect(schedule.pending()).toEqual(new Map([['from->to', 700]]));
    send(1);
    deliver(701);
    expect(got()).toEqual(range(0, 2501));
    expect(schedule.pending()).toEqual(new Map());
    send(1);
    deliver(1);
    expect(got().at(-1)).toBe(2501);
    network.stop();
  });

  it('hands over any of it, where it does not keep order', () => {
    const { network, schedule, deliver, got, inFlight } = flooded({ fifo: false }, 10);
    deliver(3);
    schedule.deliver('from->to', 2);
    schedule.deliver('from->to', 5);
    expect(got()).toEqual([0, 1, 2, 5, 9]);
    expect(inFlight()).toEqual([4, 5, 7, 8, 9]);
    expect(() => schedule.deliver('from->to', 5)).toThrow(/`index` to be a whole number from 0 to 4.*got 5/);
    network.stop();
  });
});

describe('a manual schedule', () => {
  it('serves one running network, and another one after its end', () => {
    const schedule = createManualSchedule();
    const networks = [1, 2].map(() => createNetwork(bank, { schedule }));
    for (const network of networks) network.start();
    networks[0]!.send('a', { type: 'PAY', to: 'b', amount: 1 });
    const errors: unknown[] = [];
    networks[1]!.processes.a.actor.subscribe({ error: (error) => errors.push(error) });
    networks[1]!.send('a', { type: 'PAY', to: 'b', amount: 1 });
    expect(String(errors)).toMatch(/one running network per manual schedule, got two with a channel "a->b"/);
    for (const network of networks) network.stop();
    const third = createNetwork(bank, { schedule });
    third.start();
    third.send('a', { type: 'PAY', to: 'b', amount: 1 });
    schedule.deliver('a->b');
    expect(third.processes.b.actor.getSnapshot().context.balance).toBe(101);
    third.stop();
  });

  it('says what is pending when asked to deliver what is not', () => {
    const schedule = createManualSchedule();
    const network = createNetwork(bank, { schedule });
    network.start();
    expect(() => schedule.deliver('a->b')).toThrow('something pending (none now), got "a->b"');
    network.send('a', { type: 'PAY', to: 'b', amount: 1 });
    expect(() => schedule.deliver('b->a')).toThrow('something pending (a->b), got "b->a"');
    schedule.deliver('a->b');
    expect(() => schedule.deliver('a->b')).toThrow('something pending (none now), got "a->b"');
    network.stop();
  });
});
