import { sendTo, setup } from 'xstate';

/** What a process of the ring begins with. */
export interface HolderInput {
  /** Who gets the token next. */
  readonly next: string;
  readonly hasToken: boolean;
  /** How long it keeps the token, in milliseconds. */
  readonly holdMs: number;
}

/** A process of the single-token system (the paper, example 2.1): it holds the token for a while and passes it on. */
export const holder = setup({
  types: {
    context: {} as HolderInput,
    input: {} as HolderInput,
    events: {} as { type: 'TOKEN' },
  },
  delays: { hold: ({ context }) => context.holdMs },
  guards: { beginsWithToken: ({ context }) => context.hasToken },
  actions: {
    passOn: sendTo(({ system, context }) => system.get(context.next), { type: 'TOKEN' }),
  },
}).createMachine({
  id: 'holder',
  context: ({ input }) => input,
  initial: 'beginning',
  states: {
    beginning: { always: [{ guard: 'beginsWithToken', target: 'holding' }, { target: 'empty' }] },
    empty: { on: { TOKEN: 'holding' } },
    holding: { after: { hold: { target: 'empty', actions: 'passOn' } } },
  },
});
