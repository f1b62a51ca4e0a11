import type { AnyGlobalSnapshot, RecordedState } from '../global-snapshot.js';
import type { MessageInFlight, Property } from './property.js';
import { messagesOf } from './read.js';

/** A persisted snapshot, as far as it shows whether its actor acts by itself. */
interface Persisted {
  readonly status?: unknown;
  readonly value?: unknown;
  readonly children?: Readonly<Record<string, { readonly snapshot: unknown }>>;
}

/**
 * Whether a process can do nothing until a message comes in: it has no pending timer, and none of its actors is an active
 * promise, callback or observable, which may send of its own accord. A process that is done, failed or stopped is passive.
 */
export function isPassive({ snapshot, timers }: RecordedState<unknown>): boolean {
  return !isActive(snapshot) || (timers.length === 0 && !actsByItself(snapshot));
}

function isActive(snapshot: unknown): snapshot is Persisted {
  return (snapshot as Persisted | undefined)?.status === 'active';
}

function actsByItself(snapshot: unknown): boolean {
  if (!isActive(snapshot)) return false;
  if ('value' in snapshot) return Object.values(snapshot.children ?? {}).some((child) => actsByItself(child.snapshot));
  // Not a machine. A transition function has a context and takes no input that it keeps; the others all keep theirs.
  return 'input' in snapshot || !('context' in snapshot);
}

/** What counts as activity. */
export interface ActivityOptions {
  /** Says whether a process is passive; default {@link isPassive}. A process that only shows the time may be left out. */
  readonly isPassive?: ((recorded: RecordedState<unknown>, id: string) => boolean) | undefined;
  /** Messages that never make a passive process act, such as heartbeats and acknowledgements; default: there are none. */
  readonly ignores?: ((message: MessageInFlight) => boolean) | undefined;
}

/** Why a computation has terminated. */
export interface Termination {
  /** All processes, every one of them passive. */
  readonly passive: readonly string[];
}

/**
 * The property *terminated*: every process is passive, and every channel is empty (section 1 of the paper
 * names it as a stable property). Both are needed: a message in flight wakes its receiver.
 *
 * Stable as long as no events come from outside.
 *
 * @param options What counts as passive, and which messages count for nothing.
 */
export function terminated(options: ActivityOptions = {}): Property<AnyGlobalSnapshot, Termination> {
  const { isPassive: passive = isPassive, ignores = () => false } = options;
  return (snapshot) => {
    const states = Object.entries(snapshot.processes);
    if (!states.every(([id, recorded]) => passive(recorded, id))) return undefined;
    return messagesOf(snapshot).every(ignores) ? { passive: states.map(([id]) => id) } : undefined;
  };
}
