import { Command } from 'commander';
import { diffSnapshots } from '../index.js';
import { readSnapshot } from './files.js';
import { brief, printable, table, toJson } from './print.js';

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
