/** Only who depends on what is undone goes back, in one program: in runs by hand, and in random ones. */
import { describe, expect, it } from 'vitest';
import { createManualSchedule, createNetwork, fullMesh, verifySnapshot, type TraceEvent } from '../../src/index.js';
import { laiYang, mattern } from '../../src/snapshot/algorithms/index.js';
import { createRandom, type Random } from '../../src/schedule/random.js';
import { captureState } from '../../src/testing/index.js';
import { account, totalOf } from '../support/account.js';
import { some } from '../support/random.js';

const IDS = ['a', 'b', 'c', 'd'] as const;
type Id = (typeof IDS)[number];
type Options = Parameters<typeof createNetwork>[1];

function bank(options: Options = {}, fifo = true) {
  const schedule = createManualSchedule();
  const logic = { logic: account, input: { balance: 100 } };
  const processes = { a: logic, b: logic, c: logic, d: logic };
  const network = createNetwork({ processes, channels: fullMesh(IDS, { fifo }) }, { ...options, schedule });
  network.start();
  const deliverAll = () => {
    for (let [id] = schedule.pending().keys(); id !== undefined; [id] = schedule.pending().keys()) schedule.deliver(id);
  };
  return {
    network,
    schedule,
    deliverAll,
    pay: (from: Id, to: Id, amount: number) => network.send(from, { type: 'PAY', to, amount }),
    balances: () => IDS.map((id) => network.processes[id].actor.getSnapshot().context.balance),
    async checkpoint() {
      const taking = network.takeCheckpoint();
      deliverAll();
      return taking;
    },
  };
}

describe('a rollback of those who depend', () => {
  it('leaves the others, their actors and what came to them from outside', async () => {
    const { network, pay, schedule, checkpoint, balances } = bank();
    const saved = await checkpoint();
    const before = IDS.map((id) => network.processes[id].actor);
    const told: Id[] = [];
    for (const id of IDS) network.processes[id].actor$.subscribe(() => told.push(id));
    told.length = 0;
    const trace: TraceEvent[] = [];
    network.trace$.subscribe((event) => trace.push(event));
    pay('a', 'b', 1);
    schedule.deliver('a->b'); // b depends on a
    pay('b', 'c', 2); // under way: c does not depend on b
    pay('c', 'a', 4);
    schedule.deliver('c->a'); // sent again
    pay('d', 'a', 8); // under way still
    pay('c', 'd', 16);
    schedule.deliver('c->d'); // between two who stay
    expect(await network.rollBack(saved, { crashed: ['a'] })).toEqual(['a', 'b']);
    expect(told).toEqual(['a', 'b']);
    expect(IDS.map((id, index) => network.processes[id].actor === before[index])).toEqual([false, false, true, true]);
    expect(balances()).toEqual([100, 100, 80, 108]);
    expect(schedule.pending()).toEqual(new Map([['c->a', 1], ['d->a', 1]])); // prettier-ignore
    const back = trace.find((event) => event.type === 'network.rolled-back')!;
    expect(Object.keys(back.snapshot.processes)).toEqual(['a', 'b']);
    expect(Object.keys(back.snapshot.channels)).toHaveLength(12);
    schedule.deliver('c->a');
    schedule.deliver('d->a');
    expect(balances()).toEqual([112, 100, 80, 108]);
    expect(verifySnapshot(captureState(network as never))).toEqual({ consistent: true });
  });

  it('follows what was sent again; and the next checkpoint begins anew', async () => {
    const { network, pay, deliverAll, checkpoint } = bank();
    const first = await checkpoint();
    pay('c', 'a', 4);
    deliverAll();
    expect(await network.rollBack(first, { crashed: ['a'] })).toEqual(['a']);
    deliverAll();
    expect(await network.rollBack(first, { crashed: ['c'] })).toEqual(['a', 'c']);
    pay('c', 'a', 4);
    deliverAll();
    const second = await checkpoint();
    network.checkpointSaved(second.id);
    expect(await network.rollBack(second, { crashed: ['c'] })).toEqual(['c']);
    // What was sent since the first is kept no more.
    expect(await network.rollBack(first, { crashed: ['b'] })).toEqual([...IDS]);
    expect(await network.rollBack(first, { crashed: [] })).toEqual([]);
  });

  it('takes everybody back to a snapshot that is no checkpoint, or was undone', async () => {
    const { network, deliverAll, checkpoint } = bank();
    expect(await network.rollBack(captureState(network as never), { crashed: ['a'] })).toEqual([...IDS]);
    const first = await checkpoint();
    const second = await checkpoint();
    await network.rollBack(first);
    expect(await network.rollBack(second, { crashed: ['a'] })).toEqual([...IDS]);
    const taking = network.takeSnapshot();
    deliverAll();
    expect(await network.rollBack(await taking, { crashed: ['a'] })).toEqual([...IDS]);
  });

  it('takes those back, too, who do not keep all that they have sent', async () => {
    const { network, pay, deliverAll, checkpoint } = bank();
    const saved = await checkpoint();
    for (let n = 0; n < 5001; n++) {
      pay('b', 'a', 0);
      pay('b', 'a', 0);
      pay('c', 'a', 0);
    }
    deliverAll();
    expect(await network.rollBack(saved, { crashed: ['a'] })).toEqual(['a', 'b']);
  });

  it('takes everybody back with one that is not known here', async () => {
    const { network, checkpoint } = bank();
    const saved = await checkpoint();
    expect(await network.rollBack(saved, { crashed: ['a', 'z' as never], epoch: 7 })).toEqual([...IDS]);
    expect(network.epoch).toBe(7);
  });

  it.each([
    ['by Chandy and Lamport', {}, true, 50],
    ['by Lai and Yang, without FIFO', { algorithm: laiYang }, false, 15],
    ['by Mattern, without FIFO', { algorithm: mattern }, false, 15],
  ])('loses nothing and doubles nothing, in random runs %s', async (_, options, fifo, runs) => {
    let spared = 0;
    for (let seed = 1; seed <= runs; seed++) spared += await play(createRandom(seed), options, fifo);
    expect(spared).toBeGreaterThan(runs);
  });
});

