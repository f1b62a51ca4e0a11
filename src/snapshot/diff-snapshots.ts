import type { AnyGlobalSnapshot } from '../global-snapshot.js';

/** One place in which two snapshots differ. */
export interface Difference {
  /** Where, as `processes.alice.snapshot.context.balance`. */
  readonly path: string;
  readonly a: unknown;
  readonly b: unknown;
}

/**
 * Tells where two global snapshots differ: recorded states, timers, counters and channel states; not ids and initiators.
 * What is shared by several places is compared once, where it comes first; of errors, name, message and cause.
 *
 * @returns The differences, in the order of the parts; none when both are the same global state.
 */
export function diffSnapshots(a: AnyGlobalSnapshot, b: AnyGlobalSnapshot): Difference[] {
  return [...differences(a.processes, b.processes, 'processes'), ...differences(a.channels, b.channels, 'channels')];
}

/** Where two pieces of plain data differ. */
export function differences(a: unknown, b: unknown, path: string): Difference[] {
  const found: Difference[] = [];
  const compared = new Map<unknown, Set<unknown>>();
  const compare = (a: unknown, b: unknown, path: string): void => {
    if (Object.is(a, b) || isKnown(compared, a, b)) return;
    const [partsOfA, partsOfB] = [partsOf(a), partsOf(b)];
    if (partsOfA === undefined || partsOfB === undefined || tagOf(a) !== tagOf(b)) {
      found.push({ path, a, b });
      return;
    }
    for (const key of new Set([...Object.keys(partsOfA), ...Object.keys(partsOfB)])) {
      compare(own(partsOfA, key), own(partsOfB, key), Array.isArray(partsOfA) ? `${path}[${key}]` : `${path}.${key}`);
    }
  };
  compare(a, b, path);
  return found;
}

/** Whether two objects have been compared before; from now on they have. */
function isKnown(compared: Map<unknown, Set<unknown>>, a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  const others = compared.get(a) ?? new Set();
  if (others.has(b)) return true;
  compared.set(a, others.add(b));
  return false;
}

const own = (value: Record<string, unknown>, key: string) => (Object.hasOwn(value, key) ? value[key] : undefined);

const tagOf = (value: unknown) => Object.prototype.toString.call(value);

/** What a value is made of, to be compared one by one; nothing for a value that is compared as a whole. */
function partsOf(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (value instanceof Map || value instanceof Set) return [...value] as unknown as Record<string, unknown>;
  if (value instanceof Error) return { name: value.name, message: value.message, cause: value.cause };
  if (value instanceof Date) return { time: value.getTime() };
  if (value instanceof RegExp) return { source: value.source, flags: value.flags };
  if (value instanceof ArrayBuffer) return [...new Uint8Array(value)] as never;
  if (ArrayBuffer.isView(value)) return [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)] as never;
  return value as Record<string, unknown>;
}
