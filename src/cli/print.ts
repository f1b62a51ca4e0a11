/** How things look in a terminal, or in what it is piped into. */
import Table from 'cli-table3';
import picocolors from 'picocolors';
import type { Verdict } from '../index.js';
import { UsageError } from './usage-error.js';

/** Colours on a terminal that shows them; none in a pipe or a file, whatever else the environment says. */
const color = picocolors.createColors(process.stdout.hasColors?.() ?? false);

/** Text from files and modules is not trusted: no control or direction character of it reaches the terminal. */
export function printable(text: string): string {
  return text.replace(/[^\P{C}\n\t]/gu, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
}

/** A table of untrusted text. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const drawn = new Table({
    head: head.map((cell) => color.bold(cell)),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) drawn.push(row.map((cell) => printable(String(cell))));
  return drawn.toString();
}

/** Values that are looked at for one line, which shows a few of them. */
const BRIEF_VALUES = 1000;
/** Values printed as JSON: shared structure is written out each time, so a small file could ask for endless text. */
const JSON_VALUES = 5_000_000;
/** Levels of nesting. */
const MAX_DEPTH = 1000;

/** What may still be visited. */
interface Budget {
  left: number;
  /** Says what stands for the rest; or throws. */
  readonly spent: () => unknown;
}

/** Any value on one line, shortened. */
export function brief(value: unknown, most = 60): string {
  const text = JSON.stringify(plain(value, { left: BRIEF_VALUES, spent: () => '…' })) ?? 'undefined';
  return printable(text.length > most ? `${text.slice(0, most - 1)}…` : text);
}

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

function plain(value: unknown, budget: Budget, above: readonly object[] = []): unknown {
  if (--budget.left < 0 || above.length >= MAX_DEPTH) return budget.spent();
  if (typeof value === 'bigint') return { $bigint: String(value) };
  if (value === undefined) return above.length > 0 ? { $undefined: true } : undefined;
  if (typeof value === 'number' && !Number.isFinite(value)) return { $number: String(value) };
  if (typeof value !== 'object' || value === null) return value;
  if (above.includes(value)) return { $cycle: above.length - above.indexOf(value) };
  const within = [...above, value];
  const inner = (item: unknown) => plain(item, budget, within);
  if (Array.isArray(value)) return value.map(inner);
  if (value instanceof Map) return { $map: [...value].map(([key, item]) => [inner(key), inner(item)]) };
  if (value instanceof Set) return { $set: [...value].map(inner) };
  if (value instanceof Date) return { $date: Number.isNaN(value.getTime()) ? null : value.toISOString() };
  if (value instanceof RegExp) return { $regexp: String(value) };
  if (value instanceof Error) return { $error: `${value.name}: ${value.message}` };
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inner(item)]));
}

/** A verdict in a word. */
export function verdictText(verdict: Verdict): string {
  return verdict.consistent ? color.green('consistent') : color.red(`INCONSISTENT (${verdict.violations.length})`);
}
