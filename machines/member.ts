/**
 * The statechart of a member: what a process that is alone in its program does about the crashes and rollbacks of the whole.
 *
 * Which epoch it is in, whom it waits for and what it goes back to is no part of it.
 */
import { setup } from 'xstate';

/** What a member is told. */
export interface MemberEvent {
  readonly type:
    /** There is a coordinator, who sees to crashes. */
    | 'coordinator.heard'
    /** There is none any more. */
    | 'coordinator.left'
    /** Others are in a later epoch: its decision has not been heard of before. */
    | 'epoch.heard'
    /** What the epoch began with is here, and fits. */
    | 'epoch.entered'
    /** It joins the epoch as it is. */
    | 'epoch.adopted'
    /** It could not be fetched, or does not fit. */
    | 'epoch.refused'
    /** A peer is gone, or what went between it and here is lost. */
    | 'peer.lost'
    /** All who are waited for are there. */
    | 'peers.back'
    /** Somebody has been waited for for too long. */
    | 'wait.overdue'
    /** Another life of the process acts in its place. */
    | 'life.superseded';
}

const unfilled = () => undefined;

const rollingBack = {
  'epoch.heard': { target: 'following', reenter: true },
  'epoch.entered': { target: 'returning', reenter: true, actions: 'goBack' },
  'coordinator.left': 'alone',
  'life.superseded': 'superseded',
} as const;

const overdue = { 'wait.overdue': { actions: 'tellOverdue' } } as const;

/** A process's part in what all processes decide together. */
export const memberMachine = /* @__PURE__ */ setup({
  types: { events: {} as MemberEvent },
  actions: {
    /** Fetches what the epoch began with. */
    fetch: unfilled,
    /** Another actor, which goes on from there, takes the place of the one there is. */
    goBack: unfilled,
    /** Tells everybody that it is back. */
    tellBack: unfilled,
    tellStranded: unfilled,
    /** Watches how long it waits. */
    watch: unfilled,
    unwatch: unfilled,
    /** Tells whom it waits for. */
    tellOverdue: unfilled,
    /** Does what has waited until all is well: begins snapshots. */
    resume: unfilled,
  },
}).createMachine({
  id: 'member',
  initial: 'alone',
  states: {
    /** Nobody sees to crashes: who is gone is gone. */
    alone: { entry: 'resume', on: { ...rollingBack, 'coordinator.heard': 'acting' } },
    acting: { entry: 'resume', on: { ...rollingBack, 'peer.lost': 'impaired' } },
    /** It goes on, and waits for the rollback that must come of a peer that is lost. */
    impaired: {
      entry: 'watch',
      exit: 'unwatch',
      on: { ...rollingBack, ...overdue, 'peers.back': 'acting' },
    },
    /** It knows of a later epoch: nothing passes between it and who is in that. */
    following: {
      entry: ['fetch', 'watch'],
      exit: 'unwatch',
      on: { ...rollingBack, ...overdue, 'epoch.adopted': 'acting', 'epoch.refused': 'stranded' },
    },
    /** It has gone back, and waits for its peers to be there too. */
    returning: {
      entry: 'watch',
      exit: 'unwatch',
      on: { ...rollingBack, ...overdue, 'peers.back': { target: 'acting', actions: 'tellBack' } },
    },
    /** It cannot go back, and stays where it is, out of touch with all others. */
    stranded: { entry: 'tellStranded', on: { ...rollingBack } },
    superseded: { entry: 'resume', type: 'final' },
  },
});
