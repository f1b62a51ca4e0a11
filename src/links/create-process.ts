import type { Observable } from 'rxjs';
import type { Actor, ActorOptions, AnyActorLogic, EventFromLogic, InputFrom, Snapshot } from 'xstate';
import type { GlobalSnapshot, RecordedState } from '../global-snapshot.js';
import { parseEvent, parseNetworkOptions, type ActorOptionsOfNetwork } from '../options.js';
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
import type { Transport } from './transport.js';

/** A process alone in its thread, page or program, with its own channels and no others. */
export interface LinkedProcessFace<TLogic extends AnyActorLogic = AnyActorLogic> {
  readonly id: string;
  /** The XState root actor. */
  readonly actor: Actor<TLogic>;
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
}

/** What `createProcess` gives. */
export interface ProcessHandle<TLogic extends AnyActorLogic = AnyActorLogic> extends LinkedProcessFace<TLogic> {
  /** Starts the actor and opens the links. What was in flight in a restored snapshot is pending when it returns. */
  start(): this;
  /** Stops the actor, says good-bye to the peers and parts from the links. */
  stop(): void;
  /** Sends an event from outside; synchronous, as `actor.send`. */
  send(event: EventFromLogic<TLogic>): void;
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
): ProcessHandle<TLogic> {
  const { snapshot, input, id: _id, peers: _peers, schedule: _schedule, ...actorOptions } = options;
  parseNetworkOptions(options as never);
  const isGlobal = isGlobalSnapshot(snapshot as never);
  const links = parseLinkOptions({ ...options, snapshot: isGlobal ? (snapshot as GlobalSnapshot) : undefined });
  const persisted = isGlobal ? undefined : snapshot;
  const process = new LinkedProcess({
    ...links,
    logic,
    input,
    options: actorOptions,
    actorOptions: { ...actorOptions, ...(persisted && { snapshot: persisted }) } as ActorOptions<AnyActorLogic>,
  });
  process.process.create();
  own(process.actor, process);
  return handleOf(process) as unknown as ProcessHandle<TLogic>;
}

/** What the owner of any linked process sees of it. */
export function faceOf(process: LinkedProcess): LinkedProcessFace {
  return {
    id: process.id,
    get actor() {
      return process.actor;
    },
    snapshots$: process.snapshots$,
    links$: process.links$,
    trace$: process.trace$,
    takeSnapshot: (options) => process.takeSnapshot(options),
    addPeer: (name, peer) => process.addPeer(name, peer),
    removePeer: (name) => process.removePeer(name),
  };
}

function handleOf(process: LinkedProcess): ProcessHandle {
  const handle: ProcessHandle = Object.defineProperties(
    {
      start: () => {
        process.start();
        return handle;
      },
      stop: () => process.stop(),
      send: (event: never) => process.actor.send(parseEvent(event)),
    },
    Object.getOwnPropertyDescriptors(faceOf(process)),
  ) as never;
  return handle;
}
