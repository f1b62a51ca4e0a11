import { assign, sendTo, setup, type AnyActorRef } from 'xstate';

/** A token ring: each hop is one message, one transition and one send. */
export const hop = setup({
  types: { context: {} as { n: number; next: string }, input: {} as { next: string } },
}).createMachine({
  context: ({ input }) => ({ n: 0, next: input.next }),
  on: {
    TOKEN: {
      actions: [
        assign({ n: ({ context }) => context.n + 1 }),
        sendTo(
          ({ system, context }) => system.get(context.next) as AnyActorRef,
          ({ event }) => event,
        ),
      ],
    },
  },
});
