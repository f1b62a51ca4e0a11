/** A thread is killed again and again while payments go on: nothing is lost, and nothing is there twice. */
import { verifySnapshot } from 'xstate-panorama';
import { defineDemo } from '../runner/define-demo.js';
import type { Stage } from '../runner/stage.js';
import { openBank, type BankSnapshot } from './bank.js';

const BALANCES = { alice: 1000, bob: 500, carol: 500 };
const TOTAL = 2000;
const KILLS = 6;
const DEPOSIT = 7;

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);
const contextOf = (snapshot: BankSnapshot, id: string) => snapshot.processes[id]!.snapshot.context;
const inFlight = ({ channels }: BankSnapshot) =>
  Object.values(channels).flatMap(({ messages }) => messages.map(({ event }) => event.amount));
const total = (snapshot: BankSnapshot) =>
  sumOf([...Object.keys(BALANCES).map((id) => contextOf(snapshot, id).balance), ...inFlight(snapshot)]);
const payments = (snapshot: BankSnapshot) => sumOf(Object.keys(BALANCES).map((id) => contextOf(snapshot, id).payments));
const inputs = (snapshot: BankSnapshot) =>
  sumOf(Object.keys(BALANCES).map((id) => snapshot.processes[id]!.inputs ?? 0));

/** A kill, and what there was after it. */
interface Round {
  readonly victim: string;
  readonly epoch: number;
  readonly tookMs: number;
  readonly snapshot: BankSnapshot;
  /** The money there must be. */
  readonly expected: number;
}

/** Kills a thread after the other; each time, some money comes in from outside just before. */
async function killAll(signal: AbortSignal) {
  const bank = await openBank(BALANCES);
  try {
    const rounds: Round[] = [];
    let deposits = 0;
    while (rounds.length < KILLS) {
      signal.throwIfAborted();
      await bank.checkpoint(); // payments go on meanwhile
      const victim = bank.ids[rounds.length % bank.ids.length]!;
      await bank.deposit(victim, DEPOSIT);
      deposits++;
      const { epoch, tookMs } = await bank.kill(victim);
      // What the log has that the checkpoint has not is taken again.
      let snapshot = await bank.snapshot();
      while (inputs(snapshot) < deposits) snapshot = await bank.snapshot();
      rounds.push({ victim, epoch, tookMs, snapshot, expected: TOTAL + deposits * DEPOSIT });
    }
    return rounds;
  } finally {
    await bank.stop();
  }
}

async function tell(stage: Stage): Promise<void> {
  const { color } = stage;
  stage.say({
    en: color.bold(
      `Three threads pay each other ${TOTAL} to and fro. Each time ${DEPOSIT} has come in from outside, a thread is killed.\n`,
    ),
    zh: color.bold(`三个线程来回支付共 ${TOTAL}。每从外面存入 ${DEPOSIT}，就杀掉一个线程。\n`),
  });
  const rounds = await killAll(stage.signal);
  const mark = (sum: number, expected: number) => (sum === expected ? color.green(`${sum} ✓`) : color.red(`${sum} ✗`));
  stage.table(
    [
      { en: 'killed', zh: '被杀的线程' },
      { en: 'epoch', zh: '纪元' },
      { en: 'back after, ms', zh: '恢复用时（毫秒）' },
      { en: 'payments made', zh: '已付款次数' },
      { en: 'money there must be', zh: '应有的钱' },
      { en: 'money there is', zh: '实有的钱' },
    ],
    rounds.map(({ victim, epoch, tookMs, snapshot, expected }) => [
      victim,
      epoch,
      Math.round(tookMs),
      payments(snapshot),
      expected,
      mark(total(snapshot), expected),
    ]),
  );
  const right = rounds.filter(({ snapshot, expected }) => total(snapshot) === expected).length;
  stage.say({
    en: `${KILLS} threads killed, ${right} times all the money was there, each deposit once.`,
    zh: `杀掉 ${KILLS} 个线程，${right} 次钱都在，每笔存款都恰好一次。`,
  });
  if (right !== KILLS) throw new Error('Expected all the money after every kill, got another sum.');
}

export default defineDemo({
  summary: {
    en: 'a thread is killed again and again while payments go on: nothing is lost',
    zh: '付款不停，线程一再被杀：什么也没丢',
  },
  tell,
  claims: {
    seeds: 2,
    always: { 'kills after which all the money is there': KILLS, 'snapshots that are consistent': KILLS },
    sometimes: ['payments went on'],
    // Real threads: the seed decides nothing.
    async run() {
      const rounds = await killAll(new AbortController().signal);
      return {
        'kills after which all the money is there': rounds.filter((round) => total(round.snapshot) === round.expected)
          .length,
        'snapshots that are consistent': rounds.filter(({ snapshot }) => verifySnapshot(snapshot).consistent).length,
        'payments went on': payments(rounds.at(-1)!.snapshot) > payments(rounds[0]!.snapshot),
      };
    },
  },
});
