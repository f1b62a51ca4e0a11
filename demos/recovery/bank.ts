/** The threads, and the office that supervises them. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads';
import { filter, firstValueFrom, type Observable } from 'rxjs';
import { fromTransition } from 'xstate';
import { createProcess, type GlobalSnapshot, type SnapshotOf } from 'xstate-panorama';
import { createMemoryStore } from 'xstate-panorama/checkpoint';
import { messagePort } from 'xstate-panorama/message-port';
import { supervise, type RecoveryEvent } from 'xstate-panorama/recovery';
import type { account } from '../bank/account.js';
import { startThread } from '../runner/start-thread.js';
import type { ThreadData, Told } from './thread.js';

const OFFICE = 'office';

/** A global snapshot, as far as the accounts go. */
export type BankSnapshot = SnapshotOf<Record<string, typeof account>>;

/** Opens the bank: resolves when the first checkpoint is down. */
export async function openBank(balances: Readonly<Record<string, number>>) {
  const ids = Object.keys(balances);
  const folder = mkdtempSync(join(tmpdir(), 'panorama-recovery-'));
  const threads = new Map<string, Worker>();
  const tell = (id: string, told: Told, ports: MessagePort[] = []) => threads.get(id)?.postMessage(told, ports);
  const start = (id: string, ports: Record<string, MessagePort>, checkpoint?: GlobalSnapshot) => {
    const others = ids.filter((other) => other !== id);
    const log = join(folder, `${id}.inputs`);
    const workerData: ThreadData = { id, balance: balances[id]!, others, ports, log, checkpoint };
    const transferList = Object.values(ports);
    threads.set(id, startThread(new URL('./thread.ts', import.meta.url), { workerData, transferList }));
  };

  // The office has no business of its own: it takes part to supervise.
  const office = createProcess(
    fromTransition((state: null) => state, null),
    { id: OFFICE },
  );
  office.links$.subscribe(); // that threads are killed is no news here
  office.start();
  /** A new way between a thread and each of the others that runs, and to the office. */
  const connect = (id: string): Record<string, MessagePort> => {
    const own: Record<string, MessagePort> = {};
    for (const other of [OFFICE, ...threads.keys()]) {
      const { port1, port2 } = new MessageChannel();
      own[other] = port1;
      if (other === OFFICE) office.replacePeer(id, messagePort(port2));
      else tell(other, { type: 'replace', peer: id, port: port2 }, [port2]);
    }
    return own;
  };
  for (const id of ids) start(id, connect(id));

  const recovery = supervise(office, {
    store: createMemoryStore(),
    everyMs: 25,
    tolerateCrashes: Infinity,
    restart({ process }, checkpoint) {
      if (!threads.has(process)) start(process, connect(process), checkpoint);
    },
  });
  await next(recovery.events$, 'checkpoint.saved');

  return {
    ids,
    checkpoint: () => next(recovery.events$, 'checkpoint.saved'),
    async snapshot() {
      const snapshot: GlobalSnapshot = await office.takeSnapshot();
      return snapshot as BankSnapshot;
    },
    /** Money from outside: it counts, once, from when this resolves. */
    async deposit(id: string, amount: number): Promise<void> {
      tell(id, { type: 'deposit', amount });
      await once(threads.get(id)!, 'message');
    },
    /** Kills a thread in the middle of whatever it does; resolves when everybody goes on. */
    async kill(id: string) {
      const recovered = next(recovery.events$, 'recovery.completed');
      const thread = threads.get(id)!;
      threads.delete(id);
      await thread.terminate();
      return recovered;
    },
    async stop(): Promise<void> {
      await recovery.stop();
      office.stop();
      await Promise.all(Array.from(threads.values(), (thread) => thread.terminate()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The next event of a type. */
function next<T extends RecoveryEvent['type']>(events: Observable<RecoveryEvent>, type: T) {
  const isOne = (event: RecoveryEvent): event is Extract<RecoveryEvent, { type: T }> => event.type === type;
  return firstValueFrom(events.pipe(filter(isOne)));
}
