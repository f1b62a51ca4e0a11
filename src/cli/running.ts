/** What running a user's module takes, whatever it is run for. */
import ms from 'ms';
import type { Snapshot } from 'xstate';
import { MAX_DELAY_MS } from '../clock.js';
import type { Network } from '../index.js';
import type { Traffic } from './load-module.js';
import { brief, printable } from './print.js';
import { UsageError } from './usage-error.js';

/** Sets a module's traffic going. @returns What ends it. */
export function startTraffic(
  network: Network,
  traffic: Traffic | undefined,
  signal: AbortSignal,
  restored: boolean,
): () => void {
  if (traffic === undefined) return () => undefined;
  if (typeof traffic !== 'function') {
    for (const { to, event } of traffic) network.send(to, event as never);
    return () => undefined;
  }
  let stop: unknown;
  // A failure at once and one later are the same to the user: the network goes on without this traffic.
  const running = (async () => {
    stop = await traffic(network, { signal, restored });
  })();
  running.catch((error: unknown) => {
    if (signal.aborted) return;
    reportError("the module's traffic failed; the run goes on without it", error);
    process.exitCode = 1;
  });
  return () => {
    if (typeof stop === 'function') (stop as () => unknown)();
  };
}

/**
 * A process that fails is part of the picture: XState throws its error where nobody can catch it, and the others, and
 * the snapshots, go on. Whatever else of the module's code throws there is a fault: the run goes on, and exits with 1.
 */
export function reportFailures(networkNow: () => Network | undefined): void {
  const report = (error: unknown) => {
    const failed = Object.values(networkNow()?.processes ?? {}).find(({ actor }) => isFailedWith(actor, error));
    if (failed !== undefined) return reportError(`process "${failed.id}" failed; the run goes on`, error);
    reportError("the module's code failed outside its processes; the run goes on", error);
    process.exitCode = 1;
  };
  process.on('uncaughtException', report);
  process.on('unhandledRejection', report);
}

function isFailedWith(actor: { getSnapshot(): unknown }, error: unknown): boolean {
  const snapshot = actor.getSnapshot() as Snapshot<unknown>;
  return snapshot.status === 'error' && snapshot.error === error;
}

function reportError(what: string, error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : brief(error);
  console.error(printable(`xstate-panorama: ${what}: ${text}`));
}

/** The first Ctrl-C ends the run in good order; the second at once. */
export function listenForInterrupt(ending: AbortController): void {
  const onSignal = () => {
    if (ending.signal.aborted) process.exit(130);
    ending.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}

/** Parses a duration of an option. */
export function parseDuration(text: string): number {
  const duration = ms(text as ms.StringValue) as number | undefined;
  if (duration !== undefined && duration > 0 && duration <= MAX_DELAY_MS) return duration;
  throw new UsageError(`Expected a duration as 500ms, 1s or 2m, got "${text}".`);
}

/** Reads a whole number from 1. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new UsageError(`Expected a whole number from 1, got "${text}".`);
}

/** Programs read JSON alone on stdout: what the module prints goes to stderr. */
export function keepStdout({ json }: { readonly json?: boolean }): void {
  if (json) console.log = console.info = console.debug = console.error;
}
