/** What the owner of a network sees of it. */
import type { EventFromLogic } from 'xstate';
import type { ChannelPair } from '../channel/topology.js';
import type { AnyGlobalSnapshot } from '../global-snapshot.js';
import type { LogicOf, Processes } from '../process/process-config.js';
import type { ProcessHandle } from '../process/process-handle.js';
import type { SnapshotOptions } from '../snapshot/options.js';
import type { NetworkHandle, RollbackOptions } from './network-handle.js';
import type { SnapshotOf } from './snapshot-of.js';

/** Processes joined by channels, of which consistent global snapshots can be taken while they run. */
export interface Network<
  TProcesses extends Processes = Processes,
  TChannels extends readonly ChannelPair[] = readonly ChannelPair[],
> extends NetworkHandle<SnapshotOf<TProcesses, TChannels>> {
  /** The processes, by id. */
  readonly processes: {
    readonly [K in keyof TProcesses & string]: ProcessHandle<LogicOf<TProcesses[K]>, K>;
  };
  /**
   * Starts all actors; messages in flight in a restored snapshot are pending when it returns. No effect when started.
   *
   * @returns The network itself.
   * @throws `not-running` after `stop`.
   */
  start(): this;
  /**
   * Sends an event from outside to a process; synchronous, as `actor.send`, and no message on any channel. While a
   * `stop-drain-record` snapshot is under way, as that ends.
   *
   * @throws `invalid-argument` for an unknown process, or something that is no event.
   */
  send<K extends keyof TProcesses & string>(id: K, event: EventFromLogic<LogicOf<TProcesses[K]>>): void;
  /**
   * Takes a consistent global snapshot by the network's algorithm; but for `stop-drain-record`, without pausing anything.
   *
   * Initiators record at once when they are between two steps, else as the step ends.
   *
   * @returns Settles when every process has reported: the recorded global state S*, which can be reached from the state
   *   in which the snapshot began and from which the state in which it ended can be reached (section 4 of the paper).
   *   Rejects with `snapshot-aborted`, naming the channels still recording, on timeout, abort or a passed limit; with
   *   `not-recordable` when something could not be restored; with `not-running` before `start` and after `stop`.
   * @throws `invalid-argument` for bad options, `unreachable` when the markers cannot reach every process.
   */
  takeSnapshot(options?: SnapshotOptions<keyof TProcesses & string>): Promise<SnapshotOf<TProcesses, TChannels>>;
  /**
   * Rolls the network back, in place, as the step under way ends: other actors, which begin with what the snapshot
   * recorded, replace those there are (`processes.x.actor$`), and what is on the channels is replaced by the recorded
   * channel states. Snapshots under way are given up.
   *
   * @param snapshot Of this network.
   * @param options With `crashed`, those who do not depend on what is undone keep their actors, and what they have sent
   *   since to those that go back is sent again; if the snapshot was taken by `takeCheckpoint` here, and not undone since.
   * @returns Settles when the new actors have started: with the ids of the processes that went back. Rejects with `not-running` before `start` and after `stop`.
   * @throws `does-not-fit` when the snapshot is not one of this network; then nothing has happened.
   */
  rollBack(
    snapshot: AnyGlobalSnapshot,
    options?: RollbackOptions<keyof TProcesses & string>,
  ): Promise<readonly string[]>;
}
