/** The main job: a bank that never stops paying, and global snapshots of it whose sum is always right. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Table from 'cli-table3';
import picocolors from 'picocolors';
import { createNetwork, verifySnapshot, type SnapshotOf } from 'xstate-panorama';
import { parseSnapshot, serializeSnapshot } from 'xstate-panorama/file';
import config, { total } from './network.js';

const color = picocolors.createColors(process.stdout.hasColors?.() ?? false);

type Bank = ReturnType<typeof openBank>;
type BankSnapshot = SnapshotOf<typeof config.processes>;

const openBank = () => createNetwork(config);
const ROUNDS = 10;

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);
const money = (amount: number) => amount.toLocaleString('en-US');
const amountOf = ({ event }: { readonly event: { readonly type: string } }) =>
  (event as { amount?: number }).amount ?? 0;
const balances = ({ processes }: BankSnapshot) =>
  Object.values(processes).map(({ snapshot }) => snapshot.context.balance);
const inFlight = ({ channels }: BankSnapshot) =>
  Object.values(channels).map(({ messages }) => sumOf(messages.map(amountOf)));

/** What people do without an algorithm: ask one account after the other, while the payments go on. */
async function askEveryone(bank: Bank): Promise<number> {
  const answers: number[] = [];
  for (const { actor } of Object.values(bank.processes)) {
    answers.push(actor.getSnapshot().context.balance);
    await sleep(3);
  }
  return sumOf(answers);
}

/** A global snapshot from two initiators at once, and the naive sum of the same time. */
async function observe(bank: Bank) {
  await sleep(20);
  const [naive, snapshot] = await Promise.all([askEveryone(bank), betweenPayments(bank)]);
  return { naive, snapshot, sum: sumOf([...balances(snapshot), ...inFlight(snapshot)]) };
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

const mark = (sum: number) => (sum === total ? color.green(`${money(sum)} ✓`) : color.red(`${money(sum)} ✗`));

const style = { head: [], border: [], compact: true };

function printSnapshot(snapshot: BankSnapshot, naive: number): void {
  const accounts = new Table({
    head: ['account', 'balance recorded', 'payments made'],
    colAligns: ['left', 'right', 'right'],
    style,
  });
  for (const [id, { snapshot: state }] of Object.entries(snapshot.processes)) {
    accounts.push([id, money(state.context.balance), money(state.context.payments)]);
  }
  const flying = new Table({
    head: ['channel', 'money in flight', 'messages'],
    colAligns: ['left', 'right', 'left'],
    style,
  });
  for (const [id, { messages }] of Object.entries(snapshot.channels)) {
    if (messages.length === 0) continue;
    const numbers = messages.map(({ seq }) => `#${seq}`).join(' ');
    flying.push([id, money(sumOf(messages.map(amountOf))), numbers]);
  }
  if (flying.length === 0) flying.push(['(nothing in flight at this moment)', '0', '']);
  console.log(`${accounts.toString()}\n${flying.toString()}`);
  const sums = new Table({ style, colAligns: ['left', 'right'] });
  sums.push(
    ['balances recorded', money(sumOf(balances(snapshot)))],
    ['+ money in flight', money(sumOf(inFlight(snapshot)))],
    [color.bold('= the snapshot’s sum'), mark(sumOf([...balances(snapshot), ...inFlight(snapshot)]))],
    ['“ask everyone” in the same run', mark(naive)],
    ['all the money there is', money(total)],
  );
  console.log(sums.toString());
}

console.log(color.bold('Five XState accounts pay each other over 20 channels; nobody ever pauses them.\n'));
const bank = openBank();
bank.start();
const rounds: Awaited<ReturnType<typeof observe>>[] = [];
for (let round = 0; round < ROUNDS; round++) rounds.push(await observe(bank));

const shown = rounds.reduce((best, round) =>
  round.snapshot.stats.messages > best.snapshot.stats.messages ? round : best,
);
console.log(`Snapshot ${shown.snapshot.id}, initiators bob and dave, ${shown.snapshot.stats.markers} markers:`);
printSnapshot(shown.snapshot, shown.naive);
const exact = rounds.filter(({ sum, snapshot }) => sum === total && verifySnapshot(snapshot).consistent).length;
const wrong = rounds.filter(({ naive }) => naive !== total).length;
console.log(
  `${ROUNDS} snapshots: ${exact} consistent with the exact sum; asking everyone was wrong ${wrong} times out of ${ROUNDS}.`,
);
bank.stop();

const file = join(mkdtempSync(join(tmpdir(), 'panorama-')), 'bank.snapshot');
writeFileSync(file, serializeSnapshot(shown.snapshot));
const fromFile = parseSnapshot(readFileSync(file, 'utf8'));
const verdict = verifySnapshot(fromFile);
console.log(
  `\nSaved to ${file}; read back, it is ${verdict.consistent ? color.green('consistent ✓') : color.red('inconsistent ✗')}.`,
);

const restored = createNetwork(config, { snapshot: fromFile });
restored.start();
const paymentsBefore = sumOf(Object.values(shown.snapshot.processes).map(({ snapshot }) => snapshot.context.payments));
const later = await observe(restored);
restored.stop();
const paymentsAfter = sumOf(Object.values(later.snapshot.processes).map(({ snapshot }) => snapshot.context.payments));
console.log(
  `Restored in a new network, which made ${paymentsAfter - paymentsBefore} more payments; its sum: ${mark(later.sum)}`,
);

if (exact !== ROUNDS || !verdict.consistent || later.sum !== total) process.exitCode = 1;
