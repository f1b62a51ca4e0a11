/** Starts the threads, and asks them. */
import { once } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { startThread } from '../runner/start-thread.js';
import type { Question, ThreadData } from './thread.js';

/** Starts a thread for each account, with a link between each two of them. The main thread is no part of any. */
export function openBank(balances: Readonly<Record<string, number>>) {
  const ids = Object.keys(balances);
  const ports: Record<string, Record<string, MessagePort>> = Object.fromEntries(ids.map((id) => [id, {}]));
  for (const one of ids) {
    for (const other of ids.filter((id) => id > one)) {
      const { port1, port2 } = new MessageChannel();
      ports[one]![other] = port1;
      ports[other]![one] = port2;
    }
  }
  const threads = new Map(
    ids.map((id) => {
      const workerData: ThreadData = { id, balance: balances[id]!, ports: ports[id]! };
      const transferList = Object.values(ports[id]!);
      return [id, startThread(new URL('./thread.ts', import.meta.url), { workerData, transferList })];
    }),
  );
  return {
    ids,
    /** Asks a thread. */
    async ask<T>(id: string, question: Question): Promise<T> {
      const thread = threads.get(id)!;
      thread.postMessage(question);
      const [answer] = (await once(thread, 'message')) as [T];
      return answer;
    },
    stop: () => Promise.all(Array.from(threads.values(), (thread) => thread.terminate())),
  };
}
