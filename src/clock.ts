/** What every process knows of the time: the application's clock, and what else XState's actors are given. */
import type { ActorOptions, AnyActorLogic } from 'xstate';
import { expected, isNoObject } from './checks.js';

/** The part of XState's actor options that a network hands to each of its actors. */
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
export function parseActorOptions({ clock, inspect, logger }: ActorOptionsOfNetwork): void {
  if (clock !== undefined && (typeof clock?.setTimeout !== 'function' || typeof clock.clearTimeout !== 'function')) {
    expected('`clock` to have `setTimeout` and `clearTimeout`', clock);
  }
  if (inspect !== undefined && typeof inspect !== 'function' && isNoObject(inspect)) {
    expected('`inspect` to be a function or an observer', inspect);
  }
  if (logger !== undefined && typeof logger !== 'function') expected('`logger` to be a function', logger);
}

/** The longest delay that `setTimeout` takes, in milliseconds: a longer one overflows, and fires at once. */
export const MAX_DELAY_MS = 2 ** 31 - 1;

/** The part of a clock that waiting needs. */
interface Waiting {
  setTimeout(run: () => void, delayMs: number): unknown;
  clearTimeout(timer: never): void;
  now?(): number;
}

/**
 * Waits however long, `Infinity` included: a delay beyond {@link MAX_DELAY_MS} is waited for in stages, and not run out at
 * once as by `setTimeout`.
 *
 * @param delayMs In milliseconds of the clock.
 * @returns Stops waiting.
 */
export function wait(delayMs: number, run: () => void, clock: Waiting = globalThis): () => void {
  if (delayMs === Infinity) return () => undefined;
  const until = clock.now && clock.now() + delayMs;
  let timer: unknown;
  const waitOn = (leftMs: number) => {
    const stageMs = Math.min(leftMs, MAX_DELAY_MS);
    timer = clock.setTimeout(() => {
      // A clock that is moved by hand may jump over more than one stage.
      const stillMs = stageMs === leftMs ? 0 : until === undefined ? leftMs - stageMs : until - clock.now!();
      if (stillMs > 0) waitOn(stillMs);
      else run();
    }, stageMs);
  };
  waitOn(delayMs);
  return () => clock.clearTimeout(timer as never);
}
