/** Several pending delayed events of one id, in several actors: what cancels which. */
import { assign, cancel, sendParent, sendTo, setup, stopChild } from 'xstate';
import { describe, expect, it } from 'vitest';
import { createNetwork } from '../../src/index.js';
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
