/** Values and untrusted text, for people to read. */

/** Text from files and modules is not trusted: no control or direction character of it reaches the terminal. */
export function printable(text: string): string {
  return text.replace(/[^\P{C}\n\t]/gu, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
}

/** Values that are looked at for one line, which shows a few of them. */
const BRIEF_VALUES = 1000;
/** Levels of nesting. */
export const MAX_DEPTH = 1000;

/** What may still be visited. */
export interface Budget {
  left: number;
  /** Says what stands for the rest; or throws. */
  readonly spent: () => unknown;
}

/** Any value on one line, shortened. */
export function brief(value: unknown, most = 60): string {
  const text = JSON.stringify(plain(value, { left: BRIEF_VALUES, spent: () => '…' })) ?? 'undefined';
  return printable(text.length > most ? `${text.slice(0, most - 1)}…` : text);
}

/** A value as plain JSON: what JSON has not is given as `{ $type: value }`, what the budget does not reach as it says. */
export function plain(value: unknown, budget: Budget, above: readonly object[] = []): unknown {
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
