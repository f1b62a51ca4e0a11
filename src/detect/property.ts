import type { EventObject } from 'xstate';
import type { AnyGlobalSnapshot } from '../global-snapshot.js';

/** What a property gives when it does not hold. */
export type Fails = false | null | undefined | 0 | '';

/**
 * A predicate on global states: a pure, synchronous function of one global snapshot.
 *
 * It gives something truthy when it holds: `true`, or a *witness* that tells why. It should be stable: once true, it
 * stays true, whatever the processes do.
 */
export type Property<TSnapshot extends AnyGlobalSnapshot = AnyGlobalSnapshot, TWitness = unknown> = (
  snapshot: TSnapshot,
) => TWitness | Fails;

/** A message in flight in a global snapshot, and where. */
export interface MessageInFlight<TEvent extends EventObject = EventObject> {
  readonly channel: string;
  readonly from: string;
  readonly to: string;
  /** Its sequence number on the channel. */
  readonly seq: number;
  readonly event: TEvent;
}

/** What travels in a network of such snapshots. */
export type EventIn<TSnapshot extends AnyGlobalSnapshot> = NonNullable<
  TSnapshot['channels'][keyof TSnapshot['channels']]
>['messages'][number]['event'];
