/**
 * What a network tells: each subscriber hears it in one order, also when another one acts at once on what it hears
 * (docs/traps.md#synchronous-delivery).
 */
import { afterEach, describe, expect, it } from 'vitest';
import { createActor, createMachine, fromTransition, setup } from 'xstate';
import { checkpoint, createMemoryStore, type CheckpointEvent } from '../src/checkpoint/index.js';
import { createNetwork, createProcess, processOf, withPeers, type Transport } from '../src/index.js';
import { supervise, type RecoveryEvent } from '../src/recovery/index.js';

const idle = createMachine({});
const counting = fromTransition((count: number, _event: { type: 'NEXT' }) => count + 1, 0);
const failing = setup({}).createMachine({
  on: {
    FAIL: {
      actions: ({ event }) => {
        throw new Error(String((event as unknown as { why: unknown }).why));
      },
    },
  },
});

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function startNetwork(logic = idle) {
  const network = createNetwork({ processes: { p: logic }, channels: [] });
  stops.push(() => network.stop());
  network.start();
  return network;
}

describe('subscribers of snapshots$', () => {
  const takers = {
    'of a network': () => startNetwork(),
    'of a process alone': () => createProcess(idle, { id: 'p' }).start(),
    'of an actor made elsewhere': () => processOf(createActor(withPeers(idle, { id: 'p' })).start()),
  };

  it.each(Object.entries(takers))('hear of them as they complete (%s)', async (_, start) => {
    const taker = start();
    stops.push(() => taker.stop());
    const heard: string[][] = [[], []];
    let left = 3;
    taker.snapshots$.subscribe(({ id }) => {
      heard[0]!.push(id);
      if (left-- > 0) void taker.takeSnapshot();
    });
    taker.snapshots$.subscribe(({ id }) => heard[1]!.push(id));
    await taker.takeSnapshot();
    await expect.poll(() => heard.map((ids) => ids.length)).toEqual([4, 4]);
    expect(heard[1]).toEqual(heard[0]);
  });

  it.each(Object.entries(takers))('hear the last one before the end (%s)', async (_, start) => {
    const taker = start();
    const heard: string[] = [];
    taker.snapshots$.subscribe(() => taker.stop());
    taker.snapshots$.subscribe({ next: () => heard.push('snapshot'), complete: () => heard.push('complete') });
    await taker.takeSnapshot();
    await expect.poll(() => heard).toEqual(['snapshot', 'complete']);
  });
});

it('subscribers of trace$ hear of steps as they happened', async () => {
  const network = startNetwork();
  const heard: string[][] = [[], []];
  network.trace$.subscribe(({ type }) => {
    heard[0]!.push(type);
    if (type === 'snapshot.begun') network.send('p', { type: 'NEXT' });
  });
  network.trace$.subscribe(({ type }) => heard[1]!.push(type));
  await network.takeSnapshot();
  const story = ['snapshot.begun', 'event.received', 'step.ended', 'state.recorded', 'snapshot.completed'];
  expect(heard).toEqual([story, story]);
});

it('subscribers of crashes$ hear of crashes as they happened', () => {
  const network = createNetwork({ processes: { p: failing, q: failing }, channels: [] });
  stops.push(() => network.stop());
  const heard: string[][] = [[], []];
  network.crashes$.subscribe(({ process }) => {
    heard[0]!.push(process);
    network.send('q', { type: 'FAIL', why: 'first heard of p' });
  });
  network.crashes$.subscribe(({ process }) => heard[1]!.push(process));
  network.start();
  network.send('p', { type: 'FAIL', why: 'to begin with' });
  expect(heard).toEqual([
    ['p', 'q'],
    ['p', 'q'],
  ]);
});

it('subscribers of links$ hear of links as it happened', () => {
  const failingAtOnce: Transport = {
    losesWhileUp: false,
    survivesDown: false,
    open(receiver) {
      queueMicrotask(() => receiver.closed(new Error('no way')));
      return { send: () => undefined, close: () => undefined };
    },
  };
  const { links$, addPeer, ...process } = createProcess(idle, { id: 'p', peers: { q: failingAtOnce } });
  stops.push(() => process.stop());
  const heard: string[][] = [[], []];
  const refusing: Transport = {
    losesWhileUp: false,
    survivesDown: false,
    open(receiver) {
      receiver.closed(new Error('no way at once'));
      return { send: () => undefined, close: () => undefined };
    },
  };
  links$.subscribe(({ peer }) => {
    heard[0]!.push(peer);
    if (peer === 'q') addPeer('r', refusing);
  });
  links$.subscribe(({ peer }) => heard[1]!.push(peer));
  process.start();
  return expect
    .poll(() => heard)
    .toEqual([
      ['q', 'r'],
      ['q', 'r'],
    ]);
});

it('subscribers of events$ hear of checkpoints and recoveries as they happened', async () => {
  const network = startNetwork();
  const recovery = supervise(network, { store: createMemoryStore(), everyMs: 60_000 });
  stops.push(() => recovery.stop());
  const heard: string[][] = [[], []];
  const nameOf = (event: RecoveryEvent) => ('process' in event ? `${event.type} ${event.process}` : event.type);
  let left = 1;
  recovery.events$.subscribe((event) => {
    heard[0]!.push(nameOf(event));
    if (event.type === 'crash.detected' && left-- > 0) recovery.rollBack('once more');
  });
  recovery.events$.subscribe((event) => heard[1]!.push(nameOf(event)));
  await expect.poll(() => heard[0]).toEqual(['coordinator.leading', 'checkpoint.saved']);
  recovery.crashed('p', 'to begin with');
  await expect.poll(() => heard[0]!.at(-1)).toBe('recovery.completed');
  expect(heard[1]).toEqual(heard[0]);

  const checkpoints = checkpoint(network, { store: createMemoryStore(), everyMs: 60_000, atOnce: true });
  const last: CheckpointEvent['type'][] = [];
  checkpoints.events$.subscribe(() => void checkpoints.stop());
  checkpoints.events$.subscribe(({ type }) => last.push(type));
  await checkpoints.done;
  expect(last).toEqual(['checkpoint.saved']);
});

it('subscribers of actor$ hear of replacements as they happened, also when one goes back once more', async () => {
  const network = createNetwork({ processes: { p: counting, q: counting }, channels: [] });
  const process = createProcess(counting, { id: 'p' }).start();
  stops.push(
    () => network.stop(),
    () => process.stop(),
  );
  network.start();
  for (const it of [network, process]) {
    const { p } = it.processes as typeof network.processes;
    const snapshot = await it.takeCheckpoint();
    const heard: string[][] = [[], []];
    let left = 2;
    let last: Promise<unknown> | undefined;
    p.actor$.subscribe(({ sessionId }) => {
      heard[0]!.push(sessionId);
      if (left-- > 0 && heard[0]!.length > 1) last = it.rollBack(snapshot);
    });
    p.actor$.subscribe(({ sessionId }) => heard[1]!.push(sessionId));
    await it.rollBack(snapshot).catch(() => undefined);
    await last;
    expect(heard[0]).toHaveLength(3);
    expect(heard[1]).toEqual(heard[0]);
    expect(p.actor.sessionId).toBe(heard[0]!.at(-1));
    for (const handle of Object.values(it.processes) as (typeof p)[]) {
      handle.send({ type: 'NEXT' });
      expect(handle.actor.getSnapshot().context).toBe(1);
    }
    expect(it.epoch).toBe(2);
  }
});
