/** How things look in a terminal, or in what it is piped into. */
import Table from 'cli-table3';
import picocolors from 'picocolors';
import type { Verdict } from '../index.js';
import { MAX_DEPTH, plain, printable } from '../text.js';
import { UsageError } from './usage-error.js';

export { brief, printable } from '../text.js';

/** Colours on a terminal that shows them; none in a pipe or a file, whatever else the environment says. */
const color = picocolors.createColors(process.stdout.hasColors?.() ?? false);

/** A table of untrusted text. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const drawn = new Table({
    head: head.map((cell) => color.bold(cell)),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) drawn.push(row.map((cell) => printable(String(cell))));
  return drawn.toString();
}

/** Values printed as JSON: shared structure is written out each time, so a small file could ask for endless text. */
const JSON_VALUES = 5_000_000;

/**
 * JSON for programs: what JSON has not is given as `{ $type: value }`.
 *
 * @throws UsageError for what would be more text than anybody can read.
 */
export function toJson(value: unknown): string {
  const spent = () => {
    throw new UsageError(
      `Expected at most ${JSON_VALUES} values, nested ${MAX_DEPTH} deep, to print as JSON, got more: read the file with parseSnapshot instead.`,
    );
  };
  return JSON.stringify(plain(value, { left: JSON_VALUES, spent }));
}

/** Good or bad at a glance. */
export function mark(isGood: boolean): string {
  return isGood ? color.green('✓') : color.red('✗');
}

/** A verdict in a word. */
export function verdictText(verdict: Verdict): string {
  return verdict.consistent ? color.green('consistent') : color.red(`INCONSISTENT (${verdict.violations.length})`);
}
