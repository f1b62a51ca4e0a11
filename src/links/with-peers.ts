import type { Actor, AnyActor, AnyActorLogic, Snapshot } from 'xstate';
import { expected } from '../checks.js';
import { PanoramaError } from '../errors.js';
import { revivePeers } from '../process/actor-refs.js';
import { copyPlain } from '../process/copy-plain.js';
import { isActor, parseLogic } from '../process/process-config.js';
import type { PeeredProcess } from './peered-process.js';
import {
  givenClockOf,
  isRunning,
  isUnstarted,
  pathOf,
  wrapLogic,
  type ActorScope,
} from '../process/xstate-internals.js';
import { handleOf } from './handle-of.js';
import { LINKED_PARTS } from './linked-process-config.js';
import type { LinkedProcessHandle } from './linked-process-handle.js';
import { find, LinkedProcess, own } from './linked-process.js';
import { parseLinkOptions, type LinkOptions } from './options.js';

/** The options of `withPeers`. */
export interface WithPeersOptions extends LinkOptions {
  /**
   * Is called when all processes go back to a checkpoint: the actor has been stopped, and another one is to be created of
   * this logic and started, which goes on from the checkpoint by itself. In React: mount the component anew, by its `key`.
   * Without it, the process cannot be supervised.
   */
  readonly recreate?: (() => void) | undefined;
}

/**
 * Makes logic that is a process wherever its actor is created, as by `useActorRef` of `@xstate/react`: each actor made of
 * it reaches its peers by `system.get(name)`, and {@link processOf} gives its process. It opens the links when the actor
 * starts, and parts from them when it is stopped for good; React's strict mode, which stops an actor and starts it again
 * at once, passes unnoticed. One that is stopped for a while, as by `Activity`, comes anew to its peers: {@link processOf}
 * gives another process then. What the actor persists has the shape that it has without peers.
 *
 * Make it once, outside the component. With other implementations (`provide`) it is the same process. One actor of it at a
 * time may run, as the links are one process's: `start` of a second one throws `invalid-argument`. A child that is made of
 * it fails with the same code: only the root of an actor system is a process. The first actor that is started goes on from
 * the `snapshot`, if there is one, and no other.
 *
 * @param logic Any XState actor logic, unchanged; of a root actor.
 * @param options Its id, its peers, and what is to be done when another actor must take the place of the one there is.
 * @throws `invalid-argument` for a bad option, and for an actor in place of logic; `does-not-fit` for a snapshot that is
 *   not one of such a process.
 */
export function withPeers<TLogic extends AnyActorLogic>(logic: TLogic, options: WithPeersOptions): TLogic {
  parseLogic(logic, '`logic`');
  const links = parseLinkOptions(options);
  /** What the first actor that is started goes on from; the next would do once more what has been done since. */
  let { snapshot } = links;
  const { recreate } = options;
  if (recreate !== undefined && typeof recreate !== 'function') {
    expected('`recreate` to be a function', recreate);
  }
  /** A process that went back, and waits for its next actor. */
  let waiting: { readonly process: LinkedProcess; readonly persisted: Snapshot<unknown> | undefined } | undefined;
  /** Whose the links are: of the actors that were created, the one that was started last. */
  let holder: AnyActor | undefined;
  const mayStart = (actor: AnyActor) => {
    if (holder !== undefined && holder !== actor) {
      if (isRunning(holder)) refuseSecond(links.id);
      const before = find(holder)!;
      if (before !== find(actor)) before.close(); // it has stopped just now, and might have been started again
    }
    holder = actor;
    snapshot = undefined;
    const linked = find(actor)!;
    if (linked.context.isOver && isUnstarted(actor))
      return createProcess({ self: actor, system: actor.system }, linked);
    if (waiting?.process !== linked) return;
    waiting = undefined;
    linked.process.actor = actor as never; // of several that were created, the one that is started
    linked.face.replace(linked.process);
  };
  /** @param before The process that the actor was, until it was stopped for a while. */
  function createProcess(scope: ActorScope, before?: LinkedProcess): void {
    const process: LinkedProcess = new LinkedProcess({
      parts: LINKED_PARTS,
      ...links,
      snapshot,
      logic,
      input: undefined,
      remake:
        recreate &&
        ((_: PeeredProcess, persisted: Snapshot<unknown> | undefined) => void (waiting = { process, persisted })),
      recreate,
      mayStart,
      options: { clock: givenClockOf(scope.self) },
    });
    process.process.takeCharge(scope, before?.process);
    process.begin();
  }
  return wrapLogic(logic, {
    adopt(scope) {
      if (pathOf(scope.self).length > 0) refuseChild(links.id, scope.self);
      if (waiting !== undefined) {
        waiting.process.process.takeCharge(scope);
        return own(scope.self, waiting.process);
      }
      createProcess(scope);
    },
    restored: revivePeers,
    starting(scope) {
      const { process } = find(scope.self)!;
      process.refuseMisfit();
      process.armTimers();
    },
    persisted: () =>
      // Each a copy: the actor that is made of it changes it.
      copyPlain(
        waiting === undefined ? snapshot?.processes[links.id]?.snapshot : waiting.persisted,
        `processes.${links.id}`,
      ),
  });
}

function refuseSecond(id: string): never {
  throw new PanoramaError(
    'invalid-argument',
    `Expected one running actor of process "${id}", got a second one while the first runs: they would have the same links. Stop the first, or wrap the logic again, with an id and peers of its own.`,
  );
}

function refuseChild(id: string, child: AnyActor): never {
  throw new PanoramaError(
    'invalid-argument',
    `Expected process "${id}" to be the root of its actor system, got a child, "${pathOf(child).join('.')}". Give \`withPeers\` the root's logic, and the bare logic to the child.`,
  );
}

/**
 * Gives the process of an actor: to take snapshots, to hear of its links, to add peers.
 *
 * @param actor The root actor, made of what `withPeers` gave, by `createProcess`, or handed to `attachProcess`.
 * @throws `invalid-argument` for any other actor.
 */
export function processOf<TLogic extends AnyActorLogic>(actor: Actor<TLogic>): LinkedProcessHandle<TLogic> {
  if (!isActor(actor)) expected('the root actor of a process', actor);
  const process = find(actor);
  if (process !== undefined) return handleOf(process) as LinkedProcessHandle<TLogic>;
  throw new PanoramaError(
    'invalid-argument',
    `Expected the root actor of a process, got actor "${actor.id}", which is none. Create it of \`withPeers(logic, …)\`.`,
  );
}
