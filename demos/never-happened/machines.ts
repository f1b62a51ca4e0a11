/** The paper's second example: two processes that each send when they like, and go back when they hear of the other. */
import { sendTo, setup } from 'xstate';

/** Sends M to q as it goes from A to B; goes back to A when M' comes. */
export const p = setup({
  types: { events: {} as { type: 'GO' } | { type: "M'" } },
  actions: { sendM: sendTo(({ system }) => system.get('q'), { type: 'M' }) },
}).createMachine({
  id: 'p',
  initial: 'A',
  states: {
    A: { on: { GO: { target: 'B', actions: 'sendM' } } },
    B: { on: { "M'": 'A' } },
  },
});

/** Sends M' to p as it goes from C to D; goes back to C when M comes. */
export const q = setup({
  types: { events: {} as { type: 'GO' } | { type: 'M' } },
  actions: { sendM: sendTo(({ system }) => system.get('p'), { type: "M'" }) },
}).createMachine({
  id: 'q',
  initial: 'C',
  states: {
    C: { on: { GO: { target: 'D', actions: 'sendM' } } },
    D: { on: { M: 'C' } },
  },
});
