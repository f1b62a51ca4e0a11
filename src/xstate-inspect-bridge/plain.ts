/** Copies of what an application holds that JSON can carry, whatever it is. */
import { configure } from 'safe-stable-stringify';

/** Is asked of every property before it leaves the program, as `JSON.stringify`'s replacer: what it returns goes in its place. */
export type Redact = (key: string, value: unknown) => unknown;

const stringify = configure({
  deterministic: false,
  circularValue: '[circular]',
  maximumDepth: 50,
  maximumBreadth: 5_000,
  bigint: false, // the replacer makes text of them: JSON numbers would not be exact
});

/** Copies a value as plain JSON data: `undefined` when nothing of it can be carried. */
export function toJson(value: unknown, redact: Redact | undefined): unknown {
  const text = stringify(value, (key, item: unknown) => replace(redact === undefined ? item : redact(key, item)));
  return text === undefined ? undefined : JSON.parse(text);
}

function replace(item: unknown): unknown {
  if (typeof item === 'bigint') return `${item}n`;
  if (typeof item === 'function') return `ƒ ${item.name}`;
  if (typeof item === 'symbol') return String(item);
  if (item instanceof Map)
    return Object.fromEntries(Array.from(item, ([key, inner]) => [String(key), inner as unknown]));
  if (item instanceof Set) return [...(item as Set<unknown>)];
  if (item instanceof Error) return { name: item.name, message: item.message };
  return item;
}
