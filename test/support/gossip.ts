import { assign, emit, enqueueActions, fromTransition, sendTo, setup } from 'xstate';

/**
 * A process in which all happens that a state has to carry: sends within a step, timers named and not, a child with a
 * timer of its own, and in the end a final state.
 */
export const gossip = setup({
  types: {
    context: {} as { readonly to: string; readonly heard: number; readonly seen: Map<string, number> },
    input: {} as { readonly to: string },
    events: {} as
      | { type: 'TELL'; ttl: number }
      | { type: 'NEWS'; ttl: number }
      | { type: 'NUDGE' }
      | { type: 'QUIT' }
      | { type: 'TICK' },
  },
  actors: {
    counter: fromTransition(
      (count: number, event: { type: string }) => (event.type === 'COUNT' ? count + 1 : count),
      0,
    ),
  },
  actions: {
    pass: sendTo(
      ({ system, context }) => system.get(context.to),
      (_, { ttl }: { ttl: number }) => ({ type: 'NEWS', ttl }),
    ),
  },
}).createMachine({
  id: 'gossip',
  context: ({ input }) => ({ to: input.to, heard: 0, seen: new Map() }),
  invoke: { src: 'counter', id: 'counter' },
  initial: 'calm',
  states: {
    calm: { on: { NUDGE: 'nudged' } },
    nudged: { after: { 100: { target: 'calm', actions: { type: 'pass', params: { ttl: 0 } } } } },
    gone: { type: 'final' },
  },
  on: {
    TELL: {
      actions: [
        { type: 'pass', params: ({ event }) => ({ ttl: event.ttl }) },
        sendTo(({ self }) => self, { type: 'TICK' }, { delay: 50 }),
      ],
    },
    NEWS: {
      actions: [
        enqueueActions(({ enqueue, event }) => {
          if (event.ttl > 0) enqueue({ type: 'pass', params: { ttl: event.ttl - 1 } });
        }),
        assign({
          heard: ({ context }) => context.heard + 1,
          seen: ({ context, event }) => new Map([[String(event.ttl), context.heard], ...context.seen]),
        }),
        sendTo('counter', { type: 'COUNT' }),
        emit({ type: 'HEARD' }),
      ],
    },
    TICK: { actions: assign({ heard: ({ context }) => context.heard + 10 }) },
    QUIT: '.gone',
  },
});
