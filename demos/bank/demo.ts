/** The main job: a bank that never stops paying, and global snapshots of it whose sum is always right. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createNetwork, verifySnapshot, type SnapshotOf } from 'xstate-panorama';
import { parseSnapshot, serializeSnapshot } from 'xstate-panorama/file';
import { defineDemo } from '../runner/define-demo.js';
import { createRehearsal } from '../runner/rehearsal.js';
import type { Stage } from '../runner/stage.js';
import config, { total } from './network.js';

type Bank = ReturnType<typeof openBank>;
type BankSnapshot = SnapshotOf<typeof config.processes>;

const openBank = () => createNetwork(config);
const ROUNDS = 10;

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);
const money = (amount: number) => amount.toLocaleString('en-US');
const balances = ({ processes }: BankSnapshot) =>
  sumOf(Object.values(processes).map(({ snapshot }) => snapshot.context.balance));
const payments = ({ processes }: BankSnapshot) =>
  sumOf(Object.values(processes).map(({ snapshot }) => snapshot.context.payments));
const inFlight = ({ channels }: BankSnapshot) =>
  sumOf(Object.values(channels).flatMap(({ messages }) => messages.map(({ event }) => event.amount)));
/** All the money in a snapshot. */
const moneyIn = (snapshot: BankSnapshot) => balances(snapshot) + inFlight(snapshot);

/** What people do without an algorithm: ask one account after the other, while the payments go on. */
async function askEveryone(bank: Bank, pause: () => Promise<unknown>): Promise<number> {
  const answers: number[] = [];
  for (const { actor } of Object.values(bank.processes)) {
    answers.push(actor.getSnapshot().context.balance);
    await pause();
  }
  return sumOf(answers);
}

/** A global snapshot from two initiators at once, and the naive sum of the same time. */
async function observe(bank: Bank) {
  await sleep(20);
  const [naive, snapshot] = await Promise.all([askEveryone(bank, () => sleep(3)), betweenPayments(bank)]);
  return { naive, snapshot, sum: moneyIn(snapshot) };
}

/** Takes it right after a payment was sent, so that there is something in flight to see. */
async function betweenPayments(bank: Bank): Promise<BankSnapshot> {
  await new Promise<void>((resolve) => {
    const watched = bank.processes.alice.actor.subscribe(() => {
      watched.unsubscribe();
      resolve();
    });
  });
  return bank.takeSnapshot({ initiators: ['bob', 'dave'] });
}

async function tell(stage: Stage): Promise<void> {
  const { color } = stage;
  const mark = (sum: number) => (sum === total ? color.green(`${money(sum)} ✓`) : color.red(`${money(sum)} ✗`));
  stage.say({
    en: color.bold('Five XState accounts pay each other over 20 channels; nobody ever pauses them.\n'),
    zh: color.bold('五个 XState 账户经 20 条通道不停地互相付款，从不停顿。\n'),
  });
  const bank = openBank();
  bank.start();
  const rounds: Awaited<ReturnType<typeof observe>>[] = [];
  while (rounds.length < ROUNDS) {
    stage.signal.throwIfAborted();
    rounds.push(await observe(bank));
  }
  bank.stop();

  const shown = rounds.reduce((best, round) =>
    round.snapshot.stats.messages > best.snapshot.stats.messages ? round : best,
  );
  const { id, stats } = shown.snapshot;
  stage.say({
    en: `Snapshot ${id}, initiators bob and dave, ${stats.markers} markers:`,
    zh: `快照 ${id}，由 bob 和 dave 发起，${stats.markers} 个标记：`,
  });
  showSnapshot(stage, shown.snapshot);
  stage.table(undefined, [
    [stage.text({ en: 'balances recorded', zh: '记录的余额' }), money(balances(shown.snapshot))],
    [stage.text({ en: '+ money in flight', zh: '+ 在途的钱' }), money(inFlight(shown.snapshot))],
    [color.bold(stage.text({ en: '= the snapshot’s sum', zh: '= 快照的总和' })), mark(moneyIn(shown.snapshot))],
    [stage.text({ en: '“ask everyone” in the same run', zh: '同一次运行里“挨个询问”' }), mark(shown.naive)],
    [stage.text({ en: 'all the money there is', zh: '全部的钱' }), money(total)],
  ]);
  const exact = rounds.filter(({ sum, snapshot }) => sum === total && verifySnapshot(snapshot).consistent).length;
  const wrong = rounds.filter(({ naive }) => naive !== total).length;
  stage.say({
    en: `${ROUNDS} snapshots: ${exact} consistent with the exact sum; asking everyone was wrong ${wrong} times out of ${ROUNDS}.`,
    zh: `${ROUNDS} 个快照：${exact} 个一致且总和精确；挨个询问 ${ROUNDS} 次里错了 ${wrong} 次。`,
  });

  const file = join(mkdtempSync(join(tmpdir(), 'panorama-')), 'bank.snapshot');
  writeFileSync(file, serializeSnapshot(shown.snapshot));
  const fromFile = parseSnapshot(readFileSync(file, 'utf8'));
  const verdict = verifySnapshot(fromFile);
  const word = verdict.consistent
    ? color.green(stage.text({ en: 'consistent ✓', zh: '一致的 ✓' }))
    : color.red(stage.text({ en: 'inconsistent ✗', zh: '不一致的 ✗' }));
  stage.say({ en: `\nSaved to ${file}; read back, it is ${word}.`, zh: `\n存入 ${file}；读回来是${word}。` });

  const restored = createNetwork(config, { snapshot: fromFile });
  restored.start();
  const later = await observe(restored);
  restored.stop();
  const more = payments(later.snapshot) - payments(shown.snapshot);
  stage.say({
    en: `Restored in a new network, which made ${more} more payments; its sum: ${mark(later.sum)}`,
    zh: `在新的网络里恢复，又付款 ${more} 次；总和：${mark(later.sum)}`,
  });
  if (exact !== ROUNDS || !verdict.consistent || later.sum !== total) {
    throw new Error(`Expected every sum to be ${total}, got another one.`);
  }
}

