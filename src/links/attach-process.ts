import type { Actor, AnyActor, AnyActorLogic, Snapshot } from 'xstate';
import { expected, isNoObject } from '../checks.js';
import { PanoramaError } from '../errors.js';
import type { AnyGlobalSnapshot, GlobalSnapshot } from '../global-snapshot.js';
import { isActor } from '../process/process-config.js';
import { givenClockOf, isRunning, pathOf } from '../process/xstate-internals.js';
import { handleOf } from './handle-of.js';
import { LINKED_PARTS } from './linked-process-config.js';
import type { LinkedProcessHandle } from './linked-process-handle.js';
import type { LinkedSnapshotOf } from './linked-snapshot-of.js';
import { find, LinkedProcess } from './linked-process.js';
import { parseLinkOptions, type LinkOptions, type Peers } from './options.js';

/** What `attachProcess` gives. */
export interface AttachedProcess<
  TLogic extends AnyActorLogic = AnyActorLogic,
  TSnapshot extends AnyGlobalSnapshot = GlobalSnapshot,
> extends LinkedProcessHandle<TLogic, TSnapshot> {
  /** Says good-bye to the peers and parts from the links; the actor goes on. */
  detach(): void;
}

/** The options of `attachProcess`. No snapshot: a running actor cannot be put back. */
export interface AttachOptions<
  TLogic extends AnyActorLogic = AnyActorLogic,
  TId extends string = string,
  TPeers extends Peers = Peers,
> extends Omit<LinkOptions<TId, TPeers>, 'snapshot'> {
  /**
   * Makes the actor that takes the place of this one when all processes go back to a checkpoint: not started, with
   * `createActor(logic, { snapshot })`. Without it, the process cannot be supervised.
   *
   * @param snapshot What the actor goes on from, as XState persists it; undefined when it begins anew.
   */
  readonly recreate?: ((snapshot: Snapshot<unknown> | undefined) => Actor<TLogic>) | undefined;
}

/**
 * Makes a process of an actor that runs already, where nothing else can be had of it: from now on it reaches its peers by
 * `system.get(name)`, and takes part in snapshots.
 *
 * What it sent before is out of reach, above all what its entry actions sent: `system.get(name)` found no actor then, and
 * XState delivers such an event to the sender itself. Where the actor is yours to create, use `createProcess`.
 *
 * @param actor A root actor, started or not; also one that was let go (`detach`). Not from within one of its own actions.
 * @param options Its id, its peers, and how another actor is made in its place.
 * @throws `invalid-argument` for a bad option, an actor that is no root, or one that is a process already.
 */
export function attachProcess<
  TLogic extends AnyActorLogic,
  const TId extends string = string,
  const TPeers extends Peers = Peers,
>(
  actor: Actor<TLogic>,
  options: AttachOptions<TLogic, TId, TPeers>,
): AttachedProcess<TLogic, LinkedSnapshotOf<TLogic, TId, TPeers>> {
  const root = actor as unknown as AnyActor;
  if (!isActor(root) || isNoObject(root.system)) expected('a root actor', root);
  const links = parseLinkOptions(options);
  if (links.snapshot !== undefined) expected('no `snapshot`: use `createProcess` to go on from one', links.snapshot);
  const { recreate } = options;
  if (recreate !== undefined && typeof recreate !== 'function') expected('`recreate` to be a function', recreate);
  if (pathOf(root).length > 0) refuseActor('a root actor', `"${root.id}", which is a child`);
  const before = find(root);
  if (before?.context.isOver === false) refuseActor('an actor that is no process yet', `"${root.id}", which is one`);
  const process = new LinkedProcess({
    parts: LINKED_PARTS,
    ...links,
    logic: root.logic as AnyActorLogic,
    input: undefined,
    remake:
      recreate &&
      ((replacement, persisted) => {
        const made = recreate(persisted) as unknown as AnyActor;
        if (isRunning(made) || find(made) !== undefined || pathOf(made).length > 0) {
          refuseActor('`recreate` to give a new root actor that is not started', `"${made.id}"`);
        }
        replacement.attachRestored(made);
      }),
    options: { clock: givenClockOf(root) },
  });
  process.process.attach(root, before?.process);
  process.begin();
  return Object.assign(handleOf(process), { detach: () => process.detach() }) as unknown as AttachedProcess<
    TLogic,
    LinkedSnapshotOf<TLogic, TId, TPeers>
  >;
}

function refuseActor(what: string, got: string): never {
  throw new PanoramaError('invalid-argument', `Expected ${what}, got ${got}.`);
}
