import type { Observable } from 'rxjs';
import type { ActorOptions, AnyActorLogic, InputFrom, Snapshot } from 'xstate';
import { type ActorOptionsOfNetwork, parseActorOptions } from '../clock.js';
import type { GlobalSnapshot, InputsSaved, RecordedState } from '../global-snapshot.js';
import type { Crash } from '../process/crash.js';
import type { ProcessHandle } from '../process/process-handle.js';
import type { TraceEvent } from '../trace.js';
import type { LinkEvent } from './link.js';
import { LinkedProcess, own } from './linked-process.js';
import {
  isGlobalSnapshot,
  parseLinkOptions,
  type LinkOptions,
  type PeerOptions,
  type ProcessSnapshotOptions,
} from './options.js';
import type { Transport } from './session/transport.js';

/** A process alone in its thread, page or program, with its own channels and no others. */
export interface LinkedProcessHandle<TLogic extends AnyActorLogic = AnyActorLogic> extends ProcessHandle<TLogic> {
  /** The global snapshots that this process took, as they complete. */
  readonly snapshots$: Observable<GlobalSnapshot>;
  /** What happens to the links: peers come, go and are cut off, links fail. Errors that nobody listens to are logged. */
  readonly links$: Observable<LinkEvent>;
  /** What happens in this process, event by event, as long as somebody subscribes. */
  readonly trace$: Observable<TraceEvent>;
  /**
   * Takes a consistent global snapshot of all processes that channels lead to, directly or through others. This process
   * records first, and gathers what the others report.
   *
   * @returns Settles when every process that a report names has reported. Rejects with `snapshot-aborted`, naming the
   *   channels, when time is up, a peer goes, or a channel comes with messages on it while the snapshot is under way.
   * @throws `invalid-argument` for bad options.
   */
  takeSnapshot(options?: ProcessSnapshotOptions): Promise<GlobalSnapshot>;
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
  /** How many rollbacks came before this epoch, as far as this process knows. */
  readonly epoch: number;
  /** Whether another actor can take the place of its own: always, but for those that something else created. */
  readonly isRecoverable: boolean;
  /**
   * The processes that crash, here and elsewhere: whoever subscribes is the coordinator, whom the others tell. See
   * `supervise` of `xstate-panorama/recovery`.
   */
  readonly crashes$: Observable<Crash>;
  /** Takes a global snapshot as {@link LinkedProcessHandle.takeSnapshot} does; each process keeps its own part of it. */
  takeCheckpoint(options?: ProcessSnapshotOptions): Promise<GlobalSnapshot>;
  /**
   * Tells everybody that a checkpoint is safely down: what is older need not be kept, nor what logs of inputs hold that is
   * in all checkpoints. No process believes that of more inputs than its own parts of checkpoints have.
   */
  checkpointSaved(snapshotId: string, inputs?: InputsSaved): void;
  /**
   * Decides that all processes go back to a checkpoint, in place, in a new epoch. Envelopes pass only between processes
   * of the same epoch: whoever hears of a later one goes back to its own part, and what was under way is dropped.
   *
   * @param snapshot A checkpoint that the others hold, or can load.
   * @returns Settles when all its processes are back and their links stand. Rejects with `recovery-failed` when another
   *   rollback takes its place, or the process stops.
   * @throws `invalid-argument` for a process that is not recoverable, `does-not-fit` when the snapshot is without it.
   */
  rollBack(snapshot: GlobalSnapshot<Record<string, RecordedState<unknown>>>): Promise<void>;
}

/** What `createProcess` gives. */
export interface CreatedProcess<TLogic extends AnyActorLogic = AnyActorLogic> extends LinkedProcessHandle<TLogic> {
  /**
   * Starts the actor and opens the links. What was in flight in a restored snapshot is pending when it returns.
   *
   * @returns The process itself.
   */
  start(): this;
  /** Stops the actor, says good-bye to the peers and parts from the links. */
  stop(): void;
}

