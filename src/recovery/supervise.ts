import type { NetworkHandle } from '../index.js';
import { Coordinator } from './coordinator.js';
import { parseSuperviseOptions, type SuperviseOptions } from './options.js';
import type { Recovery } from './recovery.js';

/**
 * Takes checkpoints of a running network, and rolls it back to the latest one when a process crashes: its machine fails,
 * or its thread, page or program is gone. It then goes on from that checkpoint, the messages in flight included, and so do
 * those who have received, directly or through others, something that it sent since; what others had sent to them is sent
 * again. Over links, and by choice, all processes go back.
 *
 * XState cannot roll an actor back in place: see `process.actor$`, and `process.subscribe`, which survives.
 * What had been done to the outside world is not undone, and will be done again.
 *
 * Everybody in the checkpoint must come back to it. Who has left in order since is started anew by `restart`, like one that
 * crashed; who cannot go back (its checkpoint cannot be loaded), or does not come back in `recoverWithinMs`, is tried again,
 * `tolerateCrashes` times.
 *
 * One coordinator decides at a time: the register of the store says which. The next life of it takes its place at once;
 * one in another process, given the same store, stands by, and takes it when nothing was heard of its holder for `leaseMs`.
 * Each decision is written there before anybody hears of it, so that one that was asleep, or cut off, decides nothing more.
 *
 * @param network A network, or the coordinator's process of one that is spread over programs; started.
 * @param options The store, how often checkpoints are taken, how programs are started anew: {@link SuperviseOptions}.
 * @throws `invalid-argument` for bad options, and for a process that cannot be rolled back.
 */
export function supervise(network: NetworkHandle, options: SuperviseOptions): Recovery {
  return new Coordinator(network, parseSuperviseOptions(network, options));
}
