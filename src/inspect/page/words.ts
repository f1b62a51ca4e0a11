/** How things are put in words. */
import { isObject } from '../../checks.js';
import type { StateView } from '../protocol.js';

/** A machine's state in a few words. */
export function nameOfState(view: StateView | undefined): string {
  if (view === undefined) return '';
  const { value, status } = view;
  const text = value === undefined || isEmpty(value) ? '' : nameOfValue(value);
  return [text, ...(status === 'active' ? [] : [status])].filter((part) => part !== '').join(', ');
}

function nameOfValue(value: unknown): string {
  if (!isObject(value)) return String(value);
  const parts = Object.entries(value).map(([key, inner]) => (isEmpty(inner) ? key : `${key}.${nameOfValue(inner)}`));
  return parts.join(' · ');
}

function isEmpty(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}

/** A number as people write it. */
export function nameOfNumber(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 4 });
}

/** A count with its noun. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${nameOfNumber(number)} ${number === 1 ? noun : plural}`;
}
