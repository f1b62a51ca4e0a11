/** One Node thread with one account. It knows its own channels and no others. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { createProcess, type SnapshotOf } from 'xstate-panorama';
import { messagePort } from 'xstate-panorama/message-port';
import { account } from '../bank/account.js';

/** What a thread is told as it begins. */
export interface ThreadData {
  readonly id: string;
  readonly balance: number;
  /** The way to each of the others. */
  readonly ports: Readonly<Record<string, MessagePort>>;
}

/** A global snapshot of all threads. */
export type BankSnapshot = SnapshotOf<Record<string, typeof account>>;

/** What a thread is asked, one question at a time. */
export type Question = 'balance' | 'snapshot';

const { id, balance, ports } = workerData as ThreadData;
const process = createProcess(account, {
  id,
  input: { balance, others: Object.keys(ports), pauseMs: 1 },
  peers: Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, messagePort(port)])),
});
process.start();

parentPort!.on('message', (question: Question) => {
  if (question === 'balance') parentPort!.postMessage(process.actor.getSnapshot().context.balance);
  else void process.takeSnapshot().then((snapshot) => parentPort!.postMessage(snapshot));
});
