/** What people read off a global snapshot: sums of what is counted, and values on a line. */
import type { GlobalSnapshot } from '../../global-snapshot.js';

/** The sum of a numeric field over all processes, or over all messages in flight. */
export interface FieldSum {
  readonly where: 'state' | 'in flight';
  /** The field's path, as `balance`, or `birds[].x` for that of all items of a list. */
  readonly field: string;
  readonly sum: number;
  /** How many values were added. */
  readonly count: number;
}

/** Fields summed at most; levels looked into. */
const MOST_FIELDS = 40;
const MOST_DEPTH = 4;

/** The sums of all numeric fields of the contexts, and of the messages in flight. */
export function sumFields({ processes, channels }: GlobalSnapshot): FieldSum[] {
  const sums = new Map<string, { where: FieldSum['where']; field: string; sum: number; count: number }>();
  const add = (where: FieldSum['where'], field: string, value: number) => {
    const key = `${where} ${field}`;
    const known = sums.get(key);
    if (known !== undefined) {
      known.sum += value;
      known.count++;
    } else if (sums.size < MOST_FIELDS) sums.set(key, { where, field, sum: value + 0, count: 1 }); // -0 is 0
  };
  /** @param within What holds the value: one that holds itself is not counted again. */
  const walk = (where: FieldSum['where'], field: string, value: unknown, within: readonly unknown[] = []) => {
    if (typeof value === 'number' && Number.isFinite(value)) add(where, field, value);
    else if (within.length < MOST_DEPTH && isPlain(value) && !within.includes(value)) {
      // The items of a list are added up: their places say nothing.
      const isList = Array.isArray(value);
      const inside = [...within, value];
      for (const [key, item] of Object.entries(value))
        walk(where, isList ? `${field}[]` : field === '' ? key : `${field}.${key}`, item, inside);
    }
  };
  for (const { snapshot } of Object.values(processes)) walk('state', '', (snapshot as { context?: unknown }).context);
  for (const { messages } of Object.values(channels)) for (const { event } of messages) walk('in flight', '', event);
  return [...sums.values()];
}

/** A value on one line, as JavaScript would write it, more or less. */
export function textOf(value: unknown, depth = 3): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof RegExp || value instanceof Error) return String(value);
  if (depth === 0) return '…';
  const items = (list: Iterable<unknown>) => shorten(Array.from(list, (item) => textOf(item, depth - 1)));
  if (Array.isArray(value)) return `[${items(value)}]`;
  if (value instanceof Set) return `Set {${items(value)}}`;
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  const text = entries.map(
    ([key, item]) => `${typeof key === 'string' ? key : textOf(key, depth - 1)}: ${textOf(item, depth - 1)}`,
  );
  return `${value instanceof Map ? 'Map ' : ''}{${shorten(text)}}`;
}

/** The first of many. */
const shorten = (parts: readonly string[]) => [...parts.slice(0, 30), ...(parts.length > 30 ? ['…'] : [])].join(', ');

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null);
}
