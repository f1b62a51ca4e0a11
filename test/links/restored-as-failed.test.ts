/** A process that is restored as failed: one behaviour, however it was made (docs/traps.md#finished-and-failed-processes). */
import { MessageChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createActor, setup, toPromise, waitFor, type Actor, type AnyActor, type Snapshot } from 'xstate';
import {
  attachProcess,
  createNetwork,
  createProcess,
  processOf,
  verifySnapshot,
  withPeers,
  type GlobalSnapshot,
  type Transport,
} from '../../src/index.js';
import { messagePort } from '../../src/transports/message-port.js';

const fragile = setup({}).createMachine({
  initial: 'whole',
  states: {
    whole: { on: { BREAK: 'broken' } },
    broken: {
      entry: () => {
        throw new Error('broken');
      },
    },
  },
});

const stops: (() => unknown)[] = [];
const uncaught = vi.fn();
beforeEach(() => {
  uncaught.mockReset();
  process.on('uncaughtException', uncaught);
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  await new Promise((resolve) => setTimeout(resolve)); // XState rethrows in a task of its own
  process.off('uncaughtException', uncaught);
  expect(uncaught.mock.calls).toEqual([]);
});

/** A snapshot of two processes, of which `p` has failed. */
async function takeFailed(): Promise<GlobalSnapshot> {
  const network = createNetwork({
    processes: { p: fragile, q: fragile },
    channels: [
      ['p', 'q'],
      ['q', 'p'],
    ],
  });
  network.processes.p.actor.subscribe({ error: () => undefined });
  network.start();
  network.send('p', { type: 'BREAK' });
  const snapshot = await network.takeSnapshot();
  network.stop();
  expect(snapshot.processes.p.snapshot.status).toBe('error');
  return structuredClone(snapshot);
}

interface Restored {
  readonly actor: AnyActor;
  start(): void;
  takeSnapshot(): Promise<GlobalSnapshot>;
}

/** Each way to make `p` anew of the snapshot; over links, beside a `q`. */
const restore: Record<string, (snapshot: GlobalSnapshot, toQ: Transport) => Restored | Promise<Restored>> = {
  createNetwork(snapshot) {
    const config = { processes: { p: fragile, q: fragile }, channels: [['p', 'q'] as const, ['q', 'p'] as const] };
    const network = createNetwork(config, { snapshot });
    stops.push(() => network.stop());
    return {
      actor: network.processes.p.actor,
      start: () => void network.start(),
      takeSnapshot: () => network.takeSnapshot(),
    };
  },
  createProcess(snapshot, q) {
    const made = createProcess(fragile, { id: 'p', peers: { q }, snapshot });
    stops.push(() => made.stop());
    return { actor: made.actor, start: () => void made.start(), takeSnapshot: () => made.takeSnapshot() };
  },
  withPeers(snapshot, q) {
    const actor = createActor(withPeers(fragile, { id: 'p', peers: { q }, snapshot }));
    stops.push(() => actor.stop());
    return { actor, start: () => void actor.start(), takeSnapshot: () => processOf(actor).takeSnapshot() };
  },
};

describe.each(Object.entries(restore))('a process that is restored as failed by %s', (_, make) => {
  async function makeOne() {
    const snapshot = await takeFailed();
    const { port1, port2 } = new MessageChannel();
    const q = createProcess(fragile, { id: 'q', peers: { p: messagePort(port2) }, snapshot }).start();
    stops.push(
      () => port1.close(),
      () => q.stop(),
    );
    return make(snapshot, messagePort(port1));
  }

  it('takes part: its status is recorded, and it passes markers on', async () => {
    const restored = await makeOne();
    restored.start();
    const again = await restored.takeSnapshot();
    expect(verifySnapshot(again)).toEqual({ consistent: true });
    expect(again.processes.p!.snapshot).toMatchObject({ status: 'error', error: new Error('broken') });
    expect(again.processes.q!.snapshot.status).toBe('active');
  });

  it('tells its error to whoever asks, before its start and after', async () => {
    const { actor, start } = await makeOne();
    const before = toPromise(actor);
    const heard = vi.fn();
    actor.subscribe({ error: heard });
    start();
    await expect(before).rejects.toThrow('broken');
    await expect(toPromise(actor)).rejects.toThrow('broken');
    await expect(waitFor(actor, () => false)).rejects.toThrow();
    expect(heard).toHaveBeenCalledOnce();
    expect(actor.getSnapshot()).toMatchObject({ status: 'error', error: new Error('broken') });
  });

  it('rethrows nothing, whoever looks on', async () => {
    const { actor, start } = await makeOne();
    actor.subscribe(() => undefined);
    start();
    actor.subscribe(() => undefined);
    actor.subscribe({ next: () => undefined });
  });
});

describe('a process that goes back to a checkpoint in which it had failed', () => {
  it('rethrows nothing where its actor is made elsewhere', async () => {
    const failing = createActor(fragile).start();
    failing.subscribe({ error: () => undefined });
    const made: Actor<typeof fragile>[] = [];
    const recreate = (snapshot: Snapshot<unknown> | undefined) => {
      made.push(createActor(fragile, { snapshot: snapshot! }));
      return made[0]!;
    };
    const attached = attachProcess(failing, { id: 'p', recreate });
    stops.push(() => attached.stop());
    failing.send({ type: 'BREAK' });
    await attached.rollBack(await attached.takeCheckpoint());
    await expect(toPromise(made[0]!)).rejects.toThrow('broken');
    expect((await attached.takeSnapshot()).processes.p!.snapshot.status).toBe('error');

    const logic = withPeers(fragile, { id: 'p', recreate: () => void made.push(createActor(logic).start()) });
    const actor = createActor(logic);
    actor.subscribe({ error: () => undefined });
    stops.push(() => processOf(actor).stop());
    actor.start().send({ type: 'BREAK' });
    await processOf(actor).rollBack(await processOf(actor).takeCheckpoint());
    expect(made).toHaveLength(2);
    await expect(toPromise(made[1]!)).rejects.toThrow('broken');
    expect((await processOf(made[1]!).takeSnapshot()).processes.p!.snapshot.status).toBe('error');
  });
});
