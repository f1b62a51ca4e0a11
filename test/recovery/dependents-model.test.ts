/** Who depends goes back, and nobody else: everything that can happen in a small system, and what each rule is for. */
import { describe, expect, it } from 'vitest';
import { search, type Found } from '../support/search.js';
import { createModel, type Rules, type Scope } from './dependents-model.js';

const pair = [
  [0, 1],
  [1, 0],
] as const;
const line = [
  [0, 1],
  [1, 2],
] as const;
const ring = [
  [0, 1],
  [1, 2],
  [2, 0],
] as const;
/** Two processes send to a third one. */
const fan = [
  [0, 1],
  [2, 1],
] as const;

function searchIn(scope: Scope): Found {
  const { initial, movesOf, isSettled } = createModel(scope);
  return search(initial, movesOf, ({ bad }) => bad, isSettled);
}

const scopeOf = (channels: Scope['channels'], more: Partial<Scope>): Scope => ({
  channels,
  sends: 2,
  checkpoints: 0,
  crashes: 1,
  restarts: 0,
  ...more,
});

describe('rollbacks of those who depend', () => {
  // Larger ones were searched once: a pair with 3 sends, a checkpoint, 2 crashes and a restart has 802,270 states; a ring
  // with 3 sends, a crash and a restart 146,387.
  it.each<[string, Scope, number]>([
    ['two processes, a crash', scopeOf(pair, { sends: 3 }), 727],
    ['two processes, two crashes', scopeOf(pair, { sends: 3, crashes: 2 }), 5085],
    ['two processes, a crash, and another life of the coordinator', scopeOf(pair, { sends: 3, restarts: 1 }), 11783],
    ['two processes, a checkpoint and a crash', scopeOf(pair, { sends: 3, checkpoints: 1 }), 11876],
    ['two processes that keep one message', scopeOf(pair, { sends: 3, checkpoints: 1, keptAtMost: 1 }), 12920],
    ['checkpoints that are given up', scopeOf(pair, { checkpoints: 2, crashes: 0, restarts: 1 }), 15696],
    ['a ring of three, a crash', scopeOf(ring, { sends: 3 }), 5560],
    ['a ring of three, a crash in every phase of a recovery', scopeOf(ring, { crashes: 2 }), 33314],
    ['a ring of three, a checkpoint and a crash', scopeOf(ring, { checkpoints: 1 }), 35089],
  ])('are sound, of the fewest, and come to their end: %s', (_, scope, states) => {
    expect(searchIn(scope)).toEqual({ states, steps: expect.any(Number), bad: undefined, stuck: undefined });
  });

  const direct: Rules['dependents'] = (crashed, follows) => {
    const lost = new Set(crashed);
    const followers = [...follows].filter(([, leaders]) => [...leaders].some((leader) => lost.has(leader)));
    return new Set([...lost, ...followers.map(([id]) => id)]);
  };
  const everybody: Rules['dependents'] = (crashed, follows) => new Set([...crashed, ...follows.keys()]);

  it.each<[string, Partial<Rules>, Scope, number, string]>([
    [
      'who depends through others stays',
      { dependents: direct },
      scopeOf(line, {}),
      9,
      '[0,1,2] have to go back, and [0,1] do',
    ],
    ['everybody goes back', { dependents: everybody }, scopeOf(pair, {}), 4, '[0] have to go back, and [0,1] do'],
    [
      'there is one phase: who has reported goes on taking messages',
      { holds: false },
      scopeOf(pair, {}),
      6,
      '[0,1] have to go back, and [0] do',
    ],
    [
      'what was received since the checkpoint is forgotten at a rollback',
      { remembers: false },
      scopeOf(fan, { crashes: 2 }),
      9,
      '[0,1,2] have to go back, and [0,2] do',
    ],
    [
      'a crash in the middle is another rollback, of its own',
      { takesOver: false },
      scopeOf(ring, { crashes: 2 }),
      13,
      '[1,2] have to go back, and [2] do',
    ],
    [
      'another life of the coordinator begins afresh',
      { takesOver: false },
      scopeOf(pair, { restarts: 1 }),
      11,
      '[1] have to go back, and [] do',
    ],
    [
      'another life of a process takes the place of one that had gone on',
      { grantsOnce: false },
      scopeOf(pair, { crashes: 2 }),
      9,
      'a coin is lost or doubled',
    ],
    ['what is kept is not sent again', { sendsAgain: false }, scopeOf(pair, {}), 7, 'a coin is lost or doubled'],
    [
      'what is kept is sent again without what the checkpoint has in flight before it',
      { restores: false },
      scopeOf(pair, { checkpoints: 1, crashes: 2 }),
      12,
      'a coin is lost or doubled',
    ],
    ['what is undone still arrives', { drops: false }, scopeOf(pair, {}), 7, 'a coin is lost or doubled'],
    [
      'who went back before, and stays, has lost what was in flight to it',
      { supplies: false },
      scopeOf(pair, { checkpoints: 1, crashes: 2 }),
      19,
      'a coin is lost or doubled',
    ],
    [
      'who has not kept everything stays',
      { admitsOverflow: false },
      scopeOf(pair, { keptAtMost: 1 }),
      6,
      '[0,1] have to go back, and [1] do',
    ],
    [
      'the bound holds after the report, too',
      { keepsPromise: false },
      scopeOf(pair, { keptAtMost: 1 }),
      6,
      '[0,1] have to go back, and [1] do',
    ],
    [
      'a checkpoint counts before it is saved: too many go back',
      { keepsUntilSaved: false },
      scopeOf(pair, { checkpoints: 1 }),
      6,
      '[1] have to go back, and [0,1] do',
    ],
    [
      'a checkpoint counts before it is saved, and nobody notices',
      { keepsUntilSaved: false, admitsOverflow: false },
      scopeOf(pair, { checkpoints: 1 }),
      8,
      'a coin is lost or doubled',
    ],
    [
      'a marker is taken for that of a later snapshot',
      { dropsOldMarkers: false },
      scopeOf(pair, { checkpoints: 2, crashes: 0, restarts: 1 }),
      13,
      'a checkpoint is not consistent',
    ],
  ])('go wrong when %s', (_, broken, scope, length, what) => {
    const { bad } = searchIn({ ...scope, broken });
    expect(bad).toEqual({ what, path: expect.any(Array) });
    expect(bad!.path).toHaveLength(length);
  });

  it('come to no end when the crashed are waited for', () => {
    const { initial, movesOf, isSettled } = createModel(scopeOf(pair, { sends: 0 }));
    const waiting = (world: typeof initial) => movesOf(world).filter(({ label }) => !label.endsWith('went back'));
    expect(search(initial, waiting, ({ bad }) => bad, isSettled).stuck).toEqual(['0 crashed']);
  });
});
