/**
 * Processes that ask one another and answer, as in the literature on deadlocks: who asks is blocked until enough of those
 * asked have answered; who is not blocked may answer at any time. With the probes of Chandy, Misra and Haas on top.
 *
 * K. M. Chandy, J. Misra, L. M. Haas, *Distributed Deadlock Detection*, ACM TOCS 1(2), 1983: probes for the AND model,
 * queries and replies for the OR model.
 */
import { enqueueActions, setup, type AnyActorRef } from 'xstate';

export interface Ask {
  readonly round: number;
  readonly need: number;
  readonly of: readonly string[];
  readonly got: readonly string[];
}

export interface Worker {
  readonly id: string;
  readonly round: number;
  /** What it waits for; null when it may act. */
  readonly ask: Ask | null;
  /** Whom it has to answer. */
  readonly owed: readonly { readonly to: string; readonly round: number }[];
  /** AND: initiators whose probe it has passed on since it was blocked. */
  readonly probed: readonly string[];
  /** OR: by initiator, its part in that one's computation since it was blocked. */
  readonly engaged: Readonly<Record<string, { readonly by: string; readonly missing: number }>>;
  /** OR: initiators whose query it has seen. */
  readonly seen: readonly string[];
  /** What its own probes or queries have found out. */
  readonly found: readonly ('AND' | 'OR')[];
}

export type WorkerEvent =
  /** From outside: asks these, and waits for so many answers; answers all that it owes; looks for a deadlock; forgets what it saw and found. */
  | { type: 'ASK'; of: readonly string[]; need: number }
  | { type: 'ANSWER' }
  | { type: 'PROBE' }
  | { type: 'QUERY' }
  | { type: 'LOOK ANEW' }
  /** From one another. */
  | { type: 'request'; from: string; round: number }
  | { type: 'grant'; from: string; round: number }
  | { type: 'probe'; initiator: string; from: string }
  | { type: 'query'; initiator: string; from: string }
  | { type: 'reply'; initiator: string };

type Sends = readonly (readonly [to: string, event: WorkerEvent])[];
type Step = readonly [worker: Worker, sends?: Sends];

function step(worker: Worker, event: WorkerEvent): Step {
  const { id, ask, owed } = worker;
  const stillAsked = ask === null ? [] : ask.of.filter((to) => !ask.got.includes(to));
  switch (event.type) {
    case 'ASK': {
      if (ask !== null) return [worker];
      const round = worker.round + 1;
      const asking = { ...worker, round, ask: { round, need: event.need, of: event.of, got: [] } };
      return [asking, event.of.map((to) => [to, { type: 'request', from: id, round }])];
    }
    case 'ANSWER':
      if (ask !== null) return [worker];
      return [{ ...worker, owed: [] }, owed.map(({ to, round }) => [to, { type: 'grant', from: id, round }])];
    case 'request':
      return [{ ...worker, owed: [...owed, { to: event.from, round: event.round }] }];
    case 'grant': {
      if (ask?.round !== event.round) return [worker];
      const got = [...ask.got, event.from];
      if (got.length < ask.need) return [{ ...worker, ask: { ...ask, got } }];
      return [{ ...worker, ask: null, probed: [], engaged: {} }];
    }
    case 'LOOK ANEW':
      return [{ ...worker, probed: [], engaged: {}, seen: [], found: [] }];
    case 'PROBE':
      return [worker, stillAsked.map((to) => [to, { type: 'probe', initiator: id, from: id }])];
    case 'probe': {
      const { initiator, from } = event;
      if (ask === null || worker.probed.includes(initiator) || !owed.some(({ to }) => to === from)) return [worker];
      const probed = { ...worker, probed: [...worker.probed, initiator] };
      if (initiator === id) return [{ ...probed, found: [...worker.found, 'AND'] }];
      return [probed, stillAsked.map((to) => [to, { type: 'probe', initiator, from: id }])];
    }
    case 'QUERY':
      return ask === null || worker.seen.includes(id) ? [worker] : engage(worker, id, id, stillAsked);
    case 'query': {
      const { initiator, from } = event;
      if (ask === null) return [worker];
      if (!worker.seen.includes(initiator)) return engage(worker, initiator, from, stillAsked);
      return [worker, initiator in worker.engaged ? [[from, { type: 'reply', initiator }]] : []];
    }
    case 'reply': {
      const { initiator } = event;
      const part = worker.engaged[initiator];
      if (part === undefined) return [worker];
      const missing = part.missing - 1;
      const replied = { ...worker, engaged: { ...worker.engaged, [initiator]: { ...part, missing } } };
      if (missing > 0) return [replied];
      if (initiator === id) return [{ ...replied, found: [...worker.found, 'OR'] }];
      return [replied, [[part.by, { type: 'reply', initiator }]]];
    }
  }
}

function engage(worker: Worker, initiator: string, by: string, asked: readonly string[]): Step {
  const engaged = { ...worker.engaged, [initiator]: { by, missing: asked.length } };
  const sends = asked.map((to) => [to, { type: 'query', initiator, from: worker.id }] as const);
  return [{ ...worker, engaged, seen: [...worker.seen, initiator] }, sends];
}

export const worker = setup({
  types: { context: {} as Worker, input: {} as string, events: {} as WorkerEvent, tags: {} as 'asking' },
}).createMachine({
  context: ({ input }) => ({ id: input, round: 0, ask: null, owed: [], probed: [], engaged: {}, seen: [], found: [] }),
  initial: 'free',
  on: {
    '*': {
      actions: enqueueActions(({ context, event, enqueue }) => {
        const [next, sends = []] = step(context, event);
        enqueue.assign(next);
        for (const [to, message] of sends) enqueue.sendTo(({ system }) => system.get(to) as AnyActorRef, message);
      }),
    },
  },
  states: {
    free: { always: { guard: ({ context }) => context.ask !== null, target: 'asking' } },
    asking: { tags: 'asking', always: { guard: ({ context }) => context.ask === null, target: 'free' } },
  },
});
