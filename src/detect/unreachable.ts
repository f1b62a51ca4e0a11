import type { AnyGlobalSnapshot, RecordedState } from '../global-snapshot.js';
import type { EventIn, MessageInFlight, Property } from './property.js';
import { messagesOf } from './read.js';
import { isPassive, type ActivityOptions } from './terminated.js';

/** Who knows whom. */
export interface ReachabilityOptions<TSnapshot extends AnyGlobalSnapshot> extends Pick<ActivityOptions, 'isPassive'> {
  /** Processes that are always needed: those which the outside sends to. */
  readonly roots: readonly (keyof TSnapshot['processes'] & string)[];
  /** The ids of the processes that a process may send to, by what it has recorded. Ids of no process are passed over. */
  readonly references: (
    recorded: TSnapshot['processes'][keyof TSnapshot['processes']],
    id: keyof TSnapshot['processes'] & string,
  ) => Iterable<string>;
  /** The ids of processes that a message in flight carries to its receiver; default none. */
  readonly referencesIn?: ((message: MessageInFlight<EventIn<TSnapshot>>) => Iterable<string>) | undefined;
}

/** Processes that can no longer be reached. */
export interface Garbage {
  readonly unreachable: readonly string[];
}

/**
 * The property *unreachable*: some processes are garbage. Nobody who may still act knows them, nor anybody who knows
 * somebody who does, and no message in flight carries a reference to them.
 *
 * A process that is not passive, or to which a message is on its way, may still act and make itself known: it counts as a
 * root, else garbage could come back to life and the property would not be stable.
 *
 * @param options The roots, and who knows whom.
 */
export function unreachable<TSnapshot extends AnyGlobalSnapshot>(
  options: ReachabilityOptions<TSnapshot>,
): Property<TSnapshot, Garbage> {
  const { roots, references, referencesIn = () => [], isPassive: passive = isPassive } = options;
  return (snapshot) => {
    const states = new Map<string, RecordedState<unknown>>(Object.entries(snapshot.processes));
    const reached = new Set<string>(roots);
    for (const [id, recorded] of states) if (!passive(recorded, id)) reached.add(id);
    for (const message of messagesOf(snapshot)) {
      reached.add(message.to);
      for (const id of referencesIn(message)) reached.add(id);
    }
    for (const id of reached) {
      const recorded = states.get(id);
      if (recorded !== undefined) for (const known of references(recorded as never, id as never)) reached.add(known);
    }
    const garbage = [...states.keys()].filter((id) => !reached.has(id));
    return garbage.length > 0 ? { unreachable: garbage } : undefined;
  };
}
