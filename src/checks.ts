import type { EventObject } from 'xstate';
import { PanoramaError, describe } from './errors.js';

export const expected = (what: string, got: unknown, advice = ''): never => {
  throw new PanoramaError('invalid-argument', `Expected ${what}, got ${describe(got)}.${advice && ` ${advice}`}`);
};

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The same for what is typed already: leaves the type alone. */
export const isNoObject = (value: unknown): boolean => !isObject(value);

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
  if (!isObject(event) || typeof event.type !== 'string') expected('an event object with a string `type`', event);
  return event;
}
