import type { AnyActorRef } from 'xstate';
import type { Snapshot } from 'xstate';
import { toPlain, type Redact } from './plain.js';
import type { StateView } from './protocol.js';

/** A snapshot of any actor, live or persisted. */
interface AnySnapshot {
  readonly status?: string;
  readonly value?: unknown;
  readonly context?: unknown;
  readonly output?: unknown;
  readonly error?: unknown;
  readonly children?: Readonly<Record<string, AnyActorRef | { readonly snapshot: Snapshot<unknown> } | undefined>>;
}

/** Whether a live snapshot leads to actors whose own states go on changing: then it must be looked at at once. */
export function hasChildren(snapshot: unknown): boolean {
  return Object.keys((snapshot as AnySnapshot).children ?? {}).length > 0;
}

/** What people look at of an actor's snapshot. */
export function viewState(snapshot: unknown, redact: Redact | undefined): StateView {
  const look = ({ status = 'active', value, context, output, error, children }: AnySnapshot): StateView => ({
    status,
    ...(value === undefined ? {} : { value }),
    ...(context === undefined ? {} : { context }),
    ...(output === undefined ? {} : { output }),
    ...(error === undefined ? {} : { error }),
    ...(children === undefined || Object.keys(children).length === 0
      ? {}
      : {
          children: Object.fromEntries(
            Object.entries(children).flatMap(([id, child]) =>
              child === undefined ? [] : [[id, look(snapshotOf(child))]],
            ),
          ),
        }),
  });
  const view = look(snapshot as AnySnapshot);
  if (redact !== undefined || view.children !== undefined) return toPlain(view, redact) as StateView;
  // What most states are: each part by itself is often flat, and copied at once.
  const parts = view as unknown as Record<string, unknown>;
  for (const key in parts) parts[key] = toPlain(parts[key], redact);
  return view;
}

function snapshotOf(child: AnyActorRef | { readonly snapshot: Snapshot<unknown> }): AnySnapshot {
  return ('getSnapshot' in child ? child.getSnapshot() : child.snapshot) as AnySnapshot;
}
