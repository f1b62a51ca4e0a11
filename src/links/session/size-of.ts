/** About how large values are as text: what windows and limits in bytes go by. Writing them to measure them would cost more than sending. */

/** What anything small takes, its comma included. */
const SMALL = 8;

/**
 * About how many characters a value takes as text; exact for none. Of a value that occurs more than once, the first counts.
 *
 * @param seen What was counted before.
 */
export function sizeOf(value: unknown, seen?: Set<object>): number {
  if (typeof value === 'string') return value.length + SMALL;
  if (typeof value !== 'object' || value === null) return SMALL;
  if (isFlat(value)) return sizeOfFlat(value);
  if (seen?.has(value)) return SMALL;
  return sizeOfDeep(value, (seen ?? new Set()).add(value));
}

/** Most events are, and no place needs to be kept in mind of what holds no objects. */
function isFlat(value: object): boolean {
  if (Symbol.iterator in value || ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return false;
  for (const key in value) if (typeof value[key as never] === 'object') return false;
  return true;
}

function sizeOfFlat(value: object): number {
  let size = SMALL;
  for (const key in value) {
    const item = value[key as never] as unknown;
    size += key.length + SMALL + (typeof item === 'string' ? item.length : SMALL);
  }
  return size;
}

function sizeOfDeep(value: object, seen: Set<object>): number {
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return SMALL + (value.byteLength * 4) / 3; // base64
  let size = SMALL;
  if (value instanceof Map) for (const [key, item] of value) size += sizeOf(key, seen) + sizeOf(item, seen);
  else if (value instanceof Set || Array.isArray(value)) for (const item of value) size += sizeOf(item, seen);
  else for (const key in value) size += key.length + SMALL + sizeOf(value[key as never], seen);
  return size;
}
