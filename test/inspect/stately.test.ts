/** A network in Stately's inspector: its own WebSocket server and receiver, and its browser adapter. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import {
  createBrowserInspector,
  createBrowserReceiver,
  createWebSocketInspector,
  createWebSocketReceiver,
  type StatelyInspectionEvent,
} from '@statelyai/inspect';
import { createInspectorServer } from '@statelyai/inspect/server';
import { assign, sendTo, setup } from 'xstate';
import { afterEach, expect, it } from 'vitest';
import { showInStately, type StatelyInspector } from '../../src/inspect/stately.js';
import { captureState } from '../../src/testing/index.js';
import { createManualSchedule, createNetwork, fullMesh } from '../../src/index.js';

const ending: (() => void)[] = [];
afterEach(() => {
  for (const end of ending.splice(0).reverse()) end();
});

const clerk = setup({}).createMachine({ id: 'clerk', initial: 'ready', states: { ready: {} } });
const shop = setup({
  types: { context: {} as { coins: number; pin: string }, events: {} as { type: 'PAY' | 'COIN'; pin: string } },
  actors: { clerk },
}).createMachine({
  id: 'shop',
  context: { coins: 3, pin: '1234' },
  invoke: { id: 'bob', src: 'clerk' }, // a child that is called as a process is
  on: {
    PAY: {
      actions: [
        assign({ coins: ({ context }) => context.coins - 1 }),
        sendTo(
          ({ system }) => system.get('bob'),
          () => ({ type: 'COIN', pin: '1234' }),
        ),
      ],
    },
    COIN: { actions: assign({ coins: ({ context }) => context.coins + 1 }) },
  },
});

function createShops() {
  const schedule = createManualSchedule();
  const network = createNetwork(
    { processes: { alice: shop, bob: shop }, channels: fullMesh(['alice', 'bob']) },
    { schedule },
  );
  ending.push(() => network.stop());
  return { network, schedule };
}

/** Pays a coin, and takes a snapshot while it is under way. */
async function runThrough({ network, schedule }: ReturnType<typeof createShops>): Promise<void> {
  network.start();
  network.send('alice', { type: 'PAY', pin: '1234' });
  const taking = network.takeSnapshot({ initiators: ['bob'] });
  schedule.deliver('bob->alice');
  schedule.deliver('alice->bob');
  schedule.deliver('alice->bob');
  await taking;
}

/** What Stately's viewer would show: by session id, its name, its statechart and its states and events in their order. */
function shownBy(events: readonly StatelyInspectionEvent[]) {
  const actors = new Map<string, { name: string; parent: string | undefined; chart: string; told: unknown[] }>();
  for (const event of events) {
    const { sessionId } = event;
    if (event.type === '@xstate.actor') {
      expect(actors.has(sessionId)).toBe(false); // no two of one id
      const { id } = JSON.parse(event.definition ?? '{}') as { id: string };
      actors.set(sessionId, { name: event.name, parent: event.parentId, chart: id, told: [] });
      continue;
    }
    const actor = actors.get(sessionId);
    expect(actor).toBeDefined(); // nothing of an actor of which it has not heard
    if (event.type === '@xstate.event') actor!.told.push(event.event.type);
    else actor!.told.push((event.snapshot as { value?: unknown }).value);
  }
  return actors;
}

// docs/traps.md#session-ids-collide
function expectShops(events: readonly StatelyInspectionEvent[]): void {
  const actors = shownBy(events);
  const ids = [...actors.keys()];
  const [alice, clerkOfAlice] = ids.filter((id) => id.startsWith('alice/'));
  const [bob] = ids.filter((id) => id.startsWith('bob/'));
  expect(actors.get(alice!)).toMatchObject({ name: 'alice', parent: undefined, chart: 'shop' });
  expect(actors.get(clerkOfAlice!)).toMatchObject({ name: 'bob', parent: alice, chart: 'clerk' });
  expect(actors.get(bob!)!.told).toContain('COIN');
  expect(actors.get('alice->bob')).toMatchObject({ name: 'alice->bob', chart: 'alice->bob' });
  // bob began: what alice had sent before her marker is in the channel's state.
  expect(actors.get('alice->bob')!.told).toEqual(
    ['COIN', 'idle', 'channel.recording', 'recording', 'marker.sent', 'recording', 'recording'].concat([
      'channel.done',
      'done',
      'snapshot.ended',
      'idle',
    ]),
  );
  const [supervisor] = ids.filter((id) => id.startsWith('snapshot-'));
  expect(actors.get(supervisor!)!.told).toEqual([
    'state.recorded',
    'collecting',
    'state.recorded',
    'collecting',
    'snapshot.completed',
    'complete',
  ]);
  const deliveries = events.filter((event) => event.type === '@xstate.event' && event.event.type === 'COIN');
  expect(deliveries.map((event) => [(event as { sourceId?: string }).sourceId, event.sessionId])).toEqual([
    [alice, 'alice->bob'],
    ['alice->bob', bob],
  ]);
}

