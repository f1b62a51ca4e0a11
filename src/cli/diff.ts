import { isDeepStrictEqual } from 'node:util';
import { Command } from 'commander';
import type { GlobalSnapshot } from '../index.js';
import { readSnapshot } from './files.js';
import { brief, printable, table, toJson } from './print.js';

/** One place in which two snapshots differ. */
export interface Difference {
  readonly path: string;
  readonly a: unknown;
  readonly b: unknown;
}

/** `diff A B`: what differs between two snapshots. */
export function diffCommand(): Command {
  return new Command('diff')
    .description('Show where two snapshots differ.')
    .argument('<a>', 'a snapshot file')
    .argument('<b>', 'another')
    .option('--json', 'one JSON object a difference')
    .action((a: string, b: string, { json }: { json?: boolean }) => {
      const differences = diffSnapshots(readSnapshot(a), readSnapshot(b));
      if (json) for (const { path, a, b } of differences) console.log(toJson({ path, a, b }));
      else if (differences.length === 0) console.log('No difference.');
      else
        console.log(
          table(
            ['path', printable(a), printable(b)],
            differences.map((d) => [d.path, brief(d.a), brief(d.b)]),
          ),
        );
    });
}

/**
 * Where two snapshots differ: recorded states, counters, timers and channel states; not ids and initiators.
 * What is shared by several places is compared once, where it comes first.
 */
export function diffSnapshots(a: GlobalSnapshot, b: GlobalSnapshot): Difference[] {
  const differences: Difference[] = [];
  const compared = new Map<unknown, Set<unknown>>();
  const compare = (a: unknown, b: unknown, path: string): void => {
    if (Object.is(a, b) || isKnown(compared, a, b)) return;
    const [partsOfA, partsOfB] = [partsOf(a), partsOf(b)];
    if (partsOfA === undefined || partsOfB === undefined || tagOf(a) !== tagOf(b)) {
      if (!isDeepStrictEqual(a, b)) differences.push({ path, a, b });
      return;
    }
    for (const key of new Set([...Object.keys(partsOfA), ...Object.keys(partsOfB)])) {
      compare(own(partsOfA, key), own(partsOfB, key), Array.isArray(partsOfA) ? `${path}[${key}]` : `${path}.${key}`);
    }
  };
  compare(a.processes, b.processes, 'processes');
  compare(a.channels, b.channels, 'channels');
  return differences;
}

/** Whether two objects have been compared before; from now on they have. */
function isKnown(compared: Map<unknown, Set<unknown>>, a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  const others = compared.get(a) ?? new Set();
  if (others.has(b)) return true;
  compared.set(a, others.add(b));
  return false;
}

const own = (value: Record<string, unknown>, key: string) => (Object.hasOwn(value, key) ? value[key] : undefined);

const tagOf = (value: unknown) => Object.prototype.toString.call(value);

/** What a value is made of, to be compared one by one; nothing for a value that is compared as a whole. */
function partsOf(value: unknown): Record<string, unknown> | undefined {
  if (value instanceof Map || value instanceof Set) return [...value] as unknown as Record<string, unknown>;
  if (value instanceof Error) return { name: value.name, message: value.message, cause: value.cause };
  const isPlain = Array.isArray(value) || (typeof value === 'object' && value?.constructor === Object);
  return isPlain ? (value as Record<string, unknown>) : undefined;
}
