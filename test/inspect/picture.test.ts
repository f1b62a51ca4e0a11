/** One picture of processes alone, and of several programs. */
import { MessageChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProcess, isPanoramaError } from '../../src/index.js';
import { openFeed } from '../../src/inspect/feed.js';
import { parseRun, serializeRun } from '../../src/inspect/files.js';
import { createInspector, type InspectorEvent } from '../../src/inspect/index.js';
import { Interleaving } from '../../src/inspect/interleaving.js';
import { runOf } from '../../src/inspect/run/index.js';
import { messagePort } from '../../src/transports/message-port.js';
import { account } from '../support/account.js';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function twoProcesses() {
  const { port1, port2 } = new MessageChannel();
  const input = { balance: 100 };
  const alice = createProcess(account, { id: 'alice', peers: { bob: messagePort(port1) }, input });
  const bob = createProcess(account, { id: 'bob', peers: { alice: messagePort(port2) }, input });
  stops.push(
    () => bob.stop(),
    () => alice.stop(),
  );
  return { alice, bob };
}

function collect(inspector: ReturnType<typeof createInspector>) {
  stops.push(() => inspector.stop());
  const events: InspectorEvent[] = [];
  const connection = inspector.connect({ receive: (more) => void events.push(...more) });
  return { events, connection, types: () => events.map(({ type }) => type) };
}

/** Every envelope that was received was seen sent before. */
function expectWholeArrows(events: readonly InspectorEvent[]) {
  const run = runOf(parseRun(serializeRun(events)));
  const received = run.steps.flatMap((step) => step.received ?? []);
  expect(received.length).toBeGreaterThan(0);
  for (const envelope of received) expect(envelope.sent?.index).toBeLessThan(envelope.received!.index);
  return run;
}

describe('processes of one program', () => {
  it('add up to one picture, in which any of them may begin a snapshot', async () => {
    const { alice, bob } = twoProcesses();
    const inspector = createInspector();
    inspector.watch([alice, bob]);
    const { events, connection, types } = collect(inspector);
    alice.start();
    bob.start();
    alice.send({ type: 'PAY', to: 'bob', amount: 10 });
    connection.command({ type: 'snapshot.take', initiators: ['bob'] });
    await expect.poll(types).toContain('snapshot.completed');
    const [described] = events;
    if (described?.type !== 'network.described') throw new Error('no description');
    expect(described.processes.map(({ id, chart }) => [id, chart?.id])).toEqual([
      ['alice', 'account'],
      ['bob', 'account'],
    ]);
    expect(described.channels.map(({ id }) => id)).toEqual(['alice->bob', 'bob->alice']);
    const run = expectWholeArrows(events);
    expect([...run.snapshots.values()].map(({ initiators, status }) => [initiators, status])).toEqual([
      [['bob'], 'complete'],
    ]);
    connection.command({ type: 'snapshot.take', initiators: ['alice', 'bob'] });
    await expect.poll(types).toContain('command.failed');
  });

  it('get a lane for a peer that comes while they are watched, and keep that of one that goes', async () => {
    const { alice } = twoProcesses();
    const inspector = createInspector();
    inspector.watch(alice);
    const { events, types } = collect(inspector);
    alice.start();
    alice.addPeer('carol', messagePort(new MessageChannel().port1));
    await expect.poll(types).toContain('topology.changed');
    alice.removePeer('bob');
    await expect.poll(() => types().filter((type) => type === 'topology.changed')).toHaveLength(2);
    const { network } = runOf(parseRun(serializeRun(events)));
    expect(network.processes.map(({ id }) => id).sort()).toEqual(['alice', 'bob', 'carol']);
    expect(network.channels.map(({ id }) => id)).toEqual(['alice->carol', 'carol->alice']);
  });
});

