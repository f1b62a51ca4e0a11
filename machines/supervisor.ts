/** The statechart of the supervisor: it gathers the local snapshots of one snapshot id into the global snapshot. */
import { assign, fromCallback, setup } from 'xstate';

/** What the supervisor of one snapshot is told. */
export type SupervisorEvent =
  /** A process completed its local snapshot. Its channels may lead to processes that no report had named before: this many. */
  | { readonly type: 'report.received'; readonly named: number }
  /** The snapshot is given up: time ran out, it was aborted, a limit was passed, a process could not be recorded. */
  | { readonly type: 'snapshot.aborted'; readonly reason: unknown };

/** What the supervisor of one snapshot begins with. */
export interface SupervisorInput {
  /** How many processes are known to have to report, before any report names more. */
  readonly processes: number;
  /** What the `deadline` actor is to watch: its input. */
  readonly limits?: unknown;
}

/** What the supervisor waits for, and why it gave up. */
export interface SupervisorContext {
  /** Processes that were named and have not reported. */
  readonly awaiting: number;
  readonly limits: unknown;
  /** Why the snapshot was given up; undefined before. */
  readonly reason: unknown;
}

/** The supervisor of one snapshot: collecting → complete | aborted. */
export const supervisorMachine = /* @__PURE__ */ setup({
  types: {
    context: {} as SupervisorContext,
    input: {} as SupervisorInput,
    events: {} as SupervisorEvent,
  },
  actors: {
    /** Sends `snapshot.aborted` when the time is up or the caller's signal aborts. */
    deadline: fromCallback<SupervisorEvent, unknown>(() => undefined),
  },
  guards: {
    isLastReport: ({ context, event }) => event.type === 'report.received' && context.awaiting + event.named === 1,
  },
}).createMachine({
  id: 'supervisor',
  context: ({ input }) => ({ awaiting: input.processes, limits: input.limits, reason: undefined }),
  initial: 'collecting',
  states: {
    collecting: {
      invoke: { src: 'deadline', input: ({ context }: { context: SupervisorContext }) => context.limits },
      on: {
        'report.received': [
          { guard: 'isLastReport', target: 'complete' },
          { actions: assign({ awaiting: ({ context, event }) => context.awaiting + event.named - 1 }) },
        ],
        'snapshot.aborted': { target: 'aborted', actions: assign({ reason: ({ event }) => event.reason }) },
      },
    },
    complete: { type: 'final' },
    aborted: { type: 'final' },
  },
});
