#!/usr/bin/env node
/** The command line, `xstate-panorama`. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { messageOf } from '../errors.js';
import { isPanoramaError, type PanoramaErrorCode } from '../index.js';
import { diffCommand } from './diff.js';
import { exportCommand } from './export.js';
import { inspectCommand } from './inspect.js';
import { exploreCommand } from './explore.js';
import { printable } from './print.js';
import { restoreCommand, runCommand } from './run.js';
import { showCommand } from './show.js';
import { simulateCommand } from './simulate.js';
import { UsageError } from './usage-error.js';
import { verifyCommand } from './verify.js';

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('xstate-panorama')
  .description('Consistent global snapshots of running XState actors.')
  .version(version)
  .showHelpAfterError('(see --help)')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
for (const command of [
  runCommand(),
  showCommand(),
  verifyCommand(),
  diffCommand(),
  restoreCommand(),
  inspectCommand(),
  exportCommand(),
  exploreCommand(),
  simulateCommand(),
]) {
  program.addCommand(command.copyInheritedSettings(program));
}

/** What the person who wrote the module or named the file can mend. */
const BAD_INPUT: readonly PanoramaErrorCode[] = ['invalid-file', 'invalid-argument', 'unreachable', 'does-not-fit'];

// The reader of our output may leave early, as `head` does: then there is nothing left to do.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(process.exitCode);
});

try {
  await program.parseAsync();
} catch (error) {
  const isExpected = error instanceof UsageError || isPanoramaError(error);
  const message = messageOf(error);
  console.error(`xstate-panorama: ${printable(message)}`);
  if (process.env.DEBUG !== undefined || !isExpected) console.error(error);
  process.exitCode = error instanceof UsageError || (isPanoramaError(error) && BAD_INPUT.includes(error.code)) ? 2 : 1;
}
// A pipe takes what we printed as fast as its reader reads: leaving before that would cut it off.
for (const stream of [process.stdout, process.stderr]) await new Promise((resolve) => stream.write('', resolve));
// A user's module may have left timers of its own behind.
process.exit();
