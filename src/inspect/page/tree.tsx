/** Any value as a tree that opens as far as one wants. */
import { useSignal } from '@preact/signals';
import { textOf } from '../run/summary.js';

/** Entries shown of one value. */
const MOST = 200;

/** A value and its name. */
export function Tree({
  name,
  value,
  isOpen = false,
}: {
  readonly name: string;
  readonly value: unknown;
  readonly isOpen?: boolean;
}) {
  const open = useSignal(isOpen);
  const entries = entriesOf(value);
  if (entries === undefined || entries.length === 0) {
    return (
      <span class="leaf">
        <span class="key">{name}</span> <code>{textOf(value)}</code>
      </span>
    );
  }
  return (
    <details open={open.value} onToggle={(event) => (open.value = event.currentTarget.open)}>
      <summary>
        <span class="key">{name}</span> <code>{textOf(value, 2)}</code>
      </summary>
      {/* What is closed is not there: a value may hold itself. */}
      {open.value ? (
        <ul>
          {entries.slice(0, MOST).map(([key, item]) => (
            <li key={key}>
              <Tree name={key} value={item} />
            </li>
          ))}
          {entries.length > MOST ? <li>… and {entries.length - MOST} more</li> : null}
        </ul>
      ) : null}
    </details>
  );
}

function entriesOf(value: unknown): [string, unknown][] | undefined {
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof RegExp) return undefined;
  if (value instanceof Error)
    return [
      ['name', value.name],
      ['message', value.message],
    ];
  if (value instanceof Map) return Array.from(value, ([key, item]) => [textOf(key), item]);
  if (value instanceof Set) return Array.from(value, (item, index) => [String(index), item]);
  return Object.entries(value);
}
