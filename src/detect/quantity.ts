import { PanoramaError } from '../errors.js';
import type { AnyGlobalSnapshot } from '../global-snapshot.js';
import type { EventIn, MessageInFlight, Property } from './property.js';
import { messagesOf } from './read.js';

/** What each part of a global state has of a quantity: tokens, money, birds. */
export interface QuantityParts<TSnapshot extends AnyGlobalSnapshot> {
  /** How much a process has. */
  readonly inProcess: (
    recorded: TSnapshot['processes'][keyof TSnapshot['processes']],
    id: keyof TSnapshot['processes'] & string,
  ) => number;
  /** How much a message in flight carries. */
  readonly inMessage: (message: MessageInFlight<EventIn<TSnapshot>>) => number;
}

/** How much of something there is in a global state. */
export type Quantity<TSnapshot extends AnyGlobalSnapshot = AnyGlobalSnapshot> = (snapshot: TSnapshot) => number;

/** How much there is of a quantity, and how much there should be. */
export interface Amount {
  readonly expected: number;
  readonly found: number;
}

/** Sums a quantity up over a global state: what the processes have, and what is in flight between them. */
export function quantity<TSnapshot extends AnyGlobalSnapshot>({
  inProcess,
  inMessage,
}: QuantityParts<TSnapshot>): Quantity<TSnapshot> {
  return (snapshot) => {
    let sum = 0;
    for (const [id, recorded] of Object.entries(snapshot.processes)) sum += inProcess(recorded as never, id as never);
    for (const message of messagesOf(snapshot)) sum += inMessage(message);
    return sum;
  };
}

/**
 * The property *conserved*: there is exactly as much of a quantity as expected.
 *
 * With {@link watch}, the snapshot in which it is lost ends the watch with `unstable-property`, naming that snapshot and
 * the last one in which all of it was there.
 *
 * @param measure How much there is; see {@link quantity}.
 * @param expected How much there should be.
 */
export function conserved<TSnapshot extends AnyGlobalSnapshot>(
  measure: Quantity<TSnapshot>,
  expected: number,
): Property<TSnapshot, Amount> {
  return compare(measure, expected, (found) => found === expected);
}

/**
 * The property *token lost*: there is less of a quantity than there should be, in the processes and in flight. Stable
 * where lost tokens are not made anew (the paper's single-token system is example 2.1).
 *
 * @param measure How many tokens there are; see {@link quantity}.
 * @param expected How many there should be; default 1.
 */
export function tokenLost<TSnapshot extends AnyGlobalSnapshot>(
  measure: Quantity<TSnapshot>,
  expected = 1,
): Property<TSnapshot, Amount> {
  return compare(measure, expected, (found) => found < expected);
}

function compare<TSnapshot extends AnyGlobalSnapshot>(
  measure: Quantity<TSnapshot>,
  expected: number,
  holds: (found: number) => boolean,
): Property<TSnapshot, Amount> {
  return (snapshot) => {
    const found = measure(snapshot);
    if (typeof found !== 'number' || Number.isNaN(found)) {
      throw new PanoramaError(
        'invalid-argument',
        `Expected the quantity of snapshot ${snapshot.id} to be a number, got ${String(found)}. Some \`inProcess\` or \`inMessage\` gives none.`,
      );
    }
    return holds(found) ? { expected, found } : undefined;
  };
}
