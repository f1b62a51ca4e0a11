/** Checks of what comes from outside: arguments and options, ids, events. What is wrong is refused in one form of sentence. */
import type { EventObject } from 'xstate';
import { PanoramaError, describe, type PanoramaErrorCode } from './errors.js';

/**
 * Refuses a value: throws ``Expected `what`, got …``, and what to do about it.
 *
 * @param what What the value should have been, as in "`everyMs` to be a number > 0 (milliseconds)".
 * @param got The value that was given.
 * @param advice What to do; a whole sentence.
 * @param code What is wrong, for a program to branch on.
 * @throws `code`, always.
 */
export function expected(what: string, got: unknown, advice = '', code: PanoramaErrorCode = 'invalid-argument'): never {
  throw new PanoramaError(code, `Expected ${what}, got ${describe(got)}.${advice && ` ${advice}`}`);
}

/** Whether a value is an object of any kind, an array too; functions are none. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** {@link isObject}, denied, for a value that is typed already: the check leaves its type alone. */
export const isNoObject = (value: unknown): boolean => !isObject(value);

/** Whether a value is an object and no array: it has fields by name. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return isObject(value) && !Array.isArray(value);
}

/** The first of some ids, for a message. */
export function list(ids: readonly string[], most = 10): string {
  return ids.length <= most ? ids.join(', ') : `${ids.slice(0, most).join(', ')} and ${ids.length - most} more`;
}

/** Checks a process id. Throws `invalid-argument`. */
export function parseId(id: unknown): string {
  return typeof id === 'string' && id !== '' && !id.includes('->') && id !== '__proto__'
    ? id
    : expected('a process id to be a non-empty string without "->" that is not "__proto__"', id);
}

/** Checks an event that is sent from outside. Throws `invalid-argument`. */
export function parseEvent(event: EventObject): EventObject {
  if (isNoObject(event) || typeof event.type !== 'string') expected('an event object with a string `type`', event);
  return event;
}
