import { assign, enqueueActions, setup } from 'xstate';

/** What a teller begins with. */
export interface TellerInput {
  readonly balance: number;
  /** The others: a channel leads to each, and one comes from each. */
  readonly peers: readonly string[];
}

/** A teller's balance, and what it has recorded by markers. */
export interface TellerContext extends TellerInput {
  /** The balance when it recorded by markers; undefined before. */
  readonly recorded: number | undefined;
  /** What came in on channels whose marker had not come yet. */
  readonly inFlight: number;
  /** The peers whose marker has come. */
  readonly markers: readonly string[];
}

/** What a teller is told: to pay, to begin a snapshot by markers; and by others, that money or a marker has come. */
export type TellerEvent =
  | { readonly type: 'PAY'; readonly to: string; readonly amount: number }
  | { readonly type: 'RECORD' }
  | { readonly type: 'MONEY'; readonly from: string; readonly amount: number }
  | { readonly type: 'MARKER'; readonly from: string };

/**
 * An account that does the two rules of Chandy and Lamport by itself, with markers that are messages like any other: as
 * the paper has them, but for the channels.
 */
export const teller = setup({
  types: {
    context: {} as TellerContext,
    input: {} as TellerInput,
    events: {} as TellerEvent,
  },
  guards: {
    isInFlight: ({ context }, { from }: { from: string }) =>
      context.recorded !== undefined && !context.markers.includes(from),
  },
  actions: {
    pay: enqueueActions(({ context, enqueue, self }, { to, amount }: { to: string; amount: number }) => {
      enqueue.assign({ balance: context.balance - amount });
      enqueue.sendTo(
        ({ system }) => system.get(to),
        () => ({ type: 'MONEY', from: self.id, amount }),
      );
    }),
    take: assign({ balance: ({ context }, { amount }: { amount: number }) => context.balance + amount }),
    recordInFlight: assign({ inFlight: ({ context }, { amount }: { amount: number }) => context.inFlight + amount }),
    closeChannel: assign({ markers: ({ context }, { from }: { from: string }) => [...context.markers, from] }),
    record: assign({ recorded: ({ context }) => context.balance }),
    sendMarkers: enqueueActions(({ context, enqueue, self }) => {
      for (const peer of context.peers) {
        enqueue.sendTo(
          ({ system }) => system.get(peer),
          () => ({ type: 'MARKER', from: self.id }),
        );
      }
    }),
  },
}).createMachine({
  id: 'teller',
  context: ({ input }) => ({ ...input, recorded: undefined, inFlight: 0, markers: [] }),
  initial: 'unrecorded',
  states: {
    unrecorded: {
      on: {
        RECORD: { target: 'recorded', actions: ['record', 'sendMarkers'] },
        MARKER: {
          target: 'recorded',
          actions: ['record', 'sendMarkers', { type: 'closeChannel', params: ({ event }) => ({ from: event.from }) }],
        },
      },
    },
    recorded: {
      on: { MARKER: { actions: { type: 'closeChannel', params: ({ event }) => ({ from: event.from }) } } },
    },
  },
  on: {
    PAY: { actions: { type: 'pay', params: ({ event }) => ({ to: event.to, amount: event.amount }) } },
    MONEY: [
      {
        guard: { type: 'isInFlight', params: ({ event }) => ({ from: event.from }) },
        actions: [
          { type: 'recordInFlight', params: ({ event }) => ({ amount: event.amount }) },
          { type: 'take', params: ({ event }) => ({ amount: event.amount }) },
        ],
      },
      { actions: { type: 'take', params: ({ event }) => ({ amount: event.amount }) } },
    ],
  },
});
