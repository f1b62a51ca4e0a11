/** A thread that is terminated: one account, whose events from outside are logged in a file. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { createProcess, type GlobalSnapshot } from '../../../src/index.js';
import { createFileInputStore } from '../../../src/recovery/file-input-store.js';
import { logInputs } from '../../../src/recovery/index.js';
import { messagePort } from '../../../src/transports/message-port.js';
import { account, keepPaying } from './account.js';

export interface ThreadData {
  readonly id: string;
  readonly log: string;
  readonly ports: Readonly<Record<string, MessagePort>>;
  readonly snapshot: GlobalSnapshot | undefined;
}

/** What the test tells a thread. */
export type Told =
  | { readonly type: 'replace'; readonly peer: string; readonly port: MessagePort }
  | { readonly type: 'tally'; readonly n: number };

const { id, log, ports, snapshot } = workerData as ThreadData;
const peers = Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, messagePort(port)]));
const process = createProcess(account, { id, peers, input: { balance: 1000 }, snapshot });
process.links$.subscribe(); // the test knows that links fail: no need to log it
process.start();
const inputs = logInputs(process, { store: createFileInputStore({ path: log }) });
keepPaying(
  (event) => process.send(event),
  Object.keys(ports).filter((name) => name !== 's'),
);
parentPort!.on('message', (told: Told) => {
  if (told.type === 'replace') process.replacePeer(told.peer, messagePort(told.port));
  else void inputs.send({ type: 'TALLY', n: told.n }).then(() => parentPort!.postMessage(told.n));
});
