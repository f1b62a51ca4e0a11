/** Delayed events: several of one id, in several actors, and what cancels which; and those that take very long. */
import { assign, cancel, createActor, sendParent, sendTo, setup, stopChild, type AnyActor } from 'xstate';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { attachProcess, createNetwork, createProcess, processOf, withPeers } from '../../src/index.js';
import { createSimulatedClock } from '../../src/testing/index.js';

/** Hands on what it is told; `rings` counts what came of it. */
const child = setup({ types: { events: {} as { type: 'ARM' | 'DISARM' } } }).createMachine({
  on: {
    ARM: { actions: sendParent({ type: 'CHILD_RANG' }, { id: 'ring', delay: 100 }) },
    DISARM: { actions: cancel('ring') },
  },
});
const parent = setup({ types: { context: {} as { own: number; child: number } }, actors: { child } }).createMachine({
  context: { own: 0, child: 0 },
  invoke: { src: 'child', id: 'child' },
  on: {
    ARM: { actions: sendTo(({ self }) => self, { type: 'RANG' }, { id: 'ring', delay: 100 }) },
    ARM_OTHER: { actions: sendTo(({ self }) => self, { type: 'RANG' }, { id: 'other', delay: 100 }) },
    DISARM: { actions: cancel('ring') },
    CANCEL_UNKNOWN: { actions: cancel('nothing') },
    ARM_CHILD: { actions: sendTo('child', { type: 'ARM' }) },
    DISARM_CHILD: { actions: sendTo('child', { type: 'DISARM' }) },
    STOP_CHILD: { actions: stopChild('child') },
    RANG: { actions: assign({ own: ({ context }) => context.own + 1 }) },
    CHILD_RANG: { actions: assign({ child: ({ context }) => context.child + 1 }) },
  },
});

/** What rings in the end, and in a network that was restored before it could. */
async function rungAfter(...events: readonly string[]) {
  const config = { processes: { p: parent }, channels: [] };
  const clocks = [createSimulatedClock(), createSimulatedClock()] as const;
  const network = createNetwork(config, { clock: clocks[0] });
  network.start();
  for (const type of events) network.send('p', { type });
  const restored = createNetwork(config, { clock: clocks[1], snapshot: await network.takeSnapshot() });
  restored.start();
  for (const clock of clocks) clock.increment(100);
  const counts = [network, restored].map(({ processes }) => processes.p.actor.getSnapshot().context);
  network.stop();
  restored.stop();
  expect(counts[1]).toEqual(counts[0]);
  return counts[0];
}

// docs/traps.md#timers-are-state
describe('delayed events of one id', () => {
  it('all ring, of both actors', async () => {
    expect(await rungAfter('ARM', 'ARM_CHILD', 'ARM', 'ARM_CHILD', 'ARM')).toEqual({ own: 3, child: 2 });
  });

  it('cancel means the newest of the actor’s own, of that id', async () => {
    expect(await rungAfter('ARM', 'ARM', 'ARM_CHILD', 'DISARM')).toEqual({ own: 1, child: 1 });
    expect(await rungAfter('ARM', 'ARM', 'ARM_OTHER', 'ARM_CHILD', 'DISARM')).toEqual({ own: 2, child: 1 });
    expect(await rungAfter('ARM_CHILD', 'ARM', 'ARM', 'DISARM_CHILD')).toEqual({ own: 2, child: 0 });
    expect(await rungAfter('ARM', 'ARM', 'CANCEL_UNKNOWN')).toEqual({ own: 2, child: 0 });
  });

  it('those of an actor that stops are gone, and no others', async () => {
    expect(await rungAfter('ARM', 'ARM', 'ARM_CHILD', 'ARM_CHILD', 'STOP_CHILD')).toEqual({ own: 2, child: 0 });
  });
});

describe('a delay that is longer than `setTimeout` takes', () => {
  const DAY_MS = 24 * 60 * 60 * 1000;
  const trial = setup({}).createMachine({
    initial: 'trying',
    states: {
      trying: { after: { [30 * DAY_MS]: 'expired' }, on: { BUY: 'bought' } },
      expired: {},
      bought: { after: { [Infinity]: 'expired' } },
    },
  });
  const start = {
    'in a network': () => createNetwork({ processes: { p: trial }, channels: [] }).processes.p.actor,
    'in a process alone': () => createProcess(trial, { id: 'p' }).actor,
    'of an actor made elsewhere': () => createActor(withPeers(trial, { id: 'p' })),
    'of an actor that was attached': () => {
      const actor = createActor(trial);
      attachProcess(actor, { id: 'p' });
      return actor;
    },
  };
  const stateAfter = (days: number, actor: AnyActor) => {
    vi.advanceTimersByTime(days * DAY_MS);
    return actor.getSnapshot().value as string;
  };

  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }));
  afterEach(() => void vi.useRealTimers());

  it.each(Object.entries(start))('is waited for %s', (_, create) => {
    const actor = create().start();
    expect(stateAfter(29.99, actor)).toBe('trying');
    expect(stateAfter(0.01, actor)).toBe('expired');
  });

  it.each(Object.entries(start))('can be cancelled %s, and may be for ever', (_, create) => {
    const actor = create().start();
    expect(stateAfter(26, actor)).toBe('trying');
    actor.send({ type: 'BUY' });
    expect(stateAfter(400, actor)).toBe('bought');
    actor.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is recorded with what is left of it, and goes on after a restore', async () => {
    const network = createNetwork({ processes: { p: trial }, channels: [] });
    network.start();
    expect(stateAfter(4, network.processes.p.actor)).toBe('trying');
    const snapshot = await network.takeSnapshot();
    network.stop();
    expect(snapshot.processes.p.timers).toMatchObject([{ delay: 26 * DAY_MS }]);

    const again = createNetwork({ processes: { p: trial }, channels: [] }, { snapshot });
    again.start();
    const alone = createProcess(trial, { id: 'p', snapshot }).start();
    const made = createActor(withPeers(trial, { id: 'p', snapshot })).start();
    const actors = [again.processes.p.actor, alone.actor, made] as const;
    expect(actors.map((actor) => actor.getSnapshot().value)).toEqual(['trying', 'trying', 'trying']);
    vi.advanceTimersByTime(25.9 * DAY_MS);
    expect((await processOf(made).takeSnapshot()).processes.p!.timers).toMatchObject([{ delay: 0.1 * DAY_MS }]);
    expect(actors.map((actor) => actor.getSnapshot().value)).toEqual(['trying', 'trying', 'trying']);
    vi.advanceTimersByTime(0.1 * DAY_MS);
    expect(actors.map((actor) => actor.getSnapshot().value)).toEqual(['expired', 'expired', 'expired']);
  });
});
