import type { Observable } from 'rxjs';
import { expected } from '../checks.js';
import type { ActorOptionsOfNetwork } from '../clock.js';
import type { GlobalSnapshot } from '../global-snapshot.js';
import { linkedProcessOf } from '../links/handle-of.js';
import { RunningNetwork } from '../network/network.js';
import type { TraceEvent } from '../trace.js';
import { capture } from './capture.js';

/** The network behind its public face; the tools here need one whose processes are all in this program. */
export function runningNetwork(network: unknown): RunningNetwork {
  if (network instanceof RunningNetwork) return network;
  return expected('a network made by `createNetwork`, whose processes are all in this program', network);
}

/** The true state of a network at this moment; see {@link capture}. */
export function captureNetwork(network: RunningNetwork, onProcess?: (id: string) => void): GlobalSnapshot {
  const { stack, members } = network;
  return capture({ stack, members, inFlight: () => network.inFlight() }, onProcess);
}

/** What can be recorded, behind its public face: a network, or a process alone. */
export interface Recordable {
  /** Whether it was not started yet. */
  readonly isFresh: boolean;
  /** What it goes on from, if it does. */
  readonly restoredFrom: GlobalSnapshot | undefined;
  /** Its clock, where that is the caller's own. */
  readonly ownClock: ActorOptionsOfNetwork['clock'];
  readonly trace$: Observable<TraceEvent>;
  /** The true state of this moment. @throws `not-running` in the middle of a step. */
  capture(): GlobalSnapshot;
}

/** What is behind a public face. Throws `invalid-argument`. */
export function recordableOf(handle: object): Recordable {
  const process = linkedProcessOf(handle);
  if (process === undefined) {
    const network = runningNetwork(handle);
    const { isFresh, options, trace$ } = network;
    return {
      isFresh,
      restoredFrom: options.snapshot,
      ownClock: options.clock,
      trace$,
      capture: () => captureNetwork(network),
    };
  }
  const { id, spec } = process;
  const { phase, clock, trace, stack } = process.context;
  return {
    isFresh: phase === 'created',
    restoredFrom: spec.snapshot,
    ownClock: clock,
    trace$: trace.events$,
    capture: () => {
      const members = new Map([[id, process.process]]);
      return capture({ stack, members, inFlight: () => process.links.inFlight() });
    },
  };
}
