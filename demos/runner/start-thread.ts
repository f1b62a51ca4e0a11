/** Node's threads read no TypeScript by themselves. */
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** Starts a thread that runs a TypeScript module, with all that a `Worker` takes. */
export function startThread(module: URL, options: WorkerOptions): Worker {
  const [url, here] = [module.href, import.meta.url].map((text) => JSON.stringify(text));
  return new Worker(`import('tsx/esm/api').then(({ tsImport }) => tsImport(${url}, ${here}));`, {
    ...options,
    eval: true,
  });
}
