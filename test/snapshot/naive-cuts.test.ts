import { describe, expect, it } from 'vitest';
import {
  createManualSchedule,
  createNetwork,
  fullMesh,
  verifySnapshot,
  type GlobalSnapshot,
  type Network,
} from '../../src/index.js';
import { createRandom, type Random } from '../../src/schedule/random.js';
import { account, totalOf } from '../support/account.js';
import { askInTurn, atOneTime, stopDrainRecord } from '../support/naive-cuts.js';
import { deliverAll } from '../support/network.js';

const ids = ['a', 'b', 'c', 'd'];
const MONEY = ids.length * 100;
const RUNS = 100;

/** A bank in which everybody pays everybody, one payment or delivery at a time. */
function createBank(random: Random) {
  const schedule = createManualSchedule();
  const processes = Object.fromEntries(ids.map((id) => [id, { logic: account, input: { balance: 100 } }]));
  const network = createNetwork({ processes, channels: fullMesh(ids) }, { schedule });
  network.start();
  const step = () => {
    const pending = [...schedule.pending().keys()];
    if (pending.length > 0 && random.chance(0.5)) schedule.deliver(random.pick(pending));
    else {
      const [from, to] = random.pick(fullMesh(ids));
      network.send(from, { type: 'PAY', to, amount: random.integer(1, 9) });
    }
  };
  for (let n = random.integer(5, 40); n > 0; n--) step();
  return { network: network as Network, schedule, step };
}

type Bank = ReturnType<typeof createBank>;

/** How often, in a hundred runs, a way to cut gives a cut that the verifier refuses, and how often a wrong sum. */
async function judge(cut: (bank: Bank, random: Random) => GlobalSnapshot | Promise<GlobalSnapshot>) {
  let inconsistent = 0;
  let wrongSums = 0;
  for (let seed = 0; seed < RUNS; seed++) {
    const random = createRandom(seed);
    const bank = createBank(random);
    const snapshot = await cut(bank, random);
    if (!verifySnapshot(snapshot).consistent) inconsistent++;
    if (totalOf(snapshot) !== MONEY) wrongSums++;
    bank.network.stop();
  }
  return { inconsistent, wrongSums };
}

describe('other ways to cut, in the same runs and judged by the same verifier', () => {
  it('asking everyone in turn is wrong', async () => {
    const steps =
      ({ step }: Bank) =>
      () => {
        for (let n = 0; n < 5; n++) step();
      };
    const { inconsistent, wrongSums } = await judge((bank) => askInTurn(bank.network, steps(bank)));
    expect(inconsistent).toBeGreaterThan(RUNS / 2);
    expect(wrongSums).toBeGreaterThan(RUNS / 2);
  });

  it('everyone at the same time by the clock is wrong when clocks are skewed, and right when they are not', async () => {
    const at = (most: number) =>
      judge(({ network, step }, random) =>
        atOneTime(network, new Map(ids.map((id) => [id, random.integer(0, most)])), step),
      );
    const skewed = await at(10);
    expect(skewed.inconsistent).toBeGreaterThan(RUNS / 2);
    expect(skewed.wrongSums).toBeGreaterThan(RUNS / 2);
    expect(await at(0)).toEqual({ inconsistent: 0, wrongSums: 0 });
  });

  it('stop, drain, record is right, and stands still for all that was in flight', async () => {
    let deliveries = 0;
    const verdict = await judge(({ network, schedule }) => {
      const pause = stopDrainRecord(network, schedule);
      deliveries += pause.deliveries;
      return pause.snapshot;
    });
    expect(verdict).toEqual({ inconsistent: 0, wrongSums: 0 });
    expect(deliveries).toBeGreaterThan(RUNS);
  });

  it('Chandy–Lamport is right while the application goes on', async () => {
    let sizes = 0;
    const verdict = await judge(async ({ network, schedule, step }, random) => {
      const taking = network.takeSnapshot({ initiators: [random.pick(ids)] });
      for (let n = 0; n < 30; n++) step();
      deliverAll(schedule);
      const snapshot = await taking;
      sizes += snapshot.stats.messages;
      return snapshot;
    });
    expect(verdict).toEqual({ inconsistent: 0, wrongSums: 0 });
    expect(sizes).toBeGreaterThan(RUNS);
  });
});
