/** The statecharts of members and coordinators: every state is reached, left in the end, and final where it says so. */
import { initialTransition, transition, type AnyMachineSnapshot, type AnyStateMachine } from 'xstate';
import { describe, expect, it } from 'vitest';
import { coordinatorMachine, memberMachine } from '../../machines/index.js';

/** All states that some events lead to, and where each event leads from them. */
function statesOf(machine: AnyStateMachine, events: readonly string[]) {
  const nameOf = (snapshot: AnyMachineSnapshot) => JSON.stringify(snapshot.value);
  const initial = initialTransition(machine)[0] as AnyMachineSnapshot;
  const found = new Map([[nameOf(initial), initial]]);
  const next = new Map<string, Map<string, string>>();
  for (const [name, snapshot] of found) {
    const moves = new Map<string, string>();
    for (const type of events) {
      const after = transition(machine, snapshot, { type })[0] as AnyMachineSnapshot;
      moves.set(type, nameOf(after));
      found.set(nameOf(after), after);
    }
    next.set(name, moves);
  }
  return { found, next };
}

/** The states from which one of these can be reached. */
function leadingTo(next: ReadonlyMap<string, ReadonlyMap<string, string>>, goals: readonly string[]) {
  const leading = new Set(goals);
  for (let size = 0; size !== leading.size;) {
    size = leading.size;
    for (const [state, moves] of next) if ([...moves.values()].some((to) => leading.has(to))) leading.add(state);
  }
  return leading;
}

const MEMBER = [
  'coordinator.heard',
  'coordinator.left',
  'epoch.heard',
  'epoch.entered',
  'epoch.adopted',
  'epoch.refused',
  'peer.lost',
  'peers.back',
  'wait.overdue',
  'life.superseded',
] as const;

describe('the statechart of a member', () => {
  const { found, next } = statesOf(memberMachine, MEMBER);

  it('has these states, and no others', () => {
    const states = ['acting', 'alone', 'following', 'impaired', 'returning', 'stranded', 'superseded'];
    expect([...found.keys()].sort()).toEqual(states.map((state) => JSON.stringify(state)));
  });

  it('leads back to acting from wherever it waits, and from nowhere once it is superseded', () => {
    const leading = leadingTo(next, ['"acting"']);
    expect([...found.keys()].filter((state) => !leading.has(state))).toEqual(['"superseded"']);
    expect(new Set(next.get('"superseded"')!.values())).toEqual(new Set(['"superseded"']));
  });

  it('never goes on over the loss of a peer: a rollback, or that it is back, comes first', () => {
    expect(next.get('"acting"')!.get('peer.lost')).toBe('"impaired"');
    const ways = [...next.get('"impaired"')!].filter(([, to]) => to === '"acting"').map(([type]) => type);
    expect(ways).toEqual(['peers.back']);
  });

  it('tells whom it waits for in every state in which it waits', () => {
    for (const state of ['following', 'impaired', 'returning']) {
      const [, actions] = transition(memberMachine, found.get(JSON.stringify(state)) as never, {
        type: 'wait.overdue',
      });
      expect([state, actions.map(({ type }) => type)]).toEqual([state, ['tellOverdue']]);
    }
  });
});

const COORDINATOR = [
  'place.vacant',
  'place.held',
  'place.taken',
  'place.lost',
  'crash.detected',
  'checkpoints.stopped',
  'decision.written',
  'all.back',
  'recovery.overdue',
  'supervision.failed',
  'supervision.stopped',
] as const;

describe('the statechart of a coordinator', () => {
  const { found, next } = statesOf(coordinatorMachine, COORDINATOR);
  const supervising = (state: unknown) => JSON.stringify({ supervising: state });
  const leading = (state: string) => supervising({ leading: state });
  const finals = ['failed', 'stopped', 'superseded'].map((state) => JSON.stringify(state));

  it('has these states, and no others', () => {
    const states = [
      ...finals,
      ...['looking', 'standby', 'taking'].map(supervising),
      ...['deciding', 'gathering', 'settling', 'watching'].map(leading),
    ];
    expect([...found.keys()].sort()).toEqual(states.sort());
  });

  it('ends from everywhere, and for good', () => {
    expect(leadingTo(next, finals).size).toBe(found.size);
    for (const state of finals) expect(new Set(next.get(state)!.values())).toEqual(new Set([state]));
  });

  it('has nobody go back before the decision is written, and writes none without the place', () => {
    const into = (goal: string) =>
      [...next].flatMap(([from, moves]) =>
        [...moves].flatMap(([type, to]) => (to === goal && from !== goal ? [type] : [])),
      );
    expect(new Set(into(leading('gathering')))).toEqual(new Set(['decision.written']));
    expect(new Set(into(leading('watching')))).toEqual(new Set(['place.taken', 'all.back']));
    for (const state of ['deciding', 'gathering', 'settling', 'watching']) {
      expect(next.get(leading(state))!.get('place.lost')).toBe('"superseded"');
    }
  });

  it('decides again when a crash comes, or time is up, before all are back', () => {
    for (const type of ['crash.detected', 'recovery.overdue']) {
      expect(next.get(leading('gathering'))!.get(type)).toBe(leading('deciding'));
    }
  });
});
