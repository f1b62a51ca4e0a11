/** What every process knows of the time: the application's clock, and what else XState's actors are given. */
import type { ActorOptions, AnyActorLogic } from 'xstate';
import { expected } from './checks.js';

/** What of XState's actor options a network hands to each of its actors. */
export interface ActorOptionsOfNetwork {
  /** The clock of all delays and timeouts; default: the real one. */
  readonly clock?: (ActorOptions<AnyActorLogic>['clock'] & { now?(): number }) | undefined;
  /** As `createActor`'s: sees the application's actors and sends, never this library's own machines. */
  readonly inspect?: ActorOptions<AnyActorLogic>['inspect'] | undefined;
  readonly logger?: ActorOptions<AnyActorLogic>['logger'] | undefined;
}

/** A clock as XState's actors take it; the real one (`globalThis`) is one too. */
export type Clock = NonNullable<ActorOptionsOfNetwork['clock']>;

/** The time of a network's clock in milliseconds; undefined when the clock does not tell. */
export function timeOf(clock: ActorOptionsOfNetwork['clock']): number | undefined {
  return clock === undefined ? Date.now() : clock.now?.();
}

/** Checks the options that are handed on to actors. Throws `invalid-argument`. */
export function parseActorOptions({ clock, logger }: ActorOptionsOfNetwork): void {
  if (clock !== undefined && (typeof clock?.setTimeout !== 'function' || typeof clock.clearTimeout !== 'function')) {
    expected('`clock` to have `setTimeout` and `clearTimeout`', clock);
  }
  if (logger !== undefined && typeof logger !== 'function') expected('`logger` to be a function', logger);
}

/** The longest delay that `setTimeout` takes, in milliseconds: a longer one overflows, and fires at once. */
export const MAX_DELAY_MS = 2 ** 31 - 1;
