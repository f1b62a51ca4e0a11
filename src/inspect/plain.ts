/** Copies of whatever an application holds, to be looked at: plain, bounded, and redacted. */
import { isActorRef } from '../process/xstate-internals.js';

/**
 * Is asked of every property and item before it leaves the program, as `JSON.stringify`'s replacer: what it returns goes
 * in its place.
 */
export type Redact = (key: string, value: unknown) => unknown;

/** Values copied of one thing; the rest shows as `…`. */
const MOST_VALUES = 20_000;
/** A snapshot is to be restored from: a cut one would be none. */
export const UNBOUNDED = Infinity;
/** Levels of nesting. */
const MOST_DEPTH = 200;

/**
 * Copies a value as plain data. `Map`, `Set`, `Date`, `RegExp`, errors, binary data and cycles are kept; functions, symbols,
 * class instances and references to actors, which mean nothing elsewhere, become text or plain objects.
 */
export function toPlain(value: unknown, redact: Redact | undefined, most = MOST_VALUES): unknown {
  // Who looks needs not know that two are the same object; who restores may.
  const isQuick = redact === undefined && most !== UNBOUNDED;
  if (isQuick && isPrimitive(value)) return value;
  if (isQuick && typeof value === 'object' && isFlat(value!)) return { ...(value as object) };
  const copies = new Map<object, unknown>();
  let left = most;

  const copy = (key: string, original: unknown, depth: number): unknown => {
    const item = redact === undefined ? original : redact(key, original);
    if (typeof item === 'function') return `ƒ ${item.name}`;
    if (typeof item === 'symbol') return String(item);
    if (typeof item !== 'object' || item === null) return item;
    if (isQuick && isFlat(item)) return --left < 0 ? '…' : { ...item };
    const known = copies.get(item);
    if (known !== undefined) return known;
    if (--left < 0 || depth > MOST_DEPTH) return '…';
    return copyObject(item, depth + 1);
  };

  const copyObject = (item: object, depth: number): unknown => {
    const keep = <C>(made: C): C => {
      copies.set(item, made);
      return made;
    };
    if (Array.isArray(item)) {
      const made = keep([] as unknown[]);
      for (const [index, inner] of item.entries()) made.push(copy(String(index), inner, depth));
      return made;
    }
    if (isActorRef(item)) return keep({ $actor: item.id });
    if (item instanceof Map) {
      const made = keep(new Map<unknown, unknown>());
      for (const [key, inner] of item) made.set(copy('', key, depth), copy(String(key), inner, depth));
      return made;
    }
    if (item instanceof Set) {
      const made = keep(new Set<unknown>());
      for (const inner of item) made.add(copy('', inner, depth));
      return made;
    }
    if (item instanceof Error) return keep(copyError(item, (key, inner) => copy(key, inner, depth)));
    if (item instanceof Date || item instanceof RegExp || item instanceof ArrayBuffer || ArrayBuffer.isView(item)) {
      return keep(structuredClone(item));
    }
    const made = keep<Record<string, unknown>>({});
    const name = (Object.getPrototypeOf(item) as { constructor?: { name?: string } } | null)?.constructor?.name;
    if (name !== undefined && name !== 'Object') made.$class = name;
    for (const [key, inner] of Object.entries(item)) if (key !== '__proto__') made[key] = copy(key, inner, depth);
    return made;
  };

  return copy('', value, 0);
}

function isPrimitive(value: unknown): boolean {
  return (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol') || value === null;
}

/** Whether it is a plain object without anything in it to be copied: most events are, and it saves half of their cost. */
function isFlat(item: object): boolean {
  if (Object.getPrototypeOf(item) !== Object.prototype) return false;
  let count = 0;
  for (const key in item) {
    const value = (item as Record<string, unknown>)[key];
    if (!isPrimitive(value) || key === '__proto__' || ++count > 20) return false;
  }
  return true;
}

function copyError(error: Error, copy: (key: string, value: unknown) => unknown): Error {
  const made = new Error();
  for (const key of ['name', 'message', 'stack', 'cause'] as const) {
    if (key in error)
      Object.defineProperty(made, key, { value: copy(key, error[key]), configurable: true, writable: true });
  }
  return made;
}
