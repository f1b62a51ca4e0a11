import { assign, sendTo, setup } from 'xstate';

export interface StationInput {
  /** Its number; the highest one is to lead. */
  readonly number: number;
  /** The next station of the ring. */
  readonly next: string;
  /** When it wakes and stands for election, in milliseconds. */
  readonly wakeMs: number;
}

export interface StationContext extends StationInput {
  /** The leader's number, once it is known here. */
  readonly leader: number | undefined;
}

/** A candidacy on its way round the ring, and the news of who was elected. */
export type StationEvent = { readonly type: 'CANDIDATE' | 'ELECTED'; readonly number: number };

/** A station of the ring election of Chang and Roberts (1979): a candidacy is swallowed by whoever has a higher number. */
export const station = setup({
  types: {
    context: {} as StationContext,
    input: {} as StationInput,
    events: {} as StationEvent,
  },
  delays: { wake: ({ context }) => context.wakeMs },
  guards: {
    isHigher: ({ context }, { number }: { number: number }) => number > context.number,
    isMine: ({ context }, { number }: { number: number }) => number === context.number,
  },
  actions: {
    stand: sendTo(
      ({ system, context }) => system.get(context.next),
      ({ context }): StationEvent => ({ type: 'CANDIDATE', number: context.number }),
    ),
    passOn: sendTo(
      ({ system, context }) => system.get(context.next),
      ({ event }) => event,
    ),
    announce: sendTo(
      ({ system, context }) => system.get(context.next),
      ({ context }): StationEvent => ({ type: 'ELECTED', number: context.number }),
    ),
    note: assign({ leader: (_, { number }: { number: number }) => number }),
  },
}).createMachine({
  id: 'station',
  context: ({ input }) => ({ ...input, leader: undefined }),
  initial: 'asleep',
  states: {
    asleep: {
      after: { wake: { target: 'candidate', actions: 'stand' } },
      on: {
        CANDIDATE: [
          { guard: { type: 'isHigher', params: ({ event }) => event }, target: 'passive', actions: 'passOn' },
          { target: 'candidate', actions: 'stand' },
        ],
      },
    },
    candidate: {
      on: {
        CANDIDATE: [
          { guard: { type: 'isHigher', params: ({ event }) => event }, target: 'passive', actions: 'passOn' },
          {
            guard: { type: 'isMine', params: ({ event }) => event },
            target: 'leader',
            actions: [{ type: 'note', params: ({ event }) => event }, 'announce'],
          },
        ],
      },
    },
    passive: {
      on: {
        CANDIDATE: { guard: { type: 'isHigher', params: ({ event }) => event }, actions: 'passOn' },
        ELECTED: { target: 'follower', actions: [{ type: 'note', params: ({ event }) => event }, 'passOn'] },
      },
    },
    leader: {},
    follower: {},
  },
});
