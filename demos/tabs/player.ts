import { assign, sendTo, setup } from 'xstate';

/** Coins that one tab hands another. */
export interface Coins {
  readonly type: 'COINS';
  readonly count: number;
}

/** What a tab begins with. */
export interface PlayerInput {
  /** Coins that it brings along. */
  readonly coins: number;
  /** Those it knows of from the start. */
  readonly others?: readonly string[];
}

type PlayerEvent =
  | Coins
  /** Another tab has come, or is gone. */
  | { readonly type: 'JOINED' | 'GONE'; readonly id: string };

/** How often a tab hands coins on, in milliseconds. */
const PAUSE_MS = 20;

const portion = ({ coins }: { readonly coins: number }) => Math.ceil(coins / 10);

/** A tab's machine: it keeps handing coins to the others in turn. It knows nothing of tabs, nor of snapshots. */
export const player = setup({
  types: {
    context: {} as { readonly coins: number; readonly others: readonly string[]; readonly turn: number },
    input: {} as PlayerInput,
    events: {} as PlayerEvent,
  },
  delays: { pause: PAUSE_MS },
  guards: { canGive: ({ context }) => context.coins > 0 && context.others.length > 0 },
  actions: {
    give: sendTo(
      ({ system, context: { others, turn } }) => system.get(others[turn % others.length]!),
      ({ context }): Coins => ({ type: 'COINS', count: portion(context) }),
    ),
    noteGift: assign(({ context }) => ({ coins: context.coins - portion(context), turn: context.turn + 1 })),
    take: assign({ coins: ({ context }, { count }: { count: number }) => context.coins + count }),
    meet: assign({ others: ({ context }, { id }: { id: string }) => [...context.others, id] }),
    forget: assign({ others: ({ context }, { id }: { id: string }) => context.others.filter((other) => other !== id) }),
  },
}).createMachine({
  id: 'player',
  context: ({ input: { coins, others = [] } }) => ({ coins, others, turn: 0 }),
  initial: 'playing',
  states: {
    playing: {
      after: {
        pause: [
          { guard: 'canGive', target: 'playing', reenter: true, actions: ['give', 'noteGift'] },
          { target: 'playing', reenter: true },
        ],
      },
    },
  },
  on: {
    COINS: { actions: { type: 'take', params: ({ event }) => event } },
    JOINED: { actions: { type: 'meet', params: ({ event }) => event } },
    GONE: { actions: { type: 'forget', params: ({ event }) => event } },
  },
});
