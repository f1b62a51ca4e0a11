import { assign, sendTo, setup } from 'xstate';
import type { Developed, Order, Photo, Progress } from './messages.js';

/** How long a photo lies in one bath, in milliseconds; and how many baths there are. */
const BATH_MS = 30;
const BATHS = 10;

/** What is in the lab: the first photo in its bath, the others waiting. */
export interface LabContext {
  readonly photos: readonly Photo[];
  /** Baths that the first photo has been through. */
  readonly baths: number;
}

const first = ({ photos }: LabContext) => photos[0]!.id;

/** The worker's machine: it develops one photo after the other, and reports after every bath. */
export const lab = setup({
  types: { context: {} as LabContext, events: {} as Order },
  delays: { bath: BATH_MS },
  guards: {
    hasPhotos: ({ context }) => context.photos.length > 0,
    isLastBath: ({ context }) => context.baths === BATHS - 1,
  },
  actions: {
    queue: assign({
      photos: ({ context }, { photos }: { photos: readonly Photo[] }) => [...context.photos, ...photos],
    }),
    report: sendTo(
      ({ system }) => system.get('desk'),
      ({ context }): Progress => ({
        type: 'PROGRESS',
        id: first(context),
        percent: ((context.baths + 1) * 100) / BATHS,
      }),
    ),
    nextBath: assign({ baths: ({ context }) => context.baths + 1 }),
    deliver: sendTo(
      ({ system }) => system.get('desk'),
      ({ context }): Developed => ({ type: 'DEVELOPED', id: first(context) }),
    ),
    nextPhoto: assign({ photos: ({ context }) => context.photos.slice(1), baths: 0 }),
  },
}).createMachine({
  id: 'lab',
  context: { photos: [], baths: 0 },
  initial: 'idle',
  states: {
    idle: { always: { guard: 'hasPhotos', target: 'developing' } },
    developing: {
      after: {
        bath: [
          { guard: 'isLastBath', target: 'idle', actions: ['deliver', 'nextPhoto'] },
          { target: 'developing', reenter: true, actions: ['report', 'nextBath'] },
        ],
      },
    },
  },
  on: { ORDER: { actions: { type: 'queue', params: ({ event }) => event } } },
});
