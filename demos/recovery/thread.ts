/** One Node thread with one account, which may be killed at any moment. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { createProcess, type GlobalSnapshot } from 'xstate-panorama';
import { createFileInputStore } from 'xstate-panorama/recovery/file-input-store';
import { messagePort } from 'xstate-panorama/message-port';
import { logInputs } from 'xstate-panorama/recovery';
import { account } from '../bank/account.js';

/** What a thread is told as it begins. */
export interface ThreadData {
  readonly id: string;
  readonly balance: number;
  readonly others: readonly string[];
  /** The way to each of the others, and to the office. */
  readonly ports: Readonly<Record<string, MessagePort>>;
  /** The file in which deposits are logged. */
  readonly log: string;
  /** What it goes on from, when it takes the place of one that was killed. */
  readonly checkpoint: GlobalSnapshot | undefined;
}

/** What a thread is told later. */
export type Told =
  | { readonly type: 'deposit'; readonly amount: number }
  /** A peer was started anew: here is another way to it. */
  | { readonly type: 'replace'; readonly peer: string; readonly port: MessagePort };

const { id, balance, others, ports, log, checkpoint } = workerData as ThreadData;
const process = createProcess(account, {
  id,
  input: { balance, others, pauseMs: 1 },
  peers: Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, messagePort(port)])),
  snapshot: checkpoint,
});
process.links$.subscribe(); // that peers are killed is no news here
process.start();
const deposits = logInputs(process, { store: createFileInputStore({ path: log }) });

parentPort!.on('message', (told: Told) => {
  if (told.type === 'replace') process.replacePeer(told.peer, messagePort(told.port));
  else void deposits.send({ type: 'MONEY', amount: told.amount }).then(() => parentPort!.postMessage('logged'));
});
