/**
 * The statechart of a coordinator: who sees to it that all processes go on together after a crash.
 *
 * There is one place, kept where the checkpoints are. Whoever holds it decides; each decision is written there before
 * anybody hears of it, and is refused to one who has lost the place meanwhile.
 */
import { setup } from 'xstate';

/** What a coordinator is told. */
export interface CoordinatorEvent {
  readonly type:
    /** The place is free: nobody has held it, its holder has given it up, was this process, or has been quiet for too long. */
    | 'place.vacant'
    /** Another one holds it. */
    | 'place.held'
    | 'place.taken'
    /** Another one has taken it. */
    | 'place.lost'
    | 'crash.detected'
    /** What was being saved is down, or is not there. */
    | 'checkpoints.stopped'
    /** All are to go back to a checkpoint. */
    | 'decision.written'
    | 'all.back'
    /** Not all have come back in time. */
    | 'recovery.overdue'
    /** It cannot be gone on: there is no checkpoint, a store fails, or too many attempts have. */
    | 'supervision.failed'
    | 'supervision.stopped';
}

const unfilled = () => undefined;

/** The coordinator of all processes. */
export const coordinatorMachine = /* @__PURE__ */ setup({
  types: { events: {} as CoordinatorEvent },
  actions: {
    /** Looks who holds the place. */
    lookUp: unfilled,
    /** Looks again, when its holder must have said that it is there. */
    lookAgain: unfilled,
    /** Follows the decisions of whoever holds it. */
    standBy: unfilled,
    take: unfilled,
    /** Follows nobody's decisions from now on, and says again and again that it is there. */
    lead: unfilled,
    giveUpPlace: unfilled,
    takeCheckpoints: unfilled,
    stopCheckpoints: unfilled,
    /** Chooses a checkpoint, and writes that all go back to it. */
    decide: unfilled,
    /** Has all go back, and programs started anew that are gone. */
    gather: unfilled,
    tellRecovered: unfilled,
    end: unfilled,
  },
}).createMachine({
  id: 'coordinator',
  initial: 'supervising',
  states: {
    supervising: {
      on: {
        'supervision.stopped': { target: 'stopped', actions: 'giveUpPlace' },
        'supervision.failed': { target: 'failed', actions: 'giveUpPlace' },
        'place.lost': 'superseded',
      },
      initial: 'looking',
      states: {
        looking: { entry: 'lookUp', on: { 'place.vacant': 'taking', 'place.held': 'standby' } },
        standby: {
          entry: ['standBy', 'lookAgain'],
          on: { 'place.vacant': 'taking', 'place.held': { actions: 'lookAgain' } },
        },
        taking: {
          entry: 'take',
          on: {
            'place.taken': 'leading',
            'place.held': 'standby',
            'place.vacant': { target: 'taking', reenter: true },
          },
        },
        leading: {
          entry: 'lead',
          initial: 'watching',
          states: {
            watching: {
              entry: 'takeCheckpoints',
              exit: 'stopCheckpoints',
              on: { 'crash.detected': 'settling' },
            },
            /** Nobody looks for the latest checkpoint while one is being written. */
            settling: { on: { 'checkpoints.stopped': 'deciding' } },
            deciding: { entry: 'decide', on: { 'decision.written': 'gathering' } },
            gathering: {
              entry: 'gather',
              on: {
                'all.back': { target: 'watching', actions: 'tellRecovered' },
                'crash.detected': 'deciding',
                'recovery.overdue': 'deciding',
              },
            },
          },
        },
      },
    },
    stopped: { entry: 'end', type: 'final' },
    failed: { entry: 'end', type: 'final' },
    /** Another one coordinates. */
    superseded: { entry: 'end', type: 'final' },
  },
});
