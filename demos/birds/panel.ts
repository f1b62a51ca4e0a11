import { assign, enqueueActions, setup } from 'xstate';
import { fly, type Bird, type Neighbours } from './flight.js';

/** What a panel of the sky begins with. */
export interface PanelInput {
  readonly birds: readonly Bird[];
  readonly neighbours: Neighbours;
  /** How long a beat of the wings takes, in milliseconds. */
  readonly beatMs: number;
}

/** A bird that arrives from the panel next to this one. */
export interface BirdArrived {
  readonly type: 'BIRD';
  readonly bird: Bird;
}

/** A panel of the sky. It knows nothing of snapshots: birds fly in it, out of it and into it. */
export const panel = setup({
  types: {
    context: {} as PanelInput,
    input: {} as PanelInput,
    events: {} as BirdArrived,
  },
  delays: { beat: ({ context }) => context.beatMs },
  actions: {
    flyOn: enqueueActions(({ context, enqueue }) => {
      const flown = context.birds.map((bird) => fly(bird, context.neighbours));
      enqueue.assign({ birds: flown.filter(({ to }) => to === undefined).map(({ bird }) => bird) });
      for (const { bird, to } of flown) {
        if (to !== undefined)
          enqueue.sendTo(
            ({ system }) => system.get(to),
            (): BirdArrived => ({ type: 'BIRD', bird }),
          );
      }
    }),
    welcome: assign({ birds: ({ context }, { bird }: { bird: Bird }) => [...context.birds, bird] }),
  },
}).createMachine({
  id: 'panel',
  context: ({ input }) => input,
  initial: 'gliding',
  states: {
    gliding: { after: { beat: { target: 'gliding', reenter: true, actions: 'flyOn' } } },
  },
  on: {
    BIRD: { actions: { type: 'welcome', params: ({ event }) => ({ bird: event.bird }) } },
  },
});
