import { expected } from '../../checks.js';
import type { Blocked } from './wait-graph.js';

/** What a process waits for before it can go on: for all of some processes (AND), any one (OR), or at least so many of them. */
export type Wait =
  | { readonly allOf: readonly string[] }
  | { readonly anyOf: readonly string[] }
  | { readonly atLeast: number; readonly of: readonly string[] };

/** A tag of this form declares that a process in that state waits for another: `waits-for:bob`. */
const TAG_PREFIX = 'waits-for:';

/**
 * What a state declares by itself: `meta: { waitsFor: { anyOf: ['bob', 'carol'] } }`, or tags `waits-for:bob`, all of
 * them. Undefined when it declares nothing.
 *
 * @throws `invalid-argument` when several active states declare a `waitsFor`.
 */
export function declaredWait(id: string, state: unknown): Wait | undefined {
  const { tags, getMeta } = state as { tags?: ReadonlySet<string>; getMeta?: () => Record<string, unknown> };
  const inMeta = Object.values(getMeta?.call(state) ?? {}).flatMap(
    (meta) => (meta as { waitsFor?: Wait } | undefined)?.waitsFor ?? [],
  );
  if (inMeta.length > 1) expected(`process "${id}" to have one active state with \`meta.waitsFor\``, inMeta.length);
  if (inMeta[0] !== undefined) return inMeta[0];
  const tagged = [...(tags ?? [])].filter((tag) => tag.startsWith(TAG_PREFIX));
  return tagged.length > 0 ? { allOf: tagged.map((tag) => tag.slice(TAG_PREFIX.length)) } : undefined;
}

/**
 * What a process still needs, when these have granted theirs already.
 *
 * @param numbers The processes of the snapshot, by number.
 * @returns Undefined when it needs nothing more.
 * @throws `invalid-argument` for what is no wait, an unknown process, or a wait that nothing could ever end.
 */
export function parseWait(
  id: string,
  wait: Wait,
  numbers: ReadonlyMap<string, number>,
  hasGranted: (id: string) => boolean,
): Blocked<number> | undefined {
  const {
    allOf,
    anyOf,
    of = allOf ?? anyOf,
    atLeast,
  } = wait as Partial<Record<string, readonly string[]>> & { atLeast?: unknown };
  if (!Array.isArray(of)) {
    return expected(
      `process "${id}" to have a wait \`{ allOf }\`, \`{ anyOf }\` or \`{ atLeast, of }\` with an array of process ids`,
      wait,
    );
  }
  const targets = new Set<number>();
  const rest: number[] = [];
  for (const name of of as readonly string[]) {
    const target = numbers.get(name) ?? expected(`process "${id}" to wait for processes of the snapshot`, name);
    if (targets.has(target)) continue;
    targets.add(target);
    if (!hasGranted(name)) rest.push(target);
  }
  const need: unknown = allOf !== undefined ? targets.size : anyOf !== undefined ? 1 : atLeast;
  if (!Number.isSafeInteger(need) || (need as number) < 0 || (need as number) > targets.size) {
    return expected(
      `process "${id}" to wait for a number of processes from 0 to the ${targets.size} that are named`,
      need,
    );
  }
  const left = (need as number) - (targets.size - rest.length);
  return left > 0 ? { need: left, of: rest } : undefined;
}