function showSnapshot(stage: Stage, { processes, channels }: BankSnapshot): void {
  stage.table(
    [
      { en: 'account', zh: '账户' },
      { en: 'balance recorded', zh: '记录的余额' },
      { en: 'payments made', zh: '已付款次数' },
    ],
    Object.entries(processes).map(([id, { snapshot }]) => [
      id,
      money(snapshot.context.balance),
      money(snapshot.context.payments),
    ]),
  );
  const flying = Object.entries(channels)
    .filter(([, { messages }]) => messages.length > 0)
    .map(([id, { messages }]) => [
      id,
      money(sumOf(messages.map(({ event }) => event.amount))),
      messages.map(({ seq }) => `#${seq}`).join(' '),
    ]);
  const nothing = [[stage.text({ en: '(nothing in flight at this moment)', zh: '（此刻没有在途的钱）' }), '0', '']];
  stage.table(
    [
      { en: 'channel', zh: '通道' },
      { en: 'money in flight', zh: '在途的钱' },
      { en: 'messages', zh: '消息' },
    ],
    flying.length > 0 ? flying : nothing,
  );
}

/** Snapshots in one run under a seed. */
const CHECKED_SNAPSHOTS = 5;

export default defineDemo({
  summary: {
    en: 'five accounts keep paying each other; the sum of every snapshot is exact',
    zh: '五个账户不停地互相付款；每个快照的总和都精确',
  },
  tell,
  claims: {
    seeds: 30,
    always: { 'snapshots with the exact sum': CHECKED_SNAPSHOTS, 'snapshots that are consistent': CHECKED_SNAPSHOTS },
    sometimes: ['money is in flight', 'asking everyone gives another sum'],
    async run(seed) {
      const rehearsal = createRehearsal(seed);
      const bank: Bank = createNetwork(config, rehearsal);
      bank.start();
      const snapshots: BankSnapshot[] = [];
      const watching = bank.snapshots$.subscribe((snapshot) => snapshots.push(snapshot));
      const answers: number[] = [];
      while (snapshots.length < CHECKED_SNAPSHOTS) {
        const taking = bank.takeSnapshot({ initiators: ['bob', 'dave'] });
        answers.push(await askEveryone(bank, () => Promise.resolve(rehearsal.tick(1))));
        rehearsal.settle();
        await taking;
      }
      watching.unsubscribe();
      bank.stop();
      return {
        'snapshots with the exact sum': snapshots.filter((snapshot) => moneyIn(snapshot) === total).length,
        'snapshots that are consistent': snapshots.filter((snapshot) => verifySnapshot(snapshot).consistent).length,
        'money is in flight': snapshots.some((snapshot) => inFlight(snapshot) > 0),
        'asking everyone gives another sum': answers.some((answer) => answer !== total),
      };
    },
  },
});
