/** The depot that each program of the town has: it moves goods to others, takes theirs, and notes what comes from outside. */
import { assign, enqueueActions, setup, type AnyActorRef } from 'xstate';

/** What each depot begins with. */
export const STOCK = 1000;

/** What a depot knows. */
export interface Books {
  readonly stock: number;
  /** The inputs taken, each brings one piece; in the order in which they came. */
  readonly inputs: readonly number[];
  /** By depot: how many deliveries went there, and came from there. */
  readonly given: Readonly<Record<string, number>>;
  readonly got: Readonly<Record<string, number>>;
  /** Deliveries that were not the next ones, in words. */
  readonly torn: readonly string[];
}

/** A delivery, the `n`th from a depot to another. */
export interface Delivery {
  readonly type: 'DELIVERY';
  readonly from: string;
  readonly n: number;
  readonly amount: number;
}

type DepotEvent =
  | Delivery
  | { readonly type: 'DELIVER'; readonly to: string; readonly amount: number }
  | { readonly type: 'INPUT'; readonly n: number };

export const depot = setup({
  types: {
    context: {} as Books & { readonly id: string },
    input: {} as { readonly id: string },
    events: {} as DepotEvent,
  },
}).createMachine({
  context: ({ input: { id } }) => ({ id, stock: STOCK, inputs: [], given: {}, got: {}, torn: [] }),
  on: {
    DELIVER: {
      guard: ({ context, event }) => context.stock >= event.amount,
      actions: enqueueActions(({ enqueue, context, event: { to, amount }, system }) => {
        const target = system.get(to) as AnyActorRef | undefined;
        if (target === undefined) return;
        const { id: from, stock, given } = context;
        const n = (given[to] ?? 0) + 1;
        enqueue.assign({ stock: stock - amount, given: { ...given, [to]: n } });
        enqueue.sendTo(target, { type: 'DELIVERY', from, n, amount });
      }),
    },
    DELIVERY: {
      actions: assign(({ context: { stock, got, torn }, event: { from, n, amount } }) => {
        const next = (got[from] ?? 0) + 1;
        const tear = `delivery ${n} from ${from} instead of ${next}`;
        return { stock: stock + amount, got: { ...got, [from]: n }, torn: n === next ? torn : [...torn, tear] };
      }),
    },
    INPUT: {
      actions: assign(({ context: { stock, inputs }, event: { n } }) => ({ stock: stock + 1, inputs: [...inputs, n] })),
    },
  },
});
