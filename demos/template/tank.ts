import { assign, sendTo, setup } from 'xstate';

/** What a tank begins with. */
export interface TankInput {
  readonly litres: number;
  /** The tank that it pumps into. */
  readonly next: string;
  /** How often it pumps, in milliseconds. */
  readonly pumpMs: number;
}

/** Water that comes in. */
export interface Water {
  readonly type: 'WATER';
  readonly litres: number;
}

const portion = ({ litres }: TankInput) => Math.ceil(litres / 4);

/** A tank that keeps pumping a quarter of its water on. It knows nothing of snapshots. */
export const tank = setup({
  types: {
    context: {} as TankInput,
    input: {} as TankInput,
    events: {} as Water,
  },
  delays: { pump: ({ context }) => context.pumpMs },
  actions: {
    sendOn: sendTo(
      ({ system, context }) => system.get(context.next),
      ({ context }): Water => ({ type: 'WATER', litres: portion(context) }),
    ),
    empty: assign({ litres: ({ context }) => context.litres - portion(context) }),
    fill: assign({ litres: ({ context }, { litres }: { litres: number }) => context.litres + litres }),
  },
}).createMachine({
  id: 'tank',
  context: ({ input }) => input,
  initial: 'running',
  states: {
    running: { after: { pump: { target: 'running', reenter: true, actions: ['sendOn', 'empty'] } } },
  },
  on: { WATER: { actions: { type: 'fill', params: ({ event }) => ({ litres: event.litres }) } } },
});
