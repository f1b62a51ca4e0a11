/** Lives under supervision: one coordinator decides, one life of each process acts, and who is superseded does nothing more. */
import { SimulatedClock } from 'xstate';
import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryStore, loadLatestCheckpoint, type CheckpointStore } from '../../src/checkpoint/index.js';
import { createProcess, verifySnapshot, type GlobalSnapshot, type LinkEvent, type Peers } from '../../src/index.js';
import { createMemoryInputStore, logInputs, supervise, type RecoveryEvent } from '../../src/recovery/index.js';
import { broadcastChannel } from '../../src/transports/broadcast-channel.js';
import { account, totalOf } from '../support/account.js';
import { createPipe } from '../support/pipe.js';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const LEASE_MS = 10_000;

interface StartOptions {
  readonly snapshot?: GlobalSnapshot | undefined;
  readonly loadCheckpoint?: CheckpointStore['load'];
  readonly onSuperseded?: 'stop' | 'detach';
}

function start(id: string, peers: Peers, options: StartOptions = {}) {
  const process = createProcess(account, { id, peers, input: { balance: 100 }, logger: () => undefined, ...options });
  const told: LinkEvent[] = [];
  process.links$.subscribe((event) => told.push(event));
  stops.push(() => process.stop());
  process.start();
  return {
    process,
    types: () => told.map(({ type }) => type),
    balance: () => process.actor.getSnapshot().context.balance,
  };
}

function superviseWith(process: ReturnType<typeof start>['process'], store: CheckpointStore) {
  const clock = new SimulatedClock();
  const recovery = supervise(process, { store, everyMs: 1_000_000, leaseMs: LEASE_MS, clock });
  const events: RecoveryEvent[] = [];
  recovery.events$.subscribe((event) => events.push(event));
  const ended = recovery.done.then(
    () => 'stopped',
    (error: unknown) => error,
  );
  stops.push(() => recovery.stop());
  const types = () => events.map(({ type }) => type);
  const until = (type: RecoveryEvent['type']) => expect.poll(types).toContain(type);
  return { recovery, clock, types, until, ended };
}

let count = 0;

/** Pages of one browser; each has a channel of its own. */
function openBrowser() {
  const name = `supervised lives ${count++}`;
  return () => {
    const channel = new BroadcastChannel(name);
    stops.push(() => channel.close());
    return broadcastChannel(channel);
  };
}

describe('two coordinators with one store', () => {
  async function town() {
    const store = createMemoryStore();
    const [between, first, second] = [createPipe(), createPipe(), createPipe()];
    const options = { loadCheckpoint: (id: string) => store.load(id) };
    const north = start('north', { south: between.ends[0], till: first.ends[0] }, options);
    const south = start('south', { north: between.ends[1], till: second.ends[0] }, options);
    const till = start('till', { north: first.ends[1], south: second.ends[1] }, options);
    const leading = superviseWith(north.process, store);
    await leading.until('checkpoint.saved');
    const standby = superviseWith(south.process, store);
    await standby.until('coordinator.standing-by');
    const ways = [between, first];
    return { store, north, south, till, leading, standby, ways };
  }

  it('one leads, the other stands by for as long as it hears that the first is there', async () => {
    const { leading, standby, store } = await town();
    for (let lease = 0; lease < 3; lease++) {
      const before = (await store.register.read())!.version;
      leading.clock.increment(LEASE_MS / 2);
      await expect.poll(async () => (await store.register.read())!.version).toBeGreaterThan(before);
      standby.clock.increment(LEASE_MS);
      leading.recovery.rollBack(`lease ${lease}`);
      await expect.poll(() => leading.types().filter((type) => type === 'recovery.completed')).toHaveLength(lease + 1);
    }
    expect(leading.types()).toContain('coordinator.leading');
    expect(standby.types()).toEqual(['coordinator.standing-by']);
  });

  it('the other takes its place when it stands still, and the first, once it wakes, decides nothing more', async () => {
    const { north, south, till, leading, standby, ways } = await town();
    south.process.send({ type: 'PAY', to: 'till', amount: 5 });
    await expect.poll(till.balance).toBe(105);
    for (const way of ways) way.cut(); // it stands still, and so does its clock
    standby.clock.increment(LEASE_MS);
    standby.clock.increment(LEASE_MS);
    await standby.until('coordinator.leading');
    await standby.until('recovery.begun');
    await expect.poll(till.balance).toBe(100);
    expect(south.process.epoch).toBe(1);
    expect(standby.types()).not.toContain('recovery.completed');

    for (const way of ways) way.restore();
    leading.recovery.rollBack('it does not know yet');
    expect(await leading.ended).toMatchObject({ code: 'superseded', message: expect.stringMatching(/to stand by/) });
    await standby.until('recovery.completed');
    expect(leading.types()).not.toContain('recovery.begun');
    expect([north, south, till].map(({ process }) => process.epoch)).toEqual([1, 1, 1]);
    const snapshot = await north.process.takeSnapshot();
    expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
    expect(Object.keys(snapshot.processes).sort()).toEqual(['north', 'south', 'till']);
    expect(totalOf(snapshot)).toBe(300);
    expect(north.process.standpoint).toBe('acting');
  });

  it('that wakes without being asked anything hears of it when it says that it is there', async () => {
    const { leading, standby, ways } = await town();
    for (const way of ways) way.cut();
    standby.clock.increment(LEASE_MS);
    standby.clock.increment(LEASE_MS);
    await standby.until('coordinator.leading');
    leading.clock.increment(LEASE_MS);
    expect(await leading.ended).toMatchObject({ code: 'superseded' });
    expect(leading.types()).not.toContain('recovery.begun');
  });
});