/** The options of `createProcess`: its links, and those of XState's `createActor`. */
export type ProcessOptions<TLogic extends AnyActorLogic> = Omit<LinkOptions, 'snapshot'> &
  Omit<ActorOptions<TLogic>, 'id' | 'parent' | 'snapshot' | 'clock' | 'input'> &
  ActorOptionsOfNetwork & {
    readonly input?: InputFrom<TLogic> | undefined;
    /** A global snapshot, of which the process takes its own part; or what XState persisted, as in `createActor`. */
    readonly snapshot?: GlobalSnapshot<Record<string, RecordedState<unknown>>> | Snapshot<unknown> | undefined;
  };

/**
 * Creates a process in place of `createActor`: it reaches its peers in other threads, pages or programs by
 * `system.get(name)`, and takes part in consistent global snapshots.
 *
 * @param logic Any XState actor logic, unchanged.
 * @param options Its id, its peers, and all that `createActor` takes.
 * @throws `invalid-argument` for a bad option; `does-not-fit` for a snapshot that is not one of such a process.
 */
export function createProcess<TLogic extends AnyActorLogic>(
  logic: TLogic,
  options: ProcessOptions<TLogic>,
): CreatedProcess<TLogic> {
  const {
    snapshot,
    input,
    id: _id,
    peers: _peers,
    schedule: _schedule,
    loadCheckpoint: _load,
    ...actorOptions
  } = options;
  parseActorOptions(options);
  const isGlobal = isGlobalSnapshot(snapshot as never);
  const links = parseLinkOptions({ ...options, snapshot: isGlobal ? (snapshot as GlobalSnapshot) : undefined });
  const persisted = isGlobal ? undefined : snapshot;
  const process = new LinkedProcess({
    ...links,
    logic,
    input,
    options: actorOptions,
    actorOptions: { ...actorOptions, ...(persisted && { snapshot: persisted }) } as ActorOptions<AnyActorLogic>,
    remake: (replacement) => replacement.create(),
  });
  process.process.create();
  own(process.actor, process);
  return handleOf(process) as unknown as CreatedProcess<TLogic>;
}

/** What the owner of any linked process sees of it. */
export function faceOf(process: LinkedProcess): LinkedProcessHandle {
  return {
    id: process.id,
    get actor() {
      return process.actor;
    },
    get actor$() {
      return process.face.actor$;
    },
    get epoch() {
      return process.rollbacks.epoch.number;
    },
    subscribe: (next) => process.face.subscribe(next),
    send: (event) => process.face.send(event as never),
    get inputs() {
      return process.face.inputs;
    },
    get inputsSaved$() {
      return process.face.inputsSaved$;
    },
    sendInput: (event) => process.face.sendInput(event as never),
    isRecoverable: process.isRecoverable,
    crashes$: process.rollbacks.crashes.asObservable(),
    takeCheckpoint: (options) => process.takeSnapshot(options, true),
    checkpointSaved: (snapshotId, inputs) => process.rollbacks.announceSaved(snapshotId, inputs),
    rollBack: (snapshot) => process.rollbacks.decide(snapshot as GlobalSnapshot),
    snapshots$: process.snapshots$,
    links$: process.links$,
    trace$: process.trace$,
    takeSnapshot: (options) => process.takeSnapshot(options),
    addPeer: (name, peer) => process.addPeer(name, peer),
    removePeer: (name) => process.removePeer(name),
    replacePeer: (name, peer) => process.replacePeer(name, peer),
  };
}

function handleOf(process: LinkedProcess): CreatedProcess {
  const handle: CreatedProcess = Object.defineProperties(
    {
      start: () => {
        process.start();
        return handle;
      },
      stop: () => process.stop(),
    },
    Object.getOwnPropertyDescriptors(faceOf(process)),
  ) as never;
  return handle;
}
