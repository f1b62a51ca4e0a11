import { assign, enqueueActions, setup } from 'xstate';

/** What a worker begins with. */
export interface WorkerInput {
  /** To whom it hands work on, in turn. */
  readonly colleagues: readonly string[];
  /** How long a job takes, in milliseconds. */
  readonly workMs: number;
  /** Jobs to begin with, by their size. */
  readonly jobs: readonly number[];
}

/** What a worker knows: `jobs` are those that it has not done yet. */
export interface WorkerContext extends WorkerInput {
  readonly done: number;
}

/** Some work. */
export interface Job {
  readonly type: 'JOB';
  readonly size: number;
}

/** The sizes of the jobs that come of a job: one and two smaller, down to 0. */
export const childrenOf = (size: number): number[] => [size - 1, size - 2].filter((child) => child >= 0);

const job = (size: number) => (): Job => ({ type: 'JOB', size });

/** A worker of a diffusing computation: it is idle until a job comes, and each job makes more for others. */
export const worker = setup({
  types: {
    context: {} as WorkerContext,
    input: {} as WorkerInput,
    events: {} as Job,
  },
  delays: { work: ({ context }) => context.workMs },
  guards: { hasJobs: ({ context }) => context.jobs.length > 0 },
  actions: {
    putOnPile: assign({ jobs: ({ context }, { size }: { size: number }) => [...context.jobs, size] }),
    finishJob: enqueueActions(({ context, enqueue }) => {
      const [size = 0, ...rest] = context.jobs;
      enqueue.assign({ jobs: rest, done: context.done + 1 });
      childrenOf(size).forEach((child, turn) => {
        const colleague = context.colleagues[(context.done + size + turn) % context.colleagues.length]!;
        enqueue.sendTo(({ system }) => system.get(colleague), job(child));
      });
    }),
  },
}).createMachine({
  id: 'worker',
  context: ({ input }) => ({ ...input, done: 0 }),
  initial: 'idle',
  states: {
    idle: { always: { guard: 'hasJobs', target: 'working' } },
    working: { after: { work: { target: 'idle', actions: 'finishJob' } } },
  },
  on: { JOB: { actions: { type: 'putOnPile', params: ({ event }) => ({ size: event.size }) } } },
});
