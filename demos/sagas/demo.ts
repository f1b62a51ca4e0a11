import { setImmediate as nextTask } from 'node:timers/promises';
import { createNetwork, verifySnapshot } from 'xstate-panorama';
import { defineDemo } from '../runner/define-demo.js';
import { createRehearsal } from '../runner/rehearsal.js';
import type { Stage } from '../runner/stage.js';
import { faultsAtTheEnd, isOver, ordersIn, shippedUnpaid, takings, type ShopSnapshot } from './books.js';
import config, { ORDERS } from './network.js';

const TICK_MS = 5;
/** All orders are over long before. */
const MOST_TICKS = 5_000;

function openShop(seed: number, snapshot?: ShopSnapshot) {
  const rehearsal = createRehearsal(seed);
  const network = createNetwork(config, { ...rehearsal, snapshot });
  network.start();
  const tick = async () => {
    rehearsal.tick(TICK_MS, 0.2);
    await nextTask(); // promises settle between two ticks
  };
  return { network, tick, random: rehearsal.random };
}

type Shop = ReturnType<typeof openShop>;

/** An auditor's visit: a snapshot, and what he finds who reads the payments first and the stock a while later. */
interface Audit {
  readonly snapshot: ShopSnapshot;
  readonly unpaidInSnapshot: readonly string[];
  readonly unpaidByReading: readonly string[];
}

async function audit({ network, tick, random }: Shop): Promise<Audit> {
  let isComplete = false;
  const watching = network.snapshots$.subscribe(() => (isComplete = true));
  const taking = network.takeSnapshot({ initiators: [random.pick(['orders', 'stock', 'payment'] as const)] });
  const payments = network.processes.payment.actor.getSnapshot().context;
  while (!isComplete) await tick();
  const shelves = network.processes.stock.actor.getSnapshot().context;
  watching.unsubscribe();
  const snapshot = await taking;
  const { stock, payment } = snapshot.processes;
  return {
    snapshot,
    unpaidInSnapshot: shippedUnpaid(stock.snapshot.context, payment.snapshot.context),
    unpaidByReading: shippedUnpaid(shelves, payments),
  };
}

const isEnd = (snapshot: ShopSnapshot) => {
  const all = ordersIn(snapshot);
  return all.length === ORDERS && all.every(isOver) && snapshot.stats.messages === 0;
};

/** Audits until all orders are over. */
async function runToEnd(shop: Shop): Promise<Audit[]> {
  const audits = [await audit(shop)];
  while (!isEnd(audits.at(-1)!.snapshot)) audits.push(await audit(shop));
  shop.network.stop();
  return audits;
}

const hasPromiseInFlight = ({ processes }: ShopSnapshot) => processes.payment.snapshot.value === 'charging';

/** The end of a shop that goes on from a snapshot. */
async function restoreAndEnd(snapshot: ShopSnapshot, seed: number): Promise<ShopSnapshot> {
  const audits = await runToEnd(openShop(seed, snapshot));
  return audits.at(-1)!.snapshot;
}

/** Which of the charges is under way when the power fails. */
const CRASH_AT_CHARGE = 4;

/** Runs until the bank is asked once more and has not answered yet, and gives a snapshot begun in that moment. */
async function crashWhileCharging(seed: number): Promise<ShopSnapshot> {
  const { network, tick } = openShop(seed);
  let charges = 0;
  let taking: Promise<ShopSnapshot> | undefined;
  let isComplete = false;
  network.snapshots$.subscribe(() => (isComplete = true));
  network.processes.payment.actor.subscribe(({ value }) => {
    if (value !== 'charging' || ++charges < CRASH_AT_CHARGE) return;
    taking ??= network.takeSnapshot({ initiators: ['payment'] });
  });
  for (let n = 0; n < MOST_TICKS && !isComplete; n++) await tick();
  network.stop();
  if (taking === undefined) throw new Error(`Expected ${CRASH_AT_CHARGE} charges, got ${charges}.`);
  return taking;
}

function showOrders(stage: Stage, middle: ShopSnapshot, end: ShopSnapshot): void {
  const { taken } = end.processes.payment.snapshot.context;
  const { shipped } = end.processes.stock.snapshot.context;
  const stateIn = (snapshot: ShopSnapshot, id: string) =>
    ordersIn(snapshot).find(({ orderId }) => orderId === id)?.state ?? '';
  stage.table(
    [
      { en: 'order', zh: '订单' },
      { en: 'goods', zh: '数量' },
      { en: 'when recorded', zh: '记录时' },
      { en: 'in the end', zh: '最后' },
      { en: 'paid', zh: '已付' },
      { en: 'shipped', zh: '已发货' },
    ],
    ordersIn(end).map(({ orderId, quantity, state }) => [
      orderId,
      quantity,
      stateIn(middle, orderId),
      state,
      taken[orderId] ?? 0,
      shipped[orderId] ?? 0,
    ]),
  );
}