it('over its WebSocket server: processes with their children, channels and the supervisor, under ids of their own', async () => {
  const port = await freePort();
  const server = createInspectorServer({ port, autoOpen: false });
  ending.push(() => server.stop());
  const url = `ws://localhost:${port}`;
  const received: StatelyInspectionEvent[] = [];
  const inspector = createWebSocketInspector({ url });
  ending.push(() => inspector.stop());
  const shops = createShops();
  const shown = showInStately(shops.network, inspector, { redact: (key, value) => (key === 'pin' ? '*' : value) });
  createWebSocketReceiver({ server: url }).subscribe((event) => void received.push(event));
  await runThrough(shops);
  await expect
    .poll(() => received.some((event) => 'event' in event && event.event.type === 'snapshot.completed'))
    .toBe(true);
  await expect.poll(() => received.at(-1)?.type).toBe('@xstate.snapshot');
  expectShops(received);
  expect(JSON.stringify(received)).not.toContain('1234');
  const { length } = received;
  shown.unsubscribe();
  shops.network.send('alice', { type: 'PAY', pin: '1234' });
  await new Promise((resolve) => setImmediate(resolve));
  expect(received).toHaveLength(length);
});

it('over its browser adapter; and a network that runs already shows as it is', async () => {
  const target = () => {
    const events = new EventTarget();
    return Object.assign(events, {
      postMessage: (data: unknown) => events.dispatchEvent(Object.assign(new Event('message'), { data })),
    });
  };
  const viewer = target();
  const page = Object.assign(target(), { open: () => viewer });
  Object.assign(viewer, { self: viewer, top: viewer, opener: page });
  const inspector = createBrowserInspector({ window: page as never });
  const received: StatelyInspectionEvent[] = [];
  createBrowserReceiver({ window: viewer as never }).subscribe((event) => void received.push(event));
  const shops = createShops();
  showInStately(shops.network, inspector as never);
  await runThrough(shops);
  await expect
    .poll(() => received.some((event) => 'event' in event && event.event.type === 'snapshot.completed'))
    .toBe(true);
  await new Promise((resolve) => setImmediate(resolve));
  expectShops(received);

  received.length = 0;
  showInStately(shops.network, inspector as never);
  await expect.poll(() => received.length).toBe(6);
  expect(received.map((event) => (event.type === '@xstate.actor' ? event.name : '')).sort()).toEqual(
    ['alice', 'alice->bob', 'bob', 'bob', 'bob', 'bob->alice'].sort(),
  );
});

it('after a rollback: the actors that replace those before, and channels as they are then', async () => {
  const shown: { type: string; sessionId: string; event?: { type: string }; snapshot?: unknown }[] = [];
  const next = ({ type, actorRef, ...rest }: { type: string; actorRef: { sessionId: string } }) =>
    void shown.push({ type, sessionId: actorRef.sessionId, ...rest });
  const { network, schedule } = createShops();
  const ended = showInStately(network, { inspect: { next } } as StatelyInspector);
  network.start();
  network.send('alice', { type: 'PAY', pin: '1234' });
  const checkpoint = captureState(network);
  schedule.deliver('alice->bob');
  network.send('alice', { type: 'PAY', pin: '1234' });
  await network.rollBack(checkpoint);
  const roots = shown.filter(({ type, sessionId }) => type === '@xstate.actor' && /^(alice|bob)/.test(sessionId));
  expect(roots.map(({ sessionId }) => sessionId.split('/')[0])).toEqual(
    expect.arrayContaining(['alice', 'bob', 'alice#2', 'bob#2']),
  );
  expect(new Set(roots.map(({ sessionId }) => sessionId)).size).toBe(roots.length);
  const channel = shown.filter(({ type, sessionId }) => type === '@xstate.snapshot' && sessionId === 'alice->bob');
  expect(channel.at(-1)).toMatchObject({
    event: { type: 'network.rolled-back' },
    snapshot: { context: { queued: 1 } },
  });
  shown.length = 0;
  schedule.deliver('alice->bob');
  expect(shown.filter(({ event }) => event?.type === 'COIN').map(({ sessionId }) => sessionId)).toContain(
    `bob#2/${network.processes.bob.actor.sessionId}`,
  );
  ended.unsubscribe();
  shown.length = 0;
  network.send('alice', { type: 'PAY', pin: '1234' });
  await network.rollBack(checkpoint);
  expect(shown).toEqual([]);
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
