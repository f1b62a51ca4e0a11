import { existsSync, readdirSync } from 'node:fs';
import type { Demo } from './define-demo.js';

const folder = new URL('../', import.meta.url);

/** The names of all demos: each folder beside the runner's that has a `demo.ts`. */
export function findDemos(): string[] {
  return readdirSync(folder)
    .filter((name) => existsSync(new URL(`${name}/demo.ts`, folder)))
    .sort();
}

/**
 * Loads a demo.
 *
 * @throws Error when there is none of this name.
 */
export async function loadDemo(name: string): Promise<Demo> {
  const names = findDemos();
  if (!names.includes(name)) throw new Error(`Expected a demo (${names.join(', ')}), got "${name}".`);
  const { default: demo } = (await import(new URL(`${name}/demo.ts`, folder).href)) as { readonly default: Demo };
  return demo;
}
