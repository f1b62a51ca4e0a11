import type { Observable } from 'rxjs';
import { expected } from '../checks.js';
import type { GlobalSnapshot } from '../global-snapshot.js';
import { linkedProcessOf } from '../links/handle-of.js';
import { RunningNetwork } from '../network/network.js';
import type { TraceEvent } from '../trace.js';

/** The network behind its public face; the tools here need one whose processes are all in this program. */
export function runningNetwork(network: unknown): RunningNetwork {
  if (network instanceof RunningNetwork) return network;
  return expected('a network made by `createNetwork`, whose processes are all in this program', network);
}

/** What can be recorded, behind its public face: a network, or a process alone. */
export interface Recordable {
  /** Whether it was not started yet. */
  readonly isFresh: boolean;
  /** What it goes on from, if it does. */
  readonly restoredFrom: GlobalSnapshot | undefined;
  /** Whether its clock is the caller's own. */
  readonly hasOwnClock: boolean;
  /** The time of its clock in milliseconds; `NaN` when the clock does not tell. */
  readonly time: number;
  readonly trace$: Observable<TraceEvent>;
  /** @throws `not-running` in the middle of a step. */
  capture(): GlobalSnapshot;
}

/** What is behind a public face. Throws `invalid-argument`. */
export function recordableOf(handle: object): Recordable {
  return linkedProcessOf(handle) ?? runningNetwork(handle);
}