/** Plays a run at random. Returns how many stayed, over all its rollbacks. */
async function play(random: Random, options: Options, fifo: boolean): Promise<number> {
  const { network, schedule, pay, checkpoint, deliverAll } = bank(options, fifo);
  let saved = await checkpoint();
  let spared = 0;
  for (let steps = 0; steps < 60; steps++) {
    const pending = [...schedule.pending()];
    const dice = random.next();
    if (dice < 0.4) {
      const [from, to] = [random.pick(IDS), random.pick(IDS)];
      if (from !== to) pay(from, to, random.integer(1, 5));
    } else if (dice < 0.85 && pending.length > 0) {
      const [id, size] = random.pick(pending);
      schedule.deliver(id, fifo ? 0 : random.integer(0, size - 1));
    } else if (dice < 0.9) {
      if (random.chance(0.5))
        void network.takeSnapshot().catch(() => undefined); // given up by a rollback
      else saved = await checkpoint();
    } else if (dice > 0.94) {
      const before = captureState(network as never);
      const back = await network.rollBack(saved, { crashed: some(random, IDS, 1).slice(0, 2) });
      spared += IDS.length - back.length;
      const now = captureState(network as never);
      expect(verifySnapshot(now)).toEqual({ consistent: true });
      expect(totalOf(now)).toBe(400);
      for (const id of IDS) {
        const then = back.includes(id) ? saved : before;
        expect(now.processes[id]).toEqual(then.processes[id]);
      }
    }
  }
  deliverAll();
  expect(totalOf(captureState(network as never))).toBe(400);
  network.stop();
  return spared;
}
