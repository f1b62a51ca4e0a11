import { assign, sendTo, setup } from 'xstate';
import type { Developed, Order, Photo, Progress } from './messages.js';

/** How long the desk waits for more photos before it sends the order, in milliseconds. */
const COLLECT_MS = 600;

/** What the person at the page sees. */
export interface DeskContext {
  /** Photos ever handed in; their ids count up. */
  readonly handedIn: number;
  /** Handed in, and not sent yet. */
  readonly collected: readonly Photo[];
  /** Sent to the lab, with what is known of how far they are, in percent. */
  readonly ordered: readonly (Photo & { readonly percent: number })[];
  readonly developed: readonly Photo[];
}

type HandIn = { readonly type: 'HAND_IN'; readonly count: number };

const collect = { type: 'collect', params: ({ event }: { event: HandIn }) => event } as const;

/** The page's machine: it collects photos for a moment, orders them from the lab, and shows how far they are. */
export const desk = setup({
  types: {
    context: {} as DeskContext,
    events: {} as HandIn | Progress | Developed,
  },
  delays: { collect: COLLECT_MS },
  actions: {
    collect: assign(({ context }, { count }: { count: number }) => ({
      handedIn: context.handedIn + count,
      collected: [
        ...context.collected,
        ...Array.from({ length: count }, (_, index) => ({ id: context.handedIn + index + 1 })),
      ],
    })),
    order: sendTo(
      ({ system }) => system.get('lab'),
      ({ context }): Order => ({ type: 'ORDER', photos: context.collected }),
    ),
    noteOrder: assign({
      collected: [],
      ordered: ({ context }) => [...context.ordered, ...context.collected.map((photo) => ({ ...photo, percent: 0 }))],
    }),
    noteProgress: assign({
      ordered: ({ context }, { id, percent }: { id: number; percent: number }) =>
        context.ordered.map((photo) => (photo.id === id ? { ...photo, percent } : photo)),
    }),
    take: assign(({ context }, { id }: { id: number }) => ({
      ordered: context.ordered.filter((photo) => photo.id !== id),
      developed: [...context.developed, { id }],
    })),
  },
}).createMachine({
  id: 'desk',
  context: { handedIn: 0, collected: [], ordered: [], developed: [] },
  initial: 'waiting',
  states: {
    waiting: { on: { HAND_IN: { target: 'collecting', actions: collect } } },
    collecting: {
      on: { HAND_IN: { actions: collect } },
      after: { collect: { target: 'waiting', actions: ['order', 'noteOrder'] } },
    },
  },
  on: {
    PROGRESS: { actions: { type: 'noteProgress', params: ({ event }) => event } },
    DEVELOPED: { actions: { type: 'take', params: ({ event }) => event } },
  },
});