describe('the inspector of another program', () => {
  /** The hub shows alice; bob's program tells his story, later than it happens. */
  function twoPrograms(redact?: (key: string, value: unknown) => unknown) {
    const { alice, bob } = twoProcesses();
    const hub = createInspector({ redact });
    hub.watch(alice);
    const seen = collect(hub);
    const feed = openFeed(hub);
    const there = createInspector();
    stops.push(() => there.stop());
    there.watch(bob);
    const late: InspectorEvent[] = [];
    there.connect({ receive: (events) => void late.push(...structuredClone(events)) });
    const arrive = () => feed.receive(late.splice(0));
    return { alice, bob, feed, arrive, late, ...seen };
  }

  it('adds its processes, and nothing is received before it was sent, however late it tells', async () => {
    const { alice, bob, arrive, events, types, late } = twoPrograms();
    await expect.poll(() => late.map(({ type }) => type)).toContain('network.captured');
    arrive();
    alice.start();
    bob.start();
    bob.send({ type: 'PAY', to: 'alice', amount: 10 });
    await expect.poll(() => alice.actor.getSnapshot().context.balance).toBe(110);
    const snapshot = await alice.takeSnapshot();
    await expect.poll(() => late.map(({ type }) => type)).toContain('marker.received');
    expect(types()).not.toContain('message.received'); // alice has it: the hub waits for bob's side of the story
    arrive();
    await expect.poll(types).toContain('snapshot.completed');
    const run = expectWholeArrows(events);
    expect(run.network.processes.map(({ id, chart }) => [id, chart?.id])).toEqual([
      ['alice', 'account'],
      ['bob', 'account'],
    ]);
    expect([...run.snapshots.get(snapshot.id)!.recorded.keys()].sort()).toEqual(['alice', 'bob']);
    expect(run.state.processes.get('bob')).toMatchObject({ context: { balance: 90 } });
  });

  it('is redacted like everything else', async () => {
    const { bob, arrive, events, late } = twoPrograms((key, value) => (key === 'balance' ? '*' : value));
    bob.start();
    bob.send({ type: 'MONEY', amount: 1 });
    await expect.poll(() => late.map(({ type }) => type)).toContain('step.ended');
    arrive();
    await expect.poll(() => events.some((event) => event.type === 'step.ended' && event.process === 'bob')).toBe(true);
    expect(JSON.stringify(events)).not.toContain('"balance":1');
    expect(JSON.stringify(events)).toContain('"balance":"*"');
  });

  it('cannot speak for a process that runs here', async () => {
    const { alice, bob, feed, arrive, late, events, types } = twoPrograms();
    await expect.poll(() => late.map(({ type }) => type)).toContain('network.captured');
    arrive();
    alice.start();
    bob.start();
    const forged = { status: 'active', context: { balance: 1_000_000 } };
    const about = { n: 0, time: 0 };
    feed.receive([
      { ...about, type: 'network.captured', processes: { alice: forged }, channels: {} },
      { ...about, type: 'step.ended', process: 'alice', state: forged },
    ]);
    bob.send({ type: 'MONEY', amount: 1 });
    await expect.poll(() => late.map(({ type }) => type)).toContain('step.ended');
    arrive();
    await expect.poll(types).toContain('step.ended');
    expect(JSON.stringify(events)).not.toContain('1000000');
  });

  it('is not trusted: what is no event of the protocol is refused, and the rest goes on', async () => {
    const { feed, bob, arrive, late, types } = twoPrograms();
    for (const bad of [undefined, 'text', [{}], [{ type: 'step.ended', n: 1, time: 0, process: 7 }]]) {
      let error: unknown;
      try {
        feed.receive(bad);
      } catch (thrown) {
        error = thrown;
      }
      expect(isPanoramaError(error) && error.code).toBe('invalid-file');
    }
    bob.start();
    await expect.poll(() => late.map(({ type }) => type)).toContain('process.started');
    arrive();
    await expect.poll(types).toContain('process.started');
    const changes = () => types().filter((type) => type === 'topology.changed').length;
    const before = changes();
    feed.stop();
    await expect.poll(changes).toBe(before + 1);
  });
});

describe('a sending that is never told of', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('holds its receipt up for a second at most', () => {
    const passed: string[] = [];
    const interleaving = new Interleaving(
      () => true,
      (event) => passed.push(event.type),
    );
    const received = { type: 'message.received', process: 'b', channel: 'a->b', seq: 1, event: { type: 'X' } } as const;
    interleaving.take({}, { ...received, time: 0 });
    vi.advanceTimersByTime(999);
    expect(passed).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(passed).toEqual(['message.received']);
  });
});
