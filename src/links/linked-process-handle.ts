/** What the owner of a process alone in its program sees of it, however it was made. */
import type { Observable } from 'rxjs';
import type { AnyActorLogic } from 'xstate';
import type { AnyGlobalSnapshot, GlobalSnapshot, InputsSaved } from '../global-snapshot.js';
import type { NetworkHandle, RollbackOptions } from '../network/network-handle.js';
import type { Crash } from '../process/crash.js';
import type { ProcessHandle } from '../process/process-handle.js';
import type { SnapshotOptions } from '../snapshot/options.js';
import type { LinkEvent } from './link-events.js';
import type { PeerOptions } from './options.js';
import type { Standpoint } from './rollback/member.js';
import type { Backlog } from './session/outbox.js';
import type { Transport } from './session/transport.js';

/** A process alone in its thread, page or program, with its own channels and no others. */
export interface LinkedProcessHandle<
  TLogic extends AnyActorLogic = AnyActorLogic,
  TSnapshot extends AnyGlobalSnapshot = GlobalSnapshot,
>
  extends ProcessHandle<TLogic>, NetworkHandle<TSnapshot> {
  /**
   * What waits for a peer, to be sent to it or acknowledged by it, counted in envelopes and, about, in bytes. `links$` tells
   * when it is half of what may wait (`link.backlogged`), and when it is not any more (`link.drained`).
   *
   * @throws `invalid-argument` for a peer that is not there.
   */
  backlogOf(name: string): Backlog;
  /** What happens to the links: peers come, go and are cut off, links fail. Errors without a subscriber are logged. */
  readonly links$: Observable<LinkEvent>;
  /** Where it is in what all processes decide together, as the statechart `member` of `xstate-panorama/machines` says. */
  readonly standpoint: Standpoint;
  /**
   * The processes that crash, here and elsewhere: subscribing makes this process the coordinator, to which the others report. See
   * `supervise` of `xstate-panorama/recovery`.
   */
  readonly crashes$: Observable<Crash>;
  /**
   * Takes a consistent global snapshot of all processes that channels lead to, directly or through others. This process
   * records first, and gathers what the others report.
   *
   * @returns Settles when every process that a report names has reported. Rejects with `snapshot-aborted`, naming the
   *   channels, when time is up, a peer goes, or a channel comes with messages on it while the snapshot is under way.
   * @throws `invalid-argument` for bad options, and for another initiator than this process.
   */
  takeSnapshot(options?: SnapshotOptions): Promise<TSnapshot>;
  /**
   * Tells everybody that a checkpoint is safely down. No process believes that of more inputs than its own parts of
   * checkpoints have.
   */
  checkpointSaved(snapshotId: string, inputs?: InputsSaved): void;
  /**
   * Decides that all processes go back to a checkpoint, in place, in a new epoch. Envelopes pass only between processes
   * of the same epoch: a process that hears of a later one goes back to its own part, and what was under way is dropped.
   *
   * @param snapshot A checkpoint that the others hold, or can load.
   * @param options `epoch`: the number of the new epoch, at the least; default: one more than any that was heard of.
   * @returns Settles when all its processes are back and their links stand. Rejects with `recovery-failed` when another
   *   rollback takes its place, or the process stops.
   * @throws `invalid-argument` for a process that is not recoverable, `does-not-fit` when the snapshot is without it.
   */
  rollBack(snapshot: AnyGlobalSnapshot, options?: RollbackOptions): Promise<readonly string[]>;
  /** Stops the actor, says good-bye to the peers and parts from the links. */
  stop(): void;
  /**
   * Adds a peer while the process runs. Channels that come while a snapshot is under way are no part of it.
   *
   * @throws `invalid-argument` for a peer that is there already.
   */
  addPeer(name: string, peer: Transport | PeerOptions): void;
  /**
   * Parts from a peer. Snapshots under way that need it are given up.
   *
   * @throws `invalid-argument` for a peer that is not there.
   */
  removePeer(name: string): void;
  /**
   * Goes on with a peer over another way, as its program was started anew; adds the peer if it is not there. What was sent
   * to it since a rollback, and has been waiting for it, goes out.
   */
  replacePeer(name: string, peer: Transport | PeerOptions): void;
}
