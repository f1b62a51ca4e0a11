import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { GlobalSnapshot } from '../../src/index.js';
import { buildSync } from 'esbuild';
import type { Command, ThreadData } from '../links/thread.js';

/** The threads' program, bundled once: Node's threads read no TypeScript. */
const { text: code } = buildSync({
  entryPoints: [fileURLToPath(new URL('../links/thread.ts', import.meta.url))],
  bundle: true,
  platform: 'node',
  write: false,
}).outputFiles[0]!;

/** A thread with one process, asked one thing at a time. */
export interface Thread {
  ask<T>(command: Command): Promise<T>;
  terminate(): Promise<unknown>;
}

/** Starts a thread for each process, with a link between each two that are named. */
export function startThreads<TId extends string>(
  balances: Readonly<Record<TId, number | undefined>>,
  links: readonly (readonly [TId, TId])[],
  snapshot?: GlobalSnapshot,
): Record<TId, Thread> {
  const ids = Object.keys(balances) as TId[];
  const ports = Object.fromEntries(ids.map((id) => [id, {} as Record<string, MessagePort>]));
  for (const [a, b] of links) {
    const { port1, port2 } = new MessageChannel();
    ports[a]![b] = port1;
    ports[b]![a] = port2;
  }
  return Object.fromEntries(
    ids.map((id) => [id, startThread({ id, balance: balances[id], ports: ports[id]!, snapshot })]),
  ) as Record<TId, Thread>;
}

function startThread(workerData: ThreadData): Thread {
  const worker = new Worker(code, { eval: true, workerData, transferList: Object.values(workerData.ports) });
  let last: Promise<unknown> = Promise.resolve();
  return {
    ask<T>(command: Command) {
      const asked = last.then(async () => {
        worker.postMessage(command);
        const [said] = (await once(worker, 'message')) as [{ answer: T } | { error: object }];
        if ('error' in said) throw Object.assign(new Error('the thread said so'), said.error);
        return said.answer;
      });
      last = asked.catch(() => undefined);
      return asked;
    },
    terminate: () => worker.terminate(),
  };
}
