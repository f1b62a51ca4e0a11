/** The one face: what takes a network takes a process alone, however that was made. */
import { MessageChannel } from 'node:worker_threads';
import { createActor, type Snapshot } from 'xstate';
import { firstValueFrom } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { checkpoint, createMemoryStore } from '../../src/checkpoint/index.js';
import { detect, watch } from '../../src/detect/index.js';
import {
  attachProcess,
  createNetwork,
  createProcess,
  processOf,
  verifySnapshot,
  withPeers,
  type AnyGlobalSnapshot,
  type NetworkHandle,
  type ProcessHandle,
  type TraceEvent,
  type Transport,
} from '../../src/index.js';
import { createInspector, type InspectorEvent } from '../../src/inspect/index.js';
import { serveInspector } from '../../src/inspect/server/index.js';
import { showInStately } from '../../src/inspect/stately.js';
import { createMemoryInputStore, logInputs, supervise } from '../../src/recovery/index.js';
import { recordRun } from '../../src/testing/index.js';
import { messagePort } from '../../src/transports/message-port.js';
import { createBridge } from '../../src/xstate-inspect-bridge/index.js';
import { account, totalOf } from '../support/account.js';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const input = { balance: 100 };

/** A process alone is `alice`; it has a peer `bob`, made by `createProcess`. */
function withBob(createAlice: (peers: { bob: Transport }) => NetworkHandle) {
  const { port1, port2 } = new MessageChannel();
  const alice = createAlice({ bob: messagePort(port1) });
  const bob = createProcess(account, { id: 'bob', peers: { alice: messagePort(port2) }, input }).start();
  stops.push(
    () => bob.stop(),
    () => alice.stop(),
  );
  return alice;
}

const kinds: Record<string, () => NetworkHandle> = {
  'a network': () => {
    const processes = { alice: { logic: account, input }, bob: { logic: account, input } };
    const network = createNetwork({
      processes,
      channels: [
        ['alice', 'bob'],
        ['bob', 'alice'],
      ],
    });
    stops.push(() => network.stop());
    return network.start();
  },
  'a process made by createProcess': () =>
    withBob((peers) => createProcess(account, { id: 'alice', peers, input }).start()),
  'an attached process': () =>
    withBob((peers) => {
      const recreate = (snapshot: Snapshot<unknown> | undefined) =>
        createActor(account, { snapshot: snapshot!, input });
      return attachProcess(createActor(account, { input }).start(), { id: 'alice', peers, recreate });
    }),
  'a process made by withPeers': () =>
    withBob((peers) => {
      const recreate = () => void createActor(logic, { input }).start();
      const logic = withPeers(account, { id: 'alice', peers, recreate });
      return processOf(createActor(logic, { input }).start());
    }),
};

const balanceOf = ({ actor }: ProcessHandle) =>
  (actor.getSnapshot() as { context: { balance: number } }).context.balance;
const pay = { type: 'PAY', to: 'bob', amount: 10 } as never;
const paid = ({ channels, processes }: AnyGlobalSnapshot) =>
  Object.keys(channels).length === 2 && totalOf({ channels: {}, processes } as never) === 200;

