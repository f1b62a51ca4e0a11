import { assign, enqueueActions, setup } from 'xstate';

/** A side of a philosopher: a neighbour, and the fork shared with that neighbour. */
export type Side = 'left' | 'right';

/** Both sides. */
export const SIDES: readonly Side[] = ['left', 'right'];

/** What a philosopher sits down with. */
export interface PhilosopherInput {
  /** The neighbours' ids. */
  readonly neighbours: Readonly<Record<Side, string>>;
  /** The forks that lie at this place. */
  readonly forks: Readonly<Record<Side, boolean>>;
  readonly thinkMs: number;
  readonly eatMs: number;
}

/** What a philosopher knows. */
export interface PhilosopherContext extends PhilosopherInput {
  /** The neighbours who asked for a fork and did not get it yet. */
  readonly owed: Readonly<Record<Side, boolean>>;
  readonly meals: number;
}

/** What philosophers say to each other: please give me our fork; here it is. */
export type PhilosopherEvent = { readonly type: 'ASK' | 'FORK'; readonly from: string };

const say = (type: PhilosopherEvent['type'], from: string) => (): PhilosopherEvent => ({ type, from });

const sideOf = ({ neighbours }: PhilosopherContext, id: string): Side => (id === neighbours.left ? 'left' : 'right');

/**
 * A dining philosopher, and no clever one: hungry, he asks both neighbours for what he lacks and keeps what he has. One
 * who thinks gives a fork to whom asks for it; one who is hungry or eats, when he has eaten.
 */
export const philosopher = setup({
  types: {
    context: {} as PhilosopherContext,
    input: {} as PhilosopherInput,
    events: {} as PhilosopherEvent,
    tags: '' as 'waiting',
  },
  delays: { think: ({ context }) => context.thinkMs, eat: ({ context }) => context.eatMs },
  guards: {
    hasBothForks: ({ context }) => context.forks.left && context.forks.right,
  },
  actions: {
    askForForks: enqueueActions(({ context, enqueue, self }) => {
      for (const side of SIDES) {
        if (context.forks[side]) continue;
        enqueue.sendTo(({ system }) => system.get(context.neighbours[side]), say('ASK', self.id));
      }
    }),
    takeFork: assign({
      forks: ({ context }, { from }: { from: string }) => ({ ...context.forks, [sideOf(context, from)]: true }),
    }),
    giveFork: enqueueActions(({ context, enqueue, self }, { from }: { from: string }) => {
      enqueue.assign({ forks: { ...context.forks, [sideOf(context, from)]: false } });
      enqueue.sendTo(({ system }) => system.get(from), say('FORK', self.id));
    }),
    owe: assign({
      owed: ({ context }, { from }: { from: string }) => ({ ...context.owed, [sideOf(context, from)]: true }),
    }),
    payDebts: enqueueActions(({ context, enqueue, self }) => {
      for (const side of SIDES) {
        if (!context.owed[side]) continue;
        enqueue.sendTo(({ system }) => system.get(context.neighbours[side]), say('FORK', self.id));
      }
      enqueue.assign({
        forks: { left: context.forks.left && !context.owed.left, right: context.forks.right && !context.owed.right },
        owed: { left: false, right: false },
      });
    }),
    countMeal: assign({ meals: ({ context }) => context.meals + 1 }),
  },
}).createMachine({
  id: 'philosopher',
  context: ({ input }) => ({ ...input, owed: { left: false, right: false }, meals: 0 }),
  initial: 'thinking',
  states: {
    thinking: {
      on: { ASK: { actions: { type: 'giveFork', params: ({ event }) => ({ from: event.from }) } } },
      after: { think: 'hungry' },
    },
    hungry: {
      tags: 'waiting',
      entry: 'askForForks',
      always: { guard: 'hasBothForks', target: 'eating' },
    },
    eating: {
      entry: 'countMeal',
      after: { eat: { target: 'thinking', actions: 'payDebts' } },
    },
  },
  on: {
    ASK: { actions: { type: 'owe', params: ({ event }) => ({ from: event.from }) } },
    FORK: { actions: { type: 'takeFork', params: ({ event }) => ({ from: event.from }) } },
  },
});
