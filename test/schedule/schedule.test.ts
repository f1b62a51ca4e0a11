/** What a schedule of one's own can rely on, and what the default one does with it. */
import { sendTo, setup, type AnyActorRef } from 'xstate';
import { describe, expect, it } from 'vitest';
import { createManualSchedule, createNetwork, type Schedule } from '../../src/index.js';

type PendingChannel = Parameters<Schedule['ready']>[0];

/** Sends to a peer when told to, and answers what it gets as often as is left. */
const talker = setup({
  types: {
    events: {} as { type: 'SAY'; to: string; more?: number } | { type: 'WORD'; from: string; more: number },
  },
}).createMachine({
  on: {
    SAY: {
      actions: sendTo(
        ({ system, event }) => system.get(event.to) as AnyActorRef,
        ({ self, event }) => ({ type: 'WORD', from: self.id, more: event.more ?? 0 }),
      ),
    },
    WORD: {
      guard: ({ event }) => event.more > 0,
      actions: sendTo(
        ({ system, event }) => system.get(event.from) as AnyActorRef,
        ({ self, event }) => ({ type: 'WORD', from: self.id, more: event.more - 1 }),
      ),
    },
  },
});

/** A schedule that does nothing but note whom it is told of. */
function createNotes() {
  const told: PendingChannel[] = [];
  return { told, schedule: { ready: (channel: PendingChannel) => void told.push(channel) } };
}

describe('a schedule of one’s own', () => {
  it('is told of a channel once, and looks after it until it is empty', () => {
    const { told, schedule } = createNotes();
    const channels = [
      ['a', 'b'],
      ['b', 'a'],
      ['b', 'b'],
    ] as const;
    const network = createNetwork({ processes: { a: talker, b: talker }, channels }, { schedule });
    network.start();
    const ids = () => told.map(({ id }) => id);
    expect(ids()).toEqual([]);
    for (let n = 0; n < 3; n++) network.send('a', { type: 'SAY', to: 'b' });
    expect(ids()).toEqual(['a->b']);
    expect(told[0]!.size).toBe(3);
    for (let n = 0; n < 3; n++) told[0]!.deliver();
    told[0]!.deliver(); // nothing is left
    network.send('a', { type: 'SAY', to: 'b', more: 1 });
    expect(ids()).toEqual(['a->b', 'a->b']);
    told[1]!.deliver();
    expect(ids()).toEqual(['a->b', 'a->b', 'b->a']);
    // What comes behind in the middle of a delivery is still looked after.
    network.send('b', { type: 'SAY', to: 'b', more: 1 });
    told[3]!.deliver();
    expect(ids()).toEqual(['a->b', 'a->b', 'b->a', 'b->b']);
    expect(told[3]!.size).toBe(1);
  });

  // docs/traps.md#messages-of-entry-actions
  it('is told of no channel before its receiver has started', () => {
    const happened: string[] = [];
    const eager = setup({}).createMachine({
      entry: [
        () => happened.push('a starts'),
        sendTo(({ system }) => system.get('b') as AnyActorRef, { type: 'WORD' }),
      ],
    });
    const late = setup({}).createMachine({ entry: () => happened.push('b starts') });
    const schedule = { ready: ({ id }: PendingChannel) => void happened.push(id) };
    const channels = [
      ['a', 'b'],
      ['b', 'a'],
    ] as const;
    createNetwork({ processes: { a: eager, b: late }, channels }, { schedule }).start();
    expect(happened).toEqual(['a starts', 'b starts', 'a->b']);
  });

  it('sees whether a marker is next, and nothing any more when the network has stopped', async () => {
    const { told, schedule } = createNotes();
    const channels = [['a', 'b']] as const;
    const network = createNetwork({ processes: { a: talker, b: talker }, channels }, { schedule });
    network.start();
    network.send('a', { type: 'SAY', to: 'b' });
    const taking = network.takeSnapshot().catch((error: unknown) => error);
    const [channel] = told as [PendingChannel];
    expect([channel.size, channel.isMarkerNext]).toEqual([2, false]);
    channel.deliver();
    expect([channel.size, channel.isMarkerNext]).toEqual([1, true]);
    network.stop();
    expect([channel.size, channel.isMarkerNext]).toEqual([0, false]);
    channel.deliver();
    await expect(taking).resolves.toMatchObject({ code: 'snapshot-aborted' });
  });
});

describe('the default schedule', () => {
  it('lets markers and messages take turns: however many channels have messages, a marker is soon next', async () => {
    const ids = Array.from({ length: 50 }, (_, index) => `p${index}`);
    const processes = Object.fromEntries(['hub', 'x', ...ids].map((id) => [id, talker]));
    const channels = [['hub', 'x'] as const, ...ids.map((id) => ['hub', id] as const)];
    const network = createNetwork({ processes, channels });
    const delivered: string[] = [];
    network.trace$.subscribe(({ type }) => {
      if (type === 'message.received' || type === 'marker.received') delivered.push(type);
    });
    network.start();
    for (const id of ids) network.send('hub', { type: 'SAY', to: id });
    await network.takeSnapshot();
    expect(delivered.indexOf('marker.received')).toBeLessThan(2);
    network.stop();
  });
});

describe('a delivery', () => {
  it('is refused within a step of its receiver', () => {
    const schedule = createManualSchedule();
    const errors: unknown[] = [];
    const impatient = setup({}).createMachine({
      on: {
        TURN: {
          actions: () => {
            try {
              schedule.deliver('a->b');
            } catch (error) {
              errors.push(error);
            }
          },
        },
      },
    });
    const network = createNetwork({ processes: { a: talker, b: impatient }, channels: [['a', 'b']] }, { schedule });
    network.start();
    network.send('a', { type: 'SAY', to: 'b' });
    network.send('b', { type: 'TURN' });
    expect(errors).toEqual([expect.objectContaining({ code: 'not-running' })]);
    expect((errors[0] as Error).message).toMatch(/receiver of channel "a->b" to be between two steps/);
    expect(schedule.pending()).toEqual(new Map([['a->b', 1]]));
  });
});