describe.each(Object.entries(kinds))('%s', (_, create) => {
  const start = () => {
    const handle = create();
    return { handle, alice: handle.processes.alice! };
  };

  it('knows its processes, channels and clock, and takes snapshots of the whole', async () => {
    const { handle, alice } = start();
    expect(handle.topology.map(({ id }) => id).sort()).toEqual(['alice->bob', 'bob->alice']);
    expect(handle.topology.map(({ from, to, fifo }) => [from, to, fifo]).sort()).toEqual([
      ['alice', 'bob', true],
      ['bob', 'alice', true],
    ]);
    expect(alice.id).toBe('alice');
    expect(typeof handle.clock.setTimeout).toBe('function');
    expect(handle.epoch).toBe(0);
    expect(handle.isRecoverable).toBe(true);
    const next = firstValueFrom(handle.snapshots$);
    const told: TraceEvent[] = [];
    handle.trace$.subscribe((event) => told.push(event));
    alice.send(pay);
    const snapshot = await handle.takeSnapshot({ initiators: ['alice'] });
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
    expect(Object.keys(snapshot.processes).sort()).toEqual(['alice', 'bob']);
    expect(totalOf(snapshot)).toBe(200);
    expect((await next).id).toBe(snapshot.id);
    const types = told.map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['message.sent', 'state.recorded', 'snapshot.completed']));
  });

  it('refuses initiators that are not here', () => {
    const { handle } = start();
    expect(() => handle.takeSnapshot({ initiators: ['nobody'] })).toThrow(/each initiator to be a process \(alice/);
  });

  it('is detected and watched', async () => {
    const { handle, alice } = start();
    alice.send(pay);
    const { snapshot } = await detect(handle, paid, { everyMs: 1 });
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
    for await (const sample of watch(handle, paid, { everyMs: 1 })) {
      expect(sample.holds).toBe(true);
      break;
    }
  });

  it('is checkpointed', async () => {
    const { handle } = start();
    const store = createMemoryStore();
    const checkpointing = checkpoint(handle, { store, everyMs: 1_000_000, atOnce: true });
    await firstValueFrom(checkpointing.events$);
    await checkpointing.stop();
    expect(await store.list()).toHaveLength(1);
  });

  it('is supervised and rolled back', async () => {
    const { handle, alice } = start();
    const recovery = supervise(handle, { store: createMemoryStore(), everyMs: 1_000_000 });
    stops.push(() => recovery.stop());
    const types: string[] = [];
    recovery.events$.subscribe(({ type }) => types.push(type));
    await expect.poll(() => types).toContain('checkpoint.saved');
    alice.send(pay);
    expect(balanceOf(alice)).toBe(90);
    recovery.rollBack('for the test');
    await expect.poll(() => types).toContain('recovery.completed');
    expect(handle.epoch).toBe(1);
    expect(balanceOf(handle.processes.alice!)).toBe(100);
  });

  it('takes logged inputs', async () => {
    const { alice } = start();
    const log = logInputs(alice, { store: createMemoryInputStore() });
    stops.push(() => log.stop());
    await log.send(pay as never);
    await expect.poll(() => alice.inputs).toBe(1);
  });

  it('is shown by an inspector, whose viewer takes a snapshot', async () => {
    const { handle, alice } = start();
    const inspector = createInspector();
    stops.push(() => inspector.stop());
    inspector.watch(handle);
    const events: InspectorEvent[] = [];
    const connection = inspector.connect({ receive: (more) => void events.push(...more) });
    alice.send(pay);
    connection.command({ type: 'snapshot.take', initiators: ['alice'] });
    await expect.poll(() => events.map(({ type }) => type)).toContain('snapshot.completed');
    const [described, captured] = events;
    if (described?.type !== 'network.described' || captured?.type !== 'network.captured')
      throw new Error('no beginning');
    expect(described.processes.map(({ id }) => id)).toEqual(['alice', 'bob']);
    expect(described.processes[0]!.chart).toBeDefined();
    expect(described.channels).toHaveLength(2);
    expect(captured.processes.alice).toMatchObject({ context: { balance: 100 } });
    expect(events.some(({ type }) => type === 'command.failed')).toBe(false);
  });

  it('is served, shown in Stately’s inspector, and shown by the bridge', async () => {
    const { handle, alice } = start();
    const served = await serveInspector(handle);
    stops.push(() => served.stop());
    const response = await fetch(`${served.url}events`, { headers: { 'x-viewer': 'me' } });
    const first = await response.body!.getReader().read();
    expect(new TextDecoder().decode(first.value)).toContain('xstate-panorama run');

    const shown: { type: string; actorRef?: { id: string } }[] = [];
    const stately = { inspect: { next: (event: never) => void shown.push(event) } };
    const showing = showInStately(handle, stately);
    stops.push(() => showing.unsubscribe());
    const inBridge = createBridge({ devTools: () => undefined }).showNetwork(handle);
    stops.push(() => inBridge.unsubscribe());
    alice.send(pay);
    expect(shown.flatMap(({ actorRef }) => actorRef?.id ?? [])).toEqual(
      expect.arrayContaining(['alice', 'alice->bob']),
    );
  });

  it('has its run recorded', () => {
    const { handle, alice } = start();
    const recorder = recordRun(handle);
    alice.send(pay);
    const { steps, initial, final } = recorder.stop();
    expect(steps.map(({ type }) => type)).toEqual(['event.received']);
    expect(initial!.processes.alice!.snapshot).toMatchObject({ context: { balance: 100 } });
    expect(final.processes.alice!.snapshot).toMatchObject({ context: { balance: 90 } });
  });

  it('stops, and takes no snapshot afterwards', async () => {
    const { handle, alice } = start();
    handle.stop();
    expect((alice.actor.getSnapshot() as { status: string }).status).toBe('stopped');
    await expect(handle.takeSnapshot({ timeoutMs: 1000 })).rejects.toMatchObject({ code: 'not-running' });
  });
});
