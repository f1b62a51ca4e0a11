/** Four threads pay each other, each with its own links; a snapshot of all of them is exact. */
import { verifySnapshot } from 'xstate-panorama';
import { defineDemo } from '../runner/define-demo.js';
import type { Stage } from '../runner/stage.js';
import type { BankSnapshot } from './thread.js';
import { openBank } from './threads.js';

const BALANCES = { alice: 1000, bob: 500, carol: 250, dave: 250 };
const TOTAL = 2000;
const SNAPSHOTS = 6;

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);
const contextOf = (snapshot: BankSnapshot, id: string) => snapshot.processes[id]!.snapshot.context;
const amounts = (snapshot: BankSnapshot, channel: string) =>
  snapshot.channels[channel]!.messages.map(({ event }) => event.amount);

/** What a snapshot says of one account: what it has, and what is on its way to it. */
function lineOf(snapshot: BankSnapshot, id: string) {
  const into = Object.keys(snapshot.channels).filter((channel) => channel.endsWith(`->${id}`));
  const { balance, payments } = contextOf(snapshot, id);
  return { balance, payments, inFlight: sumOf(into.flatMap((channel) => amounts(snapshot, channel))) };
}

/** Takes snapshots, each by another thread, and asks the threads one after the other between them. */
async function observe(signal: AbortSignal) {
  const bank = openBank(BALANCES);
  try {
    const taken: { by: string; sum: number; naive: number; snapshot: BankSnapshot }[] = [];
    while (taken.length < SNAPSHOTS) {
      signal.throwIfAborted();
      const by = bank.ids[taken.length % bank.ids.length]!;
      const answers: number[] = [];
      for (const id of bank.ids) answers.push(await bank.ask<number>(id, 'balance'));
      const snapshot = await bank.ask<BankSnapshot>(by, 'snapshot');
      const lines = bank.ids.map((id) => lineOf(snapshot, id));
      const sum = sumOf(lines.map(({ balance, inFlight }) => balance + inFlight));
      taken.push({ by, sum, naive: sumOf(answers), snapshot });
    }
    return taken;
  } finally {
    await bank.stop();
  }
}

async function tell(stage: Stage): Promise<void> {
  const { color } = stage;
  stage.say({
    en: color.bold('Four Node threads, one account each, pay each other over message ports of their own.\n'),
    zh: color.bold('四个 Node 线程，每个一个账户，经各自的消息端口互相付款。\n'),
  });
  const taken = await observe(stage.signal);
  const mark = (sum: number) => (sum === TOTAL ? color.green(`${sum} ✓`) : color.red(`${sum} ✗`));
  stage.table(
    [
      { en: 'snapshot taken by', zh: '快照发起者' },
      { en: 'markers', zh: '标记' },
      { en: 'messages in flight', zh: '在途消息' },
      { en: 'its sum', zh: '它的总和' },
      { en: 'asking one by one', zh: '挨个询问' },
    ],
    taken.map(({ by, sum, naive, snapshot: { stats } }) => [by, stats.markers, stats.messages, mark(sum), mark(naive)]),
  );
  const { snapshot } = taken.at(-1)!;
  stage.say({ en: '\nThe last one:', zh: '\n最后一个：' });
  stage.table(
    [
      { en: 'thread', zh: '线程' },
      { en: 'balance', zh: '余额' },
      { en: 'on its way to it', zh: '正在送达' },
      { en: 'payments made', zh: '已付款次数' },
    ],
    Object.keys(BALANCES).map((id) => {
      const { balance, inFlight, payments } = lineOf(snapshot, id);
      return [id, balance, inFlight, payments];
    }),
  );
  const exact = taken.filter(({ sum, snapshot: each }) => sum === TOTAL && verifySnapshot(each).consistent).length;
  stage.say({
    en: `${exact} of ${taken.length} snapshots of the four threads have exactly ${TOTAL}; nobody was paused.`,
    zh: `四个线程的 ${taken.length} 个快照中有 ${exact} 个恰好是 ${TOTAL}；没有线程停顿过。`,
  });
  if (exact !== taken.length) throw new Error(`Expected every sum to be ${TOTAL}, got another one.`);
}

export default defineDemo({
  summary: {
    en: 'four Node threads with one account each; one snapshot of all of them',
    zh: '四个 Node 线程，每个一个账户；一个快照记录全部',
  },
  tell,
  claims: {
    seeds: 2,
    always: { 'snapshots with the exact sum': SNAPSHOTS, 'snapshots that are consistent': SNAPSHOTS },
    sometimes: ['payments were made between two snapshots'],
    // Real threads: the seed decides nothing.
    async run() {
      const taken = await observe(new AbortController().signal);
      const payments = taken.map(({ snapshot }) =>
        sumOf(Object.keys(BALANCES).map((id) => contextOf(snapshot, id).payments)),
      );
      return {
        'snapshots with the exact sum': taken.filter(({ sum }) => sum === TOTAL).length,
        'snapshots that are consistent': taken.filter(({ snapshot }) => verifySnapshot(snapshot).consistent).length,
        'payments were made between two snapshots': payments.at(-1)! > payments[0]!,
      };
    },
  },
});
