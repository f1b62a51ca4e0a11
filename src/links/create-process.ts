import type { ActorOptions, AnyActorLogic, Snapshot } from 'xstate';
import { expected, isNoObject } from '../checks.js';
import { parseActorOptions, type ActorOptionsOfNetwork } from '../clock.js';
import type { AnyGlobalSnapshot, GlobalSnapshot } from '../global-snapshot.js';
import { parseLogic, type InputOption } from '../process/process-config.js';
import { handleOf } from './handle-of.js';
import { LINKED_PARTS, type LinkedParts } from './linked-process-config.js';
import type { LinkedProcessHandle } from './linked-process-handle.js';
import type { LinkedSnapshotOf } from './linked-snapshot-of.js';
import { LinkedProcess } from './linked-process.js';
import { isGlobalSnapshot, parseLinkOptions, type LinkOptions, type Peers } from './options.js';

/** What `createProcess` gives. */
export interface CreatedProcess<
  TLogic extends AnyActorLogic = AnyActorLogic,
  TSnapshot extends AnyGlobalSnapshot = GlobalSnapshot,
> extends LinkedProcessHandle<TLogic, TSnapshot> {
  /**
   * Starts the actor and opens the links. What was in flight in a restored snapshot is pending when it returns.
   *
   * @returns The process itself.
   */
  start(): this;
}

/** The options of `createProcess`: its links, and those of XState's `createActor`. */
export type ProcessOptions<
  TLogic extends AnyActorLogic,
  TId extends string = string,
  TPeers extends Peers = Peers,
> = Omit<LinkOptions<TId, TPeers>, 'snapshot'> &
  Omit<ActorOptions<TLogic>, 'id' | 'parent' | 'snapshot' | 'clock' | 'input'> &
  ActorOptionsOfNetwork &
  InputOption<TLogic> & {
    /** A global snapshot, of which the process takes its own part; or what XState persisted, as in `createActor`. */
    readonly snapshot?: AnyGlobalSnapshot | Snapshot<unknown> | undefined;
  };

/**
 * Creates a process in place of `createActor`: it reaches its peers in other threads, pages or programs by
 * `system.get(name)`, and takes part in consistent global snapshots.
 *
 * @param logic Any XState actor logic, unchanged.
 * @param options Its id, its peers, and all that `createActor` takes.
 * @throws `invalid-argument` for a bad option, and for an actor in place of logic; `does-not-fit` for a snapshot that is
 *   not one of such a process.
 */
export function createProcess<
  TLogic extends AnyActorLogic,
  const TId extends string = string,
  const TPeers extends Peers = Peers,
>(
  logic: TLogic,
  options: ProcessOptions<TLogic, TId, TPeers>,
): CreatedProcess<TLogic, LinkedSnapshotOf<TLogic, TId, TPeers>> {
  return createProcessOf({}, logic, options) as unknown as CreatedProcess<
    TLogic,
    LinkedSnapshotOf<TLogic, TId, TPeers>
  >;
}

/** As {@link createProcess}, with some parts replaced. */
export function createProcessOf<TLogic extends AnyActorLogic>(
  parts: Partial<LinkedParts>,
  logic: TLogic,
  options: ProcessOptions<TLogic>,
): CreatedProcess<TLogic> {
  parseLogic(logic, '`logic`');
  if (isNoObject(options)) parseLinkOptions(options as never); // which refuses it
  const {
    snapshot,
    input,
    id: _id,
    peers: _peers,
    schedule: _schedule,
    loadCheckpoint: _load,
    onSuperseded: _onSuperseded,
    ...actorOptions
  } = options as ProcessOptions<TLogic>;
  parseActorOptions(options);
  if (snapshot != null && isNoObject(snapshot))
    expected('`snapshot` to be a global snapshot, or a persisted one', snapshot);
  const isGlobal = isGlobalSnapshot(snapshot as never);
  const links = parseLinkOptions({ ...options, snapshot: isGlobal ? (snapshot as GlobalSnapshot) : undefined });
  const persisted = isGlobal ? undefined : snapshot;
  const process = new LinkedProcess({
    ...links,
    parts: { ...LINKED_PARTS, ...parts },
    logic,
    input,
    options: actorOptions,
    // XState takes an option that is undefined for one that was given.
    actorOptions: withoutUndefined({ ...actorOptions, snapshot: persisted }) as ActorOptions<AnyActorLogic>,
    remake: (replacement) => replacement.create(),
  });
  process.process.create();
  process.begin();
  const handle: CreatedProcess = Object.assign(handleOf(process), {
    start: () => {
      process.start();
      return handle;
    },
  });
  return handle as unknown as CreatedProcess<TLogic>;
}

function withoutUndefined(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
