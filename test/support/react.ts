import type { AnyActor } from 'xstate';

/**
 * Stops an actor as `@xstate/react` does when effects are undone (in strict mode, by `Activity`): the root is stopped, and
 * all actors are made ones that were never started.
 */
export function stopAsReact(actor: AnyActor): void {
  const children = Object.values(actor.getSnapshot().children as Record<string, AnyActor>);
  const snapshots = [actor, ...children].map((each) => [each, each.getSnapshot() as unknown] as const);
  const system = actor.system as unknown as { _snapshot: unknown };
  const systemSnapshot = actor.system.getSnapshot();
  for (const [each] of snapshots) (each as unknown as { observers: Set<unknown> }).observers = new Set();
  actor.stop();
  system._snapshot = systemSnapshot;
  for (const [each, snapshot] of snapshots) Object.assign(each, { _processingStatus: 0, _snapshot: snapshot });
}

/** As in strict mode: the effects are undone, and at once done again. */
export function restart(actor: AnyActor): void {
  stopAsReact(actor);
  actor.start();
}
