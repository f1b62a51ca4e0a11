import { fromPromise, setup, SimulatedClock } from 'xstate';
import { describe, expect, it, vi } from 'vitest';
import {
  createManualSchedule,
  createNetwork,
  fullMesh,
  verifySnapshot,
  type GlobalSnapshot,
  type TraceEvent,
} from '../src/index.js';
import { captureState } from '../src/testing/index.js';
import { account, totalOf } from './support/account.js';
import { deliverAll } from './support/network.js';

function bank(options: { readonly snapshot?: GlobalSnapshot } = {}) {
  const schedule = createManualSchedule();
  const network = createNetwork(
    {
      processes: { a: { logic: account, input: { balance: 10 } }, b: { logic: account, input: { balance: 20 } } },
      channels: fullMesh(['a', 'b']),
    },
    { schedule, ...options } as { schedule: typeof schedule },
  );
  const trace: TraceEvent[] = [];
  network.trace$.subscribe((event) => trace.push(event));
  return { network, schedule, trace };
}

const brief = (event: TraceEvent) =>
  [event.type, 'channel' in event ? event.channel : 'process' in event ? event.process : ''].join(' ').trim();

describe('the trace', () => {
  it('tells of every step, message, marker, recorded state and channel state, in the order in which they happened', () => {
    const { network, schedule, trace } = bank();
    network.start();
    network.send('a', { type: 'PAY', to: 'b', amount: 3 });
    void network.takeSnapshot({ initiators: ['b'] });
    deliverAll(schedule);
    expect(trace.map(brief)).toEqual([
      'process.started a',
      'step.ended a',
      'process.started b',
      'step.ended b',
      'event.received a',
      'message.sent a->b',
      'step.ended a',
      'snapshot.begun',
      'state.recorded b',
      'marker.sent b->a',
      'channel.recording a->b',
      'message.received a->b',
      'step.ended b',
      'marker.received b->a',
      'state.recorded a',
      'marker.sent a->b',
      'channel.done b->a',
      'marker.received a->b',
      'channel.done a->b',
      'snapshot.completed',
    ]);
  });

  it.each(['was stopped', 'was restored as stopped'])(
    'tells of a message to a process that %s, which is received and does nothing',
    async (how) => {
      const first = bank();
      first.network.start();
      first.network.processes.b!.actor.stop();
      const taking = first.network.takeSnapshot();
      deliverAll(first.schedule);
      const { network, schedule, trace } = how === 'was stopped' ? first : bank({ snapshot: await taking });
      network.start();
      network.send('a', { type: 'PAY', to: 'b', amount: 3 });
      trace.splice(0);
      schedule.deliver('a->b');
      expect(trace.map(brief)).toEqual(['message.received a->b', 'step.ended b']);
      const { processes } = captureState(network);
      expect(processes.b!.received['a->b']).toEqual({ count: 1 });
      expect(processes.b!.snapshot).toMatchObject({ status: 'stopped', context: { balance: 20 } });
      network.stop();
    },
  );

  it('tells that processes were stopped', () => {
    const { network, trace } = bank();
    network.start();
    trace.splice(0);
    network.stop();
    const stops = trace.filter(({ type }) => type === 'process.stopped');
    expect(stops.map(brief)).toEqual(['process.stopped a', 'process.stopped b']);
  });

  it('cannot be used to get between recording and the markers, nor into the middle of a step', async () => {
    const { network, schedule } = bank();
    const later: Promise<unknown>[] = [];
    let meddled = 0;
    network.trace$.subscribe((event) => {
      if (meddled >= 40 || event.type.startsWith('snapshot')) return;
      meddled++;
      network.send('b', { type: 'PAY', to: 'a', amount: 1 });
      later.push(network.takeSnapshot());
    });
    network.start();
    const taking = network.takeSnapshot({ initiators: ['b'] });
    deliverAll(schedule);
    for (const snapshot of await Promise.all([taking, ...(later as (typeof taking)[])])) {
      expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
      expect(totalOf(snapshot)).toBe(30);
    }
    expect(meddled).toBe(40);
  });

  it('tells timers, promises and outside events apart', async () => {
    const clock = new SimulatedClock();
    const machine = setup({ actors: { job: fromPromise(() => Promise.resolve(1)) } }).createMachine({
      initial: 'busy',
      states: {
        busy: { invoke: { id: 'job', src: 'job', onDone: 'resting' } },
        resting: { after: { 50: 'over' } },
        over: {},
      },
    });
    const network = createNetwork({ processes: { p: machine }, channels: [] }, { clock });
    const trace: TraceEvent[] = [];
    network.trace$.subscribe((event) => trace.push(event));
    network.start();
    await vi.waitUntil(() => network.processes.p.actor.getSnapshot().value === 'resting');
    network.send('p', { type: 'HELLO' } as never);
    clock.increment(50);
    const causes = trace.filter(({ type }) => type === 'event.received' || type === 'timer.fired');
    expect(causes).toMatchObject([
      { type: 'event.received', source: { path: ['job'] }, target: { path: ['job'] } },
      { type: 'event.received', source: undefined, target: { path: [] }, event: { type: 'HELLO' } },
      { type: 'timer.fired', source: { path: [] }, target: { path: [] } },
    ]);
    network.stop();
  });
});

describe('captureState', () => {
  it('is the true global state: what was sent and not received is in flight', () => {
    const { network, schedule } = bank();
    network.start();
    network.send('a', { type: 'PAY', to: 'b', amount: 3 });
    void network.takeSnapshot({ initiators: ['a'] }); // its marker is no message
    network.send('a', { type: 'PAY', to: 'b', amount: 4 });
    schedule.deliver('a->b');
    const state = captureState(network);
    expect(verifySnapshot(state)).toEqual({ consistent: true });
    expect([state.processes.a.snapshot.context, state.processes.b.snapshot.context]).toEqual([
      { balance: 3 },
      { balance: 23 },
    ]);
    expect(state.channels['a->b']!.messages).toEqual([{ seq: 2, event: { type: 'MONEY', amount: 4 } }]);
  });
});