async function tell(stage: Stage): Promise<void> {
  stage.say({
    en: `A shop takes ${ORDERS} orders. Each is a saga: reserve goods, charge the card, ship; when a step fails or takes too long,\nthose before it are undone.\n`,
    zh: `商店接到 ${ORDERS} 个订单。每个订单是一个 saga：预留商品、扣款、发货；某一步失败或太慢，就撤销之前的步骤。\n`,
  });
  const audits = await runToEnd(openShop(STORY_SEED));
  const falseAlarms = audits.filter(({ unpaidByReading }) => unpaidByReading.length > 0).length;
  const alarms = audits.filter(({ unpaidInSnapshot }) => unpaidInSnapshot.length > 0).length;
  stage.say({
    en: `${audits.length} audits while it runs. Reading the payments, then the stock: goods shipped that nobody paid for, ${falseAlarms} times.\nThe snapshots: ${alarms} times. An effect is never there without its cause.\n`,
    zh: `运行中审计 ${audits.length} 次。先读付款再读库存：有 ${falseAlarms} 次看到未付款就发了货。\n快照：${alarms} 次。有果必有因。\n`,
  });
  const recorded = await crashWhileCharging(STORY_SEED);
  const { stats, processes } = recorded;
  stage.say({
    en: `Now the power fails while the bank is asked about ${processes.payment.snapshot.context.requests[0]!.orderId}. There is a snapshot of that moment: ${stats.messages} messages in flight,\n${Object.values(processes).flatMap(({ timers }) => timers).length} timers pending. A new shop goes on from it; the bank is asked again, under the same order’s id:\n`,
    zh: `这时停电了，正在向银行询问 ${processes.payment.snapshot.context.requests[0]!.orderId}。那一刻有快照：在途消息 ${stats.messages} 条，\n未到期的定时器 ${Object.values(processes).flatMap(({ timers }) => timers).length} 个。新的商店从它继续；用同一个订单号再问一次银行：\n`,
  });
  const end = await restoreAndEnd(recorded, STORY_SEED + 1);
  showOrders(stage, recorded, end);
  const faults = faultsAtTheEnd(end);
  const confirmed = ordersIn(end).filter(({ state }) => state === 'confirmed').length;
  stage.say({
    en: `${confirmed} orders paid and shipped, ${ORDERS - confirmed} neither; takings ${takings(end)}: the books of the restored shop are ${faults.length === 0 ? 'right' : 'wrong'}.`,
    zh: `${confirmed} 个订单付款并发货，${ORDERS - confirmed} 个两者都没有；收入 ${takings(end)}：恢复后的账目${faults.length === 0 ? '正确' : '有错'}。`,
  });
  if (faults.length > 0 || alarms > 0) throw new Error(`Expected books without fault, got: ${faults.join('; ')}.`);
}

const STORY_SEED = 3;

export default defineDemo({
  summary: {
    en: 'a shop with timeouts, promises and compensation: audited while it runs, restored after a crash',
    zh: '有超时、promise 和补偿的商店：运行中审计，崩溃后恢复',
  },
  tell,
  claims: {
    seeds: 15,
    always: {
      'snapshots with goods shipped unpaid': 0,
      'faults in the books at the end': 0,
      'faults in the books after a restore': 0,
      'all snapshots are consistent': true,
    },
    sometimes: [
      'reading one service after the other sees goods shipped unpaid',
      'a saga ran out of patience and was undone',
      'a snapshot has a promise in flight',
      'a card was declined',
      'goods were sold out',
    ],
    async run(seed) {
      const shop = openShop(seed);
      const told = new Set<string>();
      const watching = shop.network.trace$.subscribe((event) => {
        if (event.type === 'message.sent') told.add(event.event.type);
      });
      const audits = await runToEnd(shop);
      watching.unsubscribe();
      const middle = await crashWhileCharging(seed);
      const end = await restoreAndEnd(middle, seed + 1000);
      const snapshots = [...audits.map(({ snapshot }) => snapshot), middle, end];
      return {
        'snapshots with goods shipped unpaid': audits.filter(({ unpaidInSnapshot }) => unpaidInSnapshot.length > 0)
          .length,
        'faults in the books at the end': faultsAtTheEnd(audits.at(-1)!.snapshot).length,
        'faults in the books after a restore': faultsAtTheEnd(end).length,
        'all snapshots are consistent': snapshots.every((snapshot) => verifySnapshot(snapshot).consistent),
        'reading one service after the other sees goods shipped unpaid': audits.some(
          ({ unpaidByReading }) => unpaidByReading.length > 0,
        ),
        'a saga ran out of patience and was undone': told.has('REFUND'),
        'a snapshot has a promise in flight': hasPromiseInFlight(middle),
        'a card was declined': told.has('DECLINED'),
        'goods were sold out': told.has('SOLD_OUT'),
      };
    },
  },
});
