/** References to actors within data: recorded by name, refused where a restore would lose them, and given back. */
import type { AnyActorRef } from 'xstate';
import { PanoramaError } from '../errors.js';
import { childrenOf, isActorRef, peerNameOf, type ActorScope } from './xstate-internals.js';

/** The key under which a context's reference to a peer is recorded, as its id. */
const PEER_KEY = 'xstate-panorama.peer';

/** The shape in which XState persists a reference to a child. */
interface PersistedRef {
  readonly xstate$$type: 1;
  readonly id: string;
}

/**
 * What stands for a reference in a recorded context: a child as XState persists it, a peer by its id.
 *
 * XState persists any reference by its bare id, so it is the live one that tells whom it meant:
 * docs/traps.md#what-cannot-be-restored.
 *
 * @throws `not-recordable` for any other actor.
 */
export function carryRef(owner: AnyActorRef, ref: AnyActorRef, path: string): unknown {
  const peer = peerNameOf(ref);
  if (peer !== undefined) return { [PEER_KEY]: peer };
  if (childrenOf(owner)[ref.id] === ref) return { xstate$$type: 1, id: ref.id } satisfies PersistedRef;
  throw new PanoramaError(
    'not-recordable',
    `Expected a context to refer to its actor's own children or to peers alone, got a reference to actor "${ref.id}" at ${path}, which a restore would lose. Keep its id instead.`,
  );
}

/** Gives a restored process its references back, in place: those to peers, and those in a `Map` or `Set`, which XState leaves. */
function reviveRefs(snapshot: unknown, peer: (name: string) => AnyActorRef | undefined): void {
  const { context, children = {} } = snapshot as { context?: unknown; children?: Record<string, AnyActorRef> };
  const seen = new Set<object>();
  const revived = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || seen.has(value) || isActorRef(value)) return value;
    const { [PEER_KEY]: name, xstate$$type: type, id } = value as Partial<PersistedRef> & { [PEER_KEY]?: string };
    if (typeof name === 'string') return peer(name);
    if (type === 1) return children[id!];
    seen.add(value);
    reviveParts(value, revived);
    return value;
  };
  revived(context);
  for (const child of Object.values(children)) reviveRefs(child.getSnapshot(), peer);
}

function reviveParts(value: object, revived: (part: unknown) => unknown): void {
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]) => [revived(key), revived(item)] as const);
    value.clear();
    for (const [key, item] of entries) value.set(key, item);
  } else if (value instanceof Set) {
    const items = [...value].map(revived);
    value.clear();
    for (const item of items) value.add(item);
  } else if (!ArrayBuffer.isView(value)) {
    for (const [key, item] of Object.entries(value)) {
      const part = revived(item);
      if (part !== item) (value as Record<string, unknown>)[key] = part;
    }
  }
}

/** Finds a reference to an actor within an event, and the path to it. Without recursion: an event may be of any depth. */
export function findRef(event: object): { readonly ref: AnyActorRef; readonly path: string } | undefined {
  const seen = new Set<unknown>();
  const rest: [value: unknown, path: string][] = [[event, 'event']];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const [value, path] = next;
    if (typeof value !== 'object' || value === null || seen.has(value) || ArrayBuffer.isView(value)) continue;
    if (isActorRef(value)) return { ref: value, path };
    seen.add(value);
    const parts = value instanceof Map || value instanceof Set ? [...value.entries()] : value;
    for (const [key, part] of Object.entries(parts)) rest.push([part, `${path}.${key}`]);
  }
  return undefined;
}

/** Gives a restored actor its references to peers back. */
export function revivePeers(scope: ActorScope, snapshot: unknown): void {
  reviveRefs(snapshot, (name) => scope.self.system.get(name));
}
