/** Copies of what is recorded: the live objects go on changing, and restoring mutates its input. */
import { PanoramaError } from './errors.js';
import { isActorRef } from './xstate-internals.js';

/**
 * Copies plain data deeply: objects, arrays, `Map`, `Set`, `Date`, `RegExp`, errors, binary data, every primitive but
 * symbols; shared references and cycles stay shared.
 *
 * @param value What to copy.
 * @param path What to call it in an error.
 * @throws `not-recordable`, naming the path, for a function, symbol, class instance or the like.
 */
export function copyPlain<T>(value: T, path: string): T {
  return copyValue(value, path, new Map()) as T;
}

/** What has been copied so far, by the original. */
type Copies = Map<object, unknown>;

function copyValue(value: unknown, path: string, copies: Copies): unknown {
  if (typeof value === 'function') return refuse(path, `a function`, 'Keep functions in the machine, not in its data.');
  if (typeof value === 'symbol') return refuse(path, `a symbol`, 'Use a string.');
  if (typeof value !== 'object' || value === null) return value;
  const known = copies.get(value);
  return known !== undefined ? known : copyObject(value, path, copies);
}

function copyObject(value: object, path: string, copies: Copies): unknown {
  const keep = <C>(copy: C): C => {
    copies.set(value, copy);
    return copy;
  };
  if (Array.isArray(value)) {
    const copy = keep(new Array<unknown>(value.length));
    value.forEach((item, index) => (copy[index] = copyValue(item, `${path}[${index}]`, copies)));
    return copy;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) {
    const copy = keep<Record<string, unknown>>({});
    for (const key of Object.keys(value)) {
      if (key === '__proto__') return refuse(path, 'a key `__proto__`', 'Rename the key.');
      copy[key] = copyValue((value as Record<string, unknown>)[key], `${path}.${key}`, copies);
    }
    return copy;
  }
  if (isActorRef(value)) {
    return refuse(
      path,
      `a reference to actor "${value.id}"`,
      'Keep its id instead, and look it up with `system.get(id)`.',
    );
  }
  if (value instanceof Map) {
    const copy = keep(new Map<unknown, unknown>());
    for (const [key, item] of value) {
      copy.set(copyValue(key, `${path} (key)`, copies), copyValue(item, `${path}.get(${String(key)})`, copies));
    }
    return copy;
  }
  if (value instanceof Set) {
    const copy = keep(new Set<unknown>());
    for (const item of value) copy.add(copyValue(item, `${path} (item)`, copies));
    return copy;
  }
  if (value instanceof Error) return keep(copyError(value, path, copies));
  if (value instanceof Date || value instanceof RegExp || value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
    return keep(structuredClone(value));
  }
  const name = (prototype as { constructor?: { name?: string } }).constructor?.name ?? 'unknown';
  return refuse(
    path,
    `an instance of class ${name}`,
    'Keep plain data, and build the object from it where it is used.',
  );
}

/** An error of any class becomes a plain `Error` that keeps name, message, stack and cause: a failed process is recorded too. */
function copyError(error: Error, path: string, copies: Copies): Error {
  const copy = new Error(error.message);
  const define = (key: 'name' | 'stack' | 'cause', item: unknown) =>
    Object.defineProperty(copy, key, { value: item, configurable: true, writable: true });
  define('name', error.name);
  define('stack', error.stack);
  if ('cause' in error) define('cause', copyValue(error.cause, `${path}.cause`, copies));
  return copy;
}

function refuse(path: string, got: string, advice: string): never {
  throw new PanoramaError('not-recordable', `Expected plain data at ${path}, got ${got}. ${advice}`);
}
