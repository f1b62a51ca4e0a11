import fc from 'fast-check';
import { assign, fromPromise, fromTransition, setup } from 'xstate';
import { describe, expect, it, vi } from 'vitest';
import { createManualSchedule, ring, type NetworkConfig } from '../../src/index.js';
import { createNetworkOf, type RunningNetwork } from '../../src/network/network.js';
import { parseConfig } from '../../src/network/options.js';
import { canonicalText } from '../../src/testing/canonical.js';
import { createCell, type Effect, type Input } from '../../src/testing/cell.js';
import { fireTimer, pendingTimers } from '../../src/process/xstate-internals.js';
import { account } from '../support/account.js';
import { gossip } from '../support/gossip.js';

const alone = (logic: NetworkConfig['processes'][string]) =>
  createCell(parseConfig({ processes: { p: logic }, channels: [] }), 'p');

const outside = (type: string, rest: object = {}): Input => ({ type: 'event', event: { type, ...rest } });

describe('a cell', () => {
  const pair = parseConfig({
    processes: { a: { logic: account, input: { balance: 10 } }, b: { logic: account, input: { balance: 5 } } },
    channels: ring(['a', 'b']),
  });

  it('takes one step from a state, and tells the state it came to and what was sent', () => {
    const cell = createCell(pair, 'a');
    const started = cell.start();
    expect(started.sent).toEqual([]);
    const paid = cell.step(started.state, outside('PAY', { to: 'b', amount: 3 }));
    expect(paid.sent).toEqual([{ channel: 'a->b', event: { type: 'MONEY', amount: 3 } }]);
    expect(paid.state).toMatchObject({
      snapshot: { context: { balance: 7 } },
      sent: { 'a->b': { count: 1 } },
      received: { 'b->a': { count: 0 } },
    });
    const got = cell.step(paid.state, {
      type: 'message',
      channel: 'b->a',
      event: { type: 'MONEY', amount: 1 } as never,
    });
    expect(got.state).toMatchObject({
      snapshot: { context: { balance: 8 } },
      sent: { 'a->b': { count: 1 } },
      received: { 'b->a': { count: 1 } },
    });
    // Neither step changed what it began with.
    expect(started.state).toMatchObject({ snapshot: { context: { balance: 10 } }, sent: { 'a->b': { count: 0 } } });
  });

  it('keeps a failure as a state, and throws nothing; a process that has ended takes what comes and does nothing', () => {
    const cell = alone(
      setup({}).createMachine({
        on: {
          BOOM: {
            actions: () => {
              throw new Error('boom');
            },
          },
        },
      }),
    );
    const failed = cell.step(cell.start().state, outside('BOOM'));
    expect(failed.state.snapshot).toMatchObject({ status: 'error', error: new Error('boom') });
    expect(cell.step(failed.state, outside('BOOM'))).toEqual({ state: failed.state, sent: [] });
  });

  it('keeps a failure of the initial state too', () => {
    const cell = alone(
      setup({}).createMachine({
        context: () => {
          throw new Error('at birth');
        },
      }),
    );
    expect(cell.start().state.snapshot).toMatchObject({ status: 'error', error: new Error('at birth') });
  });

  it('fires the timer that it is told to, and what was left of it passes for the others', () => {
    const cell = alone(
      setup({}).createMachine({
        initial: 'a',
        states: { a: { after: { 30: 'b' } }, b: { after: { 30: 'a' } } },
        after: { 100: { actions: assign({ late: true }) } },
      }),
    );
    const delays = ({ state }: Effect) => state.timers.map(({ delay }) => delay);
    let effect = cell.start();
    const seen = [delays(effect)];
    for (let n = 0; n < 3; n++) {
      effect = cell.step(effect.state, { type: 'timer', timer: effect.state.timers[0]! });
      seen.push(delays(effect));
    }
    expect(seen).toEqual([
      [30, 100],
      [30, 70],
      [30, 40],
      [10, 30],
    ]);
    const [timer] = effect.state.timers;
    const { id: _, delay: __, ...withoutId } = timer!;
    expect(cell.step(effect.state, { type: 'timer', timer: withoutId })).toEqual(
      cell.step(effect.state, { type: 'timer', timer: timer! }),
    );
    expect(() => cell.step(effect.state, { type: 'timer', timer: { ...timer!, event: { type: 'NOPE' } } })).toThrow(
      /Expected a pending timer of process "p" that sends \{"type":"NOPE"\}, got none/,
    );
  });

  it('records equal states equally: delays without rounding errors, delayed sends without random ids', () => {
    const cell = createCell(
      parseConfig({ processes: { g: { logic: gossip, input: { to: 'g' } } }, channels: [['g', 'g']] }),
      'g',
    );
    const run = () =>
      ['TELL', 'TELL', 'NUDGE'].reduce(
        (effect, type) => cell.step(effect.state, outside(type, { ttl: 0 })),
        cell.start(),
      );
    expect(run()).toEqual(run());
    const drift = alone(
      setup({}).createMachine({
        initial: 'a',
        states: { a: { after: { 0.1: { target: 'a', reenter: true } } } },
        after: { 0.3: {} },
      }),
    );
    let { state } = drift.start();
    for (let n = 0; n < 2; n++) ({ state } = drift.step(state, { type: 'timer', timer: state.timers[0]! }));
    expect(state.timers.map(({ delay }) => delay)).toEqual([0.1, 0.1]);
  });

  it('refuses what acts by itself, by name and with advice', () => {
    const load = fromPromise(() => Promise.resolve(1));
    const waiting = setup({ actors: { load } }).createMachine({ invoke: { src: 'load', id: 'loading' } });
    expect(() => alone(waiting).start()).toThrow(
      /got actor "p\.loading" \(source "load"\), an active promise, callback or observable.*machine\.provide/,
    );
    expect(() => alone(load).start()).toThrow(/got process "p", an active promise/);
    const anonymous = setup({ actors: { child: fromTransition((n: number) => n, 0) } }).createMachine({
      context: ({ spawn }) => ({ child: spawn('child') }),
    });
    expect(() => alone(anonymous).start()).toThrow(/got "p\.x:\d+".*spawn\('source', \{ id: 'name' \}\)/);
  });
});

