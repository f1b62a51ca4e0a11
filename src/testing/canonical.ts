/**
 * The canonical text of plain data: the same for equal data, whatever the order of an object's keys, of a `Map`'s entries
 * or of a `Set`'s items, and another one for data that differs. It is what states are told apart by.
 *
 * Errors are equal when name, message and cause are: where they were thrown tells of the run, not of the state.
 *
 * @param value Plain data, as in a recorded state: what `copyPlain` takes.
 */
export function canonicalText(value: unknown): string {
  return textOf(value, []);
}

/** @param within The objects that the value is in, outermost first: a cycle is written as the way back. */
function textOf(value: unknown, within: readonly object[]): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
      return `${value}n`;
    case 'object':
      return value === null ? 'null' : textOfObject(value, within);
    default:
      return String(value);
  }
}

function textOfObject(value: object, within: readonly object[]): string {
  const back = within.indexOf(value);
  if (back >= 0) return `^${within.length - back}`;
  const path = [...within, value];
  const text = (part: unknown) => textOf(part, path);
  if (Array.isArray(value))
    return `[${Array.from(value, (item, index) => (index in value ? text(item) : 'empty')).join()}]`;
  if (value instanceof Map) {
    return `Map{${Array.from(value, ([key, item]) => `${text(key)}=>${text(item)}`)
      .sort()
      .join()}}`;
  }
  if (value instanceof Set) return `Set{${Array.from(value, text).sort().join()}}`;
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (value instanceof RegExp) return `RegExp(${String(value)},${value.lastIndex})`;
  if (value instanceof Error) return `Error(${text(value.name)},${text(value.message)},${text(value.cause)})`;
  if (value instanceof ArrayBuffer) return `ArrayBuffer(${new Uint8Array(value).join()})`;
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return `${value.constructor.name}(${bytes.join()})`;
  }
  const record = value as Record<string, unknown>;
  const entries = Object.keys(record).sort();
  return `{${entries.map((key) => `${JSON.stringify(key)}:${text(record[key])}`).join()}}`;
}
