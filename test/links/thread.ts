/** A thread of the tests: one account, which keeps paying its peers, and does what the test says. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { fromTransition } from 'xstate';
import { createProcess, type GlobalSnapshot, type PanoramaError } from '../../src/index.js';
import { messagePort } from '../../src/transports/message-port.js';
import { account } from '../support/account.js';

/** What a thread is told when it begins. */
export interface ThreadData {
  readonly id: string;
  /** Undefined for a process without application logic. */
  readonly balance: number | undefined;
  readonly ports: Readonly<Record<string, MessagePort>>;
  readonly snapshot: GlobalSnapshot | undefined;
}

/** What the test asks of a thread; each is answered with `{ answer }` or `{ error }`. */
export type Command =
  | { readonly type: 'snapshot'; readonly timeoutMs: number }
  | { readonly type: 'balance' }
  | { readonly type: 'pay'; readonly isPaying: boolean };

const { id, balance, ports, snapshot } = workerData as ThreadData;
const peers = Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, messagePort(port)]));
const names = Object.keys(ports).filter((name) => name !== 's');
const process =
  balance === undefined
    ? createProcess(
        fromTransition((state: null) => state, null),
        { id, peers },
      )
    : createProcess(account, { id, peers, input: { balance }, snapshot });
process.links$.subscribe(); // the test knows that links fail: no need to log it
process.start();

let isPaying = false;
let round = 0;
function pay(): void {
  if (!isPaying) return;
  for (let n = 0; n < 10; n++) {
    const to = names[round++ % names.length]!;
    process.actor.send({ type: 'PAY', to, amount: 1 + (round % 3) } as never);
  }
  setTimeout(pay, 1);
}

parentPort!.on('message', (command: Command) => {
  const answer = (value: unknown) => parentPort!.postMessage(value);
  switch (command.type) {
    case 'snapshot':
      process.takeSnapshot(command).then(
        (taken) => answer({ answer: taken }),
        (error: unknown) => {
          const { message, code, channels } = error as PanoramaError;
          answer({ error: { message, code, channels } });
        },
      );
      break;
    case 'balance':
      answer({ answer: (process.actor.getSnapshot() as { context: { balance: number } }).context.balance });
      break;
    case 'pay':
      isPaying = command.isPaying;
      setImmediate(pay);
      answer({ answer: null });
  }
});
