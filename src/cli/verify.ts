import { Command } from 'commander';
import { messageOf } from '../errors.js';
import { verifySnapshot, type GlobalSnapshot } from '../index.js';
import { readSnapshot } from './files.js';
import { printable, toJson, verdictText } from './print.js';

/** `verify FILE…`: exits with 1 when one is inconsistent, with 2 when one cannot be read. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('Verify that each snapshot is a consistent cut (exit 1 if not).')
    .argument('<file...>', 'snapshot files')
    .option('--json', 'one JSON object a file')
    .action((files: readonly string[], { json }: { json?: boolean }) => {
      for (const file of files) verifyFile(file, json === true);
    });
}

/** One file that cannot be read does not keep the verdict on the others back. */
function verifyFile(file: string, json: boolean): void {
  let snapshot: GlobalSnapshot;
  try {
    snapshot = readSnapshot(file);
  } catch (error) {
    const message = messageOf(error);
    console.error(`xstate-panorama: ${printable(message)}`);
    if (json) console.log(toJson({ file, error: message }));
    process.exitCode = 2;
    return;
  }
  const verdict = verifySnapshot(snapshot);
  if (!verdict.consistent) process.exitCode ??= 1;
  if (json) return console.log(toJson({ file, id: snapshot.id, ...verdict }));
  console.log(`${printable(file)}: ${verdictText(verdict)}`);
  if (!verdict.consistent) for (const { message } of verdict.violations) console.log(printable(`  ${message}`));
}
