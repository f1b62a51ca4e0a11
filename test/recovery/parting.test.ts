/** Peers that may part without a rollback: the tabs of a server, of which one or another is always being shut. */
import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/checkpoint/index.js';
import { createProcess, verifySnapshot, type LinkEvent, type PeerOptions, type Transport } from '../../src/index.js';
import { supervise, type RecoveryEvent } from '../../src/recovery/index.js';
import { account } from '../support/account.js';
import { createPipe } from '../support/pipe.js';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** A way of which one end can be told that the other's program is gone. */
function way() {
  const { ends, cut, restore } = createPipe();
  const tellGone: ((reason: unknown) => void)[] = [];
  const watched = (transport: Transport): Transport => ({
    ...transport,
    open(receiver, named) {
      tellGone.push((reason) => receiver.gone(reason));
      return transport.open(receiver, named);
    },
  });
  return {
    server: watched(ends[0]),
    tab: ends[1],
    cut,
    restore,
    lose: () => {
      cut();
      for (const tell of tellGone) tell(new Error('it was shut'));
    },
  };
}

const parts = (transport: Transport): PeerOptions => ({ transport, onLoss: 'part' });

function start(id: string, peers: Record<string, Transport | PeerOptions>) {
  const process = createProcess(account, { id, peers, input: { balance: 100 }, logger: () => undefined });
  const told: LinkEvent[] = [];
  process.links$.subscribe((event) => told.push(event));
  stops.push(() => process.stop());
  process.start();
  return { process, told, balance: () => process.actor.getSnapshot().context.balance };
}

async function town() {
  const [laptop, phone] = [way(), way()];
  const { ends } = createPipe();
  const server = start('server', { laptop: parts(laptop.server), phone: parts(phone.server), bank: ends[0] });
  const bank = start('bank', { server: ends[1] });
  const tabs = {
    laptop: start('laptop', { server: parts(laptop.tab) }),
    phone: start('phone', { server: parts(phone.tab) }),
  };
  const recovery = supervise(server.process, { store: createMemoryStore(), everyMs: 1_000_000 });
  const events: RecoveryEvent[] = [];
  recovery.events$.subscribe((event) => events.push(event));
  stops.push(() => recovery.stop());
  const until = (type: RecoveryEvent['type'], times = 1) =>
    expect.poll(() => events.filter((event) => event.type === type).length).toBeGreaterThanOrEqual(times);
  await until('checkpoint.saved');
  return { server, bank, tabs, ways: { laptop, phone }, recovery, events, until };
}

async function expectIn(process: ReturnType<typeof start>['process'], ids: readonly string[]) {
  const snapshot = await process.takeSnapshot({ timeoutMs: 5000 });
  expect(verifySnapshot(snapshot)).toEqual({ consistent: true });
  expect(Object.keys(snapshot.processes).sort()).toEqual([...ids].sort());
  return snapshot;
}

describe('a peer that may part', () => {
  it('takes nobody back when it is gone; one that may not, does', async () => {
    const { server, ways, events, until, recovery } = await town();
    await expectIn(server.process, ['server', 'bank', 'laptop', 'phone']);
    ways.laptop.lose();
    await expectIn(server.process, ['server', 'bank', 'phone']);
    expect(events.map(({ type }) => type)).not.toContain('crash.detected');
    recovery.crashed('bank', new Error('as good as gone'));
    await until('recovery.completed');
  });

  it('is not waited for when all others go back to a checkpoint that has it, and goes back when it comes again', async () => {
    const { server, tabs, ways, recovery, until } = await town();
    server.process.send({ type: 'PAY', to: 'laptop', amount: 7 });
    await expect.poll(tabs.laptop.balance).toBe(107);
    ways.laptop.lose();
    recovery.rollBack('as you like');
    await until('recovery.completed');
    await expectIn(server.process, ['server', 'bank', 'phone']);
    expect(server.balance()).toBe(100);
    ways.laptop.restore();
    await expect.poll(() => tabs.laptop.process.epoch).toBe(1);
    await expect.poll(tabs.laptop.balance).toBe(100);
    await expect.poll(() => tabs.laptop.told.at(-1)?.type).toBe('link.connected');
    await expectIn(server.process, ['server', 'bank', 'laptop', 'phone']);
    tabs.laptop.process.send({ type: 'PAY', to: 'server', amount: 5 });
    await expect.poll(server.balance).toBe(105);
  });

  it('may come anew, in whatever epoch, with no checkpoint at hand', async () => {
    const { server, tabs, ways, recovery, until } = await town();
    recovery.rollBack('as you like');
    await until('recovery.completed');
    server.process.send({ type: 'PAY', to: 'laptop', amount: 7 });
    await expect.poll(tabs.laptop.balance).toBe(107);
    ways.laptop.lose();
    tabs.laptop.process.stop();
    ways.laptop.restore();
    const reborn = start('laptop', { server: parts(ways.laptop.tab) });
    await expect.poll(() => reborn.told.at(-1)?.type).toBe('link.connected');
    expect(reborn.process.epoch).toBe(1);
    server.process.send({ type: 'PAY', to: 'laptop', amount: 3 });
    await expect.poll(reborn.balance).toBe(103);
    await expectIn(server.process, ['server', 'bank', 'laptop', 'phone']);
    recovery.rollBack('once more');
    await until('recovery.completed', 2);
    await expect.poll(() => reborn.process.epoch).toBe(2);
    await expect.poll(() => reborn.told.at(-1)?.type).toBe('link.connected');
    const snapshot = await expectIn(server.process, ['server', 'bank', 'laptop', 'phone']);
    expect(snapshot.stats.markers).toBe(6);
  });

  it('is a crash at the end that does not say so', () => {
    const { ends } = createPipe();
    expect(() =>
      createProcess(account, {
        id: 'a',
        peers: { b: { transport: ends[0], onLoss: 'stay' as never } },
        input: { balance: 1 },
      }),
    ).toThrow(/`onLoss` to be one of rollBack, part/);
  });
});
