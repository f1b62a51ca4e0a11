/** Copies of what is recorded: the live objects go on changing, and restoring mutates its input. */
import type { AnyActorRef } from 'xstate';
import { PanoramaError } from '../errors.js';
import { isActorRef } from './xstate-internals.js';

/** Levels of nesting that are carried: at three times as many `structuredClone` and serializers run out of stack. */
const MAX_DEPTH = 500;

/** What stands for a reference to an actor in a copy; throws for one that cannot be carried. */
export type CarryRef = (ref: AnyActorRef, path: string) => unknown;

/**
 * Copies plain data deeply: objects, arrays, `Map`, `Set`, `Date`, `RegExp`, errors, binary data, every primitive but
 * symbols; shared references and cycles stay shared.
 *
 * @param value What to copy.
 * @param path What to call it in an error.
 * @param carryRef What becomes of references to actors; default: they are refused.
 * @throws `not-recordable`, naming the path, for a function, symbol, class instance or the like, and for what is nested
 *   more than 500 deep.
 */
export function copyPlain<T>(value: T, path: string, carryRef: CarryRef = refuseRef): T {
  return copyValue(value, path, { copies: undefined, carryRef, depth: 0 }) as T;
}

interface Copying {
  /** What has been copied so far, by the original; undefined before the first. */
  copies: Map<object, unknown> | undefined;
  readonly carryRef: CarryRef;
  depth: number;
}

function copyValue(value: unknown, path: string, copying: Copying): unknown {
  if (typeof value === 'function')
    return refuseValue(path, `a function`, 'Keep functions in the machine, not in its data.');
  if (typeof value === 'symbol') return refuseValue(path, `a symbol`, 'Use a string.');
  if (typeof value !== 'object' || value === null) return value;
  const known = copying.copies?.get(value);
  if (known !== undefined) return known;
  if (copying.depth === MAX_DEPTH) {
    return refuseValue(
      path,
      `more than ${MAX_DEPTH} levels of nesting`,
      'Keep lists as arrays, not as chains of objects.',
    );
  }
  copying.depth++;
  const copy = copyObject(value, path, copying);
  copying.depth--;
  return copy;
}

function copyObject(value: object, path: string, copying: Copying): unknown {
  const keep = <C>(copy: C): C => {
    (copying.copies ??= new Map()).set(value, copy);
    return copy;
  };
  if (Array.isArray(value)) {
    const copy = keep(new Array<unknown>(value.length));
    value.forEach((item, index) => (copy[index] = copyValue(item, `${path}[${index}]`, copying)));
    return copy;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) {
    const copy = keep<Record<string, unknown>>({});
    for (const key of Object.keys(value)) {
      if (key === '__proto__') return refuseValue(path, 'a key `__proto__`', 'Rename the key.');
      copy[key] = copyValue((value as Record<string, unknown>)[key], `${path}.${key}`, copying);
    }
    return copy;
  }
  if (isActorRef(value)) return copying.carryRef(value, path);
  if (value instanceof Map) {
    const copy = keep(new Map<unknown, unknown>());
    for (const [key, item] of value) {
      copy.set(copyValue(key, `${path} (key)`, copying), copyValue(item, `${path}.get(${String(key)})`, copying));
    }
    return copy;
  }
  if (value instanceof Set) {
    const copy = keep(new Set<unknown>());
    for (const item of value) copy.add(copyValue(item, `${path} (item)`, copying));
    return copy;
  }
  if (value instanceof Error) return copyError(value, keep(new Error(value.message)), path, copying);
  if (value instanceof Date || value instanceof RegExp || value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
    return keep(structuredClone(value));
  }
  const name = (prototype as { constructor?: { name?: string } }).constructor?.name ?? 'unknown';
  return refuseValue(
    path,
    `an instance of class ${name}`,
    'Keep plain data, and build the object from it where it is used.',
  );
}

/** An error of any class becomes a plain `Error` that keeps name, message, stack and cause: a failed process is recorded too. */
function copyError(error: Error, copy: Error, path: string, copying: Copying): Error {
  const define = (key: 'name' | 'stack' | 'cause', item: unknown) =>
    Object.defineProperty(copy, key, { value: item, configurable: true, writable: true });
  define('name', error.name);
  define('stack', error.stack);
  // Nobody would give references back there.
  const within = { ...copying, carryRef: refuseRef };
  if ('cause' in error) define('cause', copyValue(error.cause, `${path}.cause`, within));
  return copy;
}

function refuseRef(ref: AnyActorRef, path: string): never {
  const advice = 'Keep its id instead, and look it up with `system.get(id)`.';
  return refuseValue(path, `a reference to actor "${ref.id}"`, advice);
}

function refuseValue(path: string, got: string, advice: string): never {
  const shown = path.length > 200 ? `${path.slice(0, 120)} … ${path.slice(-60)}` : path;
  throw new PanoramaError('not-recordable', `Expected plain data at ${shown}, got ${got}. ${advice}`);
}