describe('the processes of a network and cells in lockstep', () => {
  const config: NetworkConfig = {
    processes: { a: { logic: gossip, input: { to: 'b' } }, b: { logic: gossip, input: { to: 'a' } } },
    channels: ring(['a', 'b']),
  };
  const ids = ['a', 'b'] as const;
  const step = fc.record({
    process: fc.constantFrom(...ids),
    what: fc.oneof(
      { weight: 30, arbitrary: fc.constantFrom('deliver', 'timer', 'TELL', 'NUDGE') },
      { weight: 1, arbitrary: fc.constant('QUIT') },
    ),
  });

  it('come to the same states and send the same, step by step', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined); // XState's, of messages to a process that has ended
    let timersFired = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 40 }), (steps) => {
        const schedule = createManualSchedule();
        const times = { a: 0, b: 0 };
        let current: 'a' | 'b' = 'a';
        const clock = { setTimeout: () => 0, clearTimeout: () => undefined, now: () => times[current] };
        const network = createNetworkOf({}, config, { schedule, clock }) as unknown as RunningNetwork;
        network.start();
        const cells = { a: createCell(parseConfig(config), 'a'), b: createCell(parseConfig(config), 'b') };
        const effects = { a: cells.a.start(), b: cells.b.start() };
        for (const { process: id, what } of steps) {
          current = id;
          const { state } = effects[id];
          const peer = id === 'a' ? 'b' : 'a';
          const [message] = network.channels.get(`${peer}->${id}`)!.messages;
          const [timer] = state.timers;
          const isOver = state.snapshot.status !== 'active';
          let input: Input;
          if (what === 'deliver') {
            if (message === undefined) continue;
            input = { type: 'message', channel: `${peer}->${id}`, event: structuredClone(message.event) };
            schedule.deliver(input.channel);
          } else if (what === 'timer') {
            if (timer === undefined) continue;
            timersFired++;
            input = { type: 'timer', timer };
            times[id] += timer.delay;
            const { actor } = network.members.get(id)!;
            const due = pendingTimers(actor).filter(({ startedAt, delay }) => startedAt + delay === times[id]);
            fireTimer(due.find(({ event }) => event.type === timer.event.type)!);
          } else {
            if (isOver) continue;
            input = { type: 'event', event: { type: what, ttl: 2 } as never };
            network.send(id, input.event as never);
          }
          effects[id] = cells[id].step(state, input);
          const { timers, ...rest } = network.members.get(id)!.capture();
          const { timers: cellTimers, ...cellRest } = effects[id].state;
          expect(canonicalText(cellRest)).toBe(canonicalText(rest));
          const bare = (all: typeof timers) => all.map(({ id: _, ...timer }) => canonicalText(timer)).sort();
          expect(bare(cellTimers)).toEqual(bare(timers));
          const { messages } = network.channels.get(`${id}->${peer}`)!;
          const last = messages.slice(messages.length - effects[id].sent.length).map(({ event }) => event);
          expect(effects[id].sent.map(({ event }) => event)).toEqual(last);
        }
        network.stop();
      }),
      { numRuns: 60, seed: 1 },
    );
    expect(timersFired).toBeGreaterThan(50);
  });
});