describe('a second life', () => {
  it('of the coordinator’s process ends the supervision of the first, and goes on from the latest checkpoint', async () => {
    const open = openBrowser();
    const store = createMemoryStore();
    const loadCheckpoint = (id: string) => store.load(id);
    const tab = start('tab', { office: open() }, { loadCheckpoint });
    const first = start('office', { tab: open() }, { loadCheckpoint });
    const supervised = superviseWith(first.process, store);
    await supervised.until('checkpoint.saved');
    const crashes: unknown[] = [];
    first.process.crashes$.subscribe({ error: (error: unknown) => crashes.push(error) });
    tab.process.send({ type: 'PAY', to: 'office', amount: 5 });
    await expect.poll(first.balance).toBe(105);

    const { snapshot } = await loadLatestCheckpoint(store);
    const second = start('office', { tab: open() }, { loadCheckpoint, snapshot });
    const again = superviseWith(second.process, store);
    const superseded = { code: 'superseded', message: expect.stringMatching(/the only life of process "office"/) };
    expect(await supervised.ended).toMatchObject(superseded);
    expect(crashes).toEqual([expect.objectContaining(superseded)]);
    expect(first.process.standpoint).toBe('superseded');
    expect(first.process.actor.getSnapshot().status).toBe('stopped');
    await again.until('recovery.completed');
    const after = await second.process.takeSnapshot();
    expect(verifySnapshot(after)).toEqual({ consistent: true });
    expect(totalOf(after)).toBe(200);
    expect([tab.balance(), second.balance()]).toEqual([100, 100]);
    expect(supervised.types()).not.toContain('recovery.begun');
  });

  it.each(['stop', 'detach'] as const)(
    'of a process with a log of inputs: the first hands nothing over any more, and refuses what it is sent (%s)',
    async (onSuperseded) => {
      const open = openBrowser();
      start('office', { tab: open() });
      const first = start('tab', { office: open() }, { onSuperseded });
      const store = createMemoryInputStore();
      const log = logInputs(first.process, { store });
      const ended = expect(log.done).rejects.toMatchObject({ code: 'superseded' });
      await log.send({ type: 'MONEY', amount: 1 });
      await expect.poll(first.balance).toBe(101);
      start('tab', { office: open() });
      await expect.poll(first.types).toContain('life.superseded');
      await ended;
      await expect(log.send({ type: 'MONEY', amount: 10 })).rejects.toMatchObject({ code: 'superseded' });
      expect(first.balance()).toBe(101);
      expect(await store.readAfter(0, 10)).toHaveLength(1);
    },
  );
});
