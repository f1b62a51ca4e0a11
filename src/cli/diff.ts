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

/** Where two snapshots differ: recorded states, counters, timers and channel states; not ids and initiators. */
export function diffSnapshots(a: GlobalSnapshot, b: GlobalSnapshot): Difference[] {
  return [
    ...diffValues(a.processes, b.processes, 'processes', []),
    ...diffValues(a.channels, b.channels, 'channels', []),
  ];
}

function diffValues(a: unknown, b: unknown, path: string, above: readonly unknown[]): Difference[] {
  if (Object.is(a, b) || above.includes(a)) return [];
  if (!isComparable(a) || !isComparable(b) || Array.isArray(a) !== Array.isArray(b)) {
    return brief(a, Infinity) === brief(b, Infinity) ? [] : [{ path, a, b }];
  }
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].flatMap((key) =>
    diffValues(a[key], b[key], Array.isArray(a) ? `${path}[${key}]` : `${path}.${key}`, [...above, a]),
  );
}

function isComparable(value: unknown): value is Record<string, unknown> {
  return Array.isArray(value) || (typeof value === 'object' && value?.constructor === Object);
}
