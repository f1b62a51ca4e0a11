/** Node's threads read no TypeScript by themselves. */
import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { buildSync } from 'esbuild';

/** The programs of threads, each bundled once. */
const programs = new Map<string, string>();

/** Starts a thread that runs a TypeScript module, with all that a `Worker` takes. */
export function startThread(module: URL, options: WorkerOptions): Worker {
  const entry = fileURLToPath(module);
  const known = programs.get(entry);
  const code =
    known ?? buildSync({ entryPoints: [entry], bundle: true, platform: 'node', write: false }).outputFiles[0]!.text;
  programs.set(entry, code);
  return new Worker(code, { ...options, eval: true });
}
