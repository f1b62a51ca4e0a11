/** Records the whole local state of a process, and puts it back. */
import type { AnyActor, AnyActorRef, Snapshot } from 'xstate';
import { PanoramaError } from '../errors.js';
import type { ActorAddress, RecordedState, RecordedTimer } from '../global-snapshot.js';
import { carryRef } from './actor-refs.js';
import { copyPlain } from './copy-plain.js';
import {
  armTimer,
  childrenOf,
  nameOfTimer,
  pathOf,
  peerNameOf,
  persistActor,
  pendingTimers,
  sourceNameOf,
  type PendingTimer,
} from './xstate-internals.js';

/**
 * Records the persisted snapshot and the pending timers of a process; on a clean stack only
 * (docs/traps.md#in-the-middle-of-a-macrostep).
 *
 * @param id The process, for errors.
 * @param now The time of the network's clock in milliseconds; undefined when the clock does not tell.
 * @throws `not-recordable` naming what could not be restored (docs/traps.md#what-cannot-be-restored).
 */
export function recordActor(
  id: string,
  root: AnyActor,
  now: number | undefined,
): Pick<RecordedState, 'snapshot' | 'timers'> {
  refuseInlineLogic(id, root);
  const snapshot = persistActor(root, (part, actor, isContext) => {
    const path = `processes.${[id, ...pathOf(actor)].join('.')}`;
    if (!isContext) return copyPlain(part, path);
    return copyPlain(part, `${path}.context`, (ref, at) => carryRef(actor, ref, at));
  });
  return { snapshot, timers: recordTimers(id, root, now) };
}

/** Refuses children of inline logic: a restore could not find that again. */
function refuseInlineLogic(id: string, actor: AnyActorRef): void {
  for (const child of Object.values(childrenOf(actor))) {
    if (sourceNameOf(child) === undefined) {
      throw new PanoramaError(
        'not-recordable',
        `Expected every child of process "${id}" to come from \`setup({ actors })\`, got inline logic spawned as "${pathOf(child).join('.')}", which a restore could not find again. Name the logic in \`setup({ actors })\` and spawn it by that name.`,
      );
    }
    refuseInlineLogic(id, child);
  }
}

/** Where an actor of a process is: by the ids from the root, or the name of the peer that it stands for. */
export function addressOf(actor: AnyActorRef): ActorAddress {
  const peer = peerNameOf(actor);
  return peer === undefined ? { path: pathOf(actor) } : { peer };
}

/** The actor of a process at an address, if there still is one. */
export function actorAt(root: AnyActor, address: ActorAddress): AnyActorRef | undefined {
  if ('peer' in address) return root.system.get(address.peer) as AnyActorRef | undefined;
  return address.path.reduce<AnyActorRef | undefined>((actor, child) => actor && childrenOf(actor)[child], root);
}

function recordTimers(id: string, root: AnyActor, now: number | undefined): RecordedTimer[] {
  const pending = pendingTimers(root);
  if (pending.length === 0) return [];
  if (now === undefined) {
    throw new PanoramaError(
      'not-recordable',
      `Expected a clock that tells the time, as process "${id}" has ${pending.length} pending timer(s), got a \`clock\` without \`now()\`. Give it a \`now(): number\` in milliseconds.`,
    );
  }
  const address = (actor: AnyActorRef): ActorAddress | undefined => {
    const at = addressOf(actor);
    return actorAt(root, at) === actor ? at : undefined;
  };
  const record = (timer: PendingTimer): RecordedTimer[] => {
    const source = address(timer.source);
    const target = address(timer.target);
    // An actor that was stopped, and perhaps replaced by a namesake, can neither send nor take this event any more.
    if (source === undefined || target === undefined) return [];
    const event = copyPlain(timer.event, `the delayed event ${timer.event.type} of process "${id}"`);
    return [{ source, target, event, delay: Math.max(0, timer.startedAt + timer.delay - now), id: nameOfTimer(timer) }];
  };
  return pending.flatMap(record).sort((a, b) => a.delay - b.delay);
}

/**
 * Puts pending timers back. To be done when the children stand and before anything starts: earlier they fire twice,
 * later a child that leaves and re-enters a state at once leaves a stale one behind
 * (docs/traps.md#timers-are-state).
 */
export function armTimers(root: AnyActor, timers: readonly RecordedTimer[]): void {
  for (const { source, target, event, delay, id } of timers) {
    const from = actorAt(root, source);
    const to = actorAt(root, target);
    if (from !== undefined && to !== undefined) armTimer({ source: from, target: to, event, delay, id });
  }
}

/** Refuses a restored actor that could not take its recorded state. Throws `does-not-fit`. */
export function refuseUnfit(id: string, root: AnyActor, recorded: Snapshot<unknown>): void {
  const restored = root.getSnapshot() as { status: string; error?: unknown };
  if (restored.status === 'error' && recorded.status !== 'error') {
    throw new PanoramaError(
      'does-not-fit',
      `Expected the logic of process "${id}" to take its recorded state, got: ${String(restored.error)}. Restore with the machine that the snapshot was taken of.`,
      { cause: restored.error },
    );
  }
  refuseLostChildren(id, root, recorded);
}

/** Refuses a restored actor that lost a child, as XState silently does when the child's logic is gone. */
function refuseLostChildren(id: string, root: AnyActor, persisted: unknown): void {
  const visit = (actor: AnyActorRef, part: unknown, path: string) => {
    const { children = {} } = part as { children?: Record<string, { src: unknown; snapshot: unknown }> };
    for (const [childId, child] of Object.entries(children)) {
      const restored = childrenOf(actor)[childId];
      if (restored === undefined) {
        throw new PanoramaError(
          'does-not-fit',
          `Expected the logic of process "${id}" to have an actor source "${String(child.src)}" for its child "${path}${childId}", got none. Restore with the machine that the snapshot was taken of.`,
        );
      }
      visit(restored, child.snapshot, `${path}${childId}.`);
    }
  };
  visit(root, persisted, '');
}
