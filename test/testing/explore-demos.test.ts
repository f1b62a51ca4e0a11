/** The small systems of the demos: every state, counted by hand too. */
import { describe, expect, it } from 'vitest';
import { explore } from '../../src/testing/index.js';
import { three as table } from '../../demos/philosophers/table.js';
import { acceptor } from '../../demos/paxos/acceptor.js';
import { chosenIn } from '../../demos/paxos/agreement.js';
import { twoBallots } from '../../demos/paxos/two-ballots.js';
import { countStates } from '../support/brute-force.js';
import { plainPaxos } from '../support/plain-paxos.js';

const ids = ['plato', 'kant', 'arendt'] as const;
const seat = (index: number) => (index + ids.length) % ids.length;

type Word = 'ASK' | 'FORK';

/** By hand: the forks and debts of each philosopher are those to the left and to the right; so is what was said to each. */
interface Plain {
  readonly at: { mode: 'thinks' | 'is hungry' | 'eats'; forks: boolean[]; owes: boolean[]; said: Word[][] }[];
}

const initial: Plain = {
  at: ids.map(() => ({ mode: 'thinks', forks: [true, false], owes: [false, false], said: [[], []] })),
};

function moves(state: Plain): Plain[] {
  const all: Plain[] = [];
  state.at.forEach((_, index) => {
    const move = (change: (self: Plain['at'][number], say: (side: number, word: Word) => void) => void) => {
      const next = structuredClone(state);
      const say = (side: number, word: Word) => {
        const neighbour = next.at[seat(index + (side === 0 ? -1 : 1))]!;
        neighbour.said[1 - side]!.push(word);
      };
      const self = next.at[index]!;
      change(self, say);
      if (self.mode === 'is hungry' && self.forks.every(Boolean)) self.mode = 'eats';
      all.push(next);
    };
    const { mode, said } = state.at[index]!;
    if (mode === 'thinks') {
      move((self, say) => {
        self.mode = 'is hungry';
        self.forks.forEach((has, side) => {
          if (!has) say(side, 'ASK');
        });
      });
    }
    if (mode === 'eats') {
      move((self, say) => {
        self.mode = 'thinks';
        self.owes.forEach((owes, side) => {
          if (!owes) return;
          say(side, 'FORK');
          self.forks[side] = false;
        });
        self.owes = [false, false];
      });
    }
    said.forEach((words, side) => {
      if (words.length === 0) return;
      move((self, say) => {
        const word = self.said[side]!.shift();
        if (word === 'FORK') self.forks[side] = true;
        else if (self.mode === 'thinks') {
          self.forks[side] = false;
          say(side, 'FORK');
        } else self.owes[side] = true;
      });
    });
  });
  return all;
}

describe('three dining philosophers', () => {
  it('never have a fork too many, can all starve, and have just so many states', async () => {
    const result = await explore(table, {
      properties: {
        always: {
          'three forks': ({ processes, channels }) => {
            const held = Object.values(processes).flatMap(({ snapshot }) => Object.values(snapshot.context.forks));
            const passed = Object.values(channels)
              .flatMap(({ messages }) => messages)
              .filter(({ event }) => event.type === 'FORK');
            return held.filter(Boolean).length + passed.length === 3;
          },
        },
        sometimes: {
          'all wait for ever': ({ processes, stats }) =>
            stats.messages === 0 && Object.values(processes).every(({ snapshot }) => snapshot.value === 'hungry'),
        },
      },
    });
    result.assertProperties();
    const { states, edges, depth, terminal } = result;
    expect({ states, edges, depth, terminal }).toEqual(countStates(initial, moves));
    expect({ states, edges, depth, terminal }).toMatchInlineSnapshot(`
      {
        "depth": 16,
        "edges": 1227,
        "states": 437,
        "terminal": 2,
      }
    `);
    expect(`\n${result.properties[1]!.path!.story}\n`).toMatchInlineSnapshot(`
      "
         plato  kant  arendt
      1  ●      │     │       plato has its timer: xstate.after.think.philosopher.thinking; sends #1 ASK {"from":"plato"} to kant   [plato->kant #1]
      2  │      ●     │       kant has its timer: xstate.after.think.philosopher.thinking; sends #1 ASK {"from":"kant"} to arendt   [plato->kant #1, kant->arendt #1]
      3  │      ●     │       kant receives #1 ASK {"from":"plato"} from plato   [kant->arendt #1]
      4  │      │     ●       arendt has its timer: xstate.after.think.philosopher.thinking; sends #1 ASK {"from":"arendt"} to plato   [kant->arendt #1, arendt->plato #1]
      5  │      │     ●       arendt receives #1 ASK {"from":"kant"} from kant   [arendt->plato #1]
      6  ●      │     │       plato receives #1 ASK {"from":"arendt"} from arendt
      "
    `);
  });

  it('starve in the reduced search as well', async () => {
    const full = await explore(table);
    const reduced = await explore(table, { reduction: 'partial-order' });
    expect(reduced.terminal).toBe(full.terminal);
    expect(reduced.states).toBeLessThan(full.states);
  });
});

describe('Paxos with two ballots', () => {
  const valuesIn = (state: Parameters<typeof chosenIn>[0]) => new Set(chosenIn(state).map(({ value }) => value));

  it('chooses one value whatever happens, in just so many states', async () => {
    const { states, edges, depth, terminal, properties } = await explore(twoBallots(), {
      properties: {
        always: { 'one value at most': (state) => valuesIn(state).size < 2 },
        eventually: { 'a value': (state) => valuesIn(state).size > 0 },
      },
    });
    expect(properties.map(({ verdict }) => verdict)).toEqual(['holds', 'holds']);
    expect({ states, edges, depth, terminal }).toEqual({ states: 64_306, edges: 259_891, depth: 26, terminal: 264 });
    expect(countStates(plainPaxos.initial, plainPaxos.moves)).toEqual({ states, edges, depth, terminal });
  }, 120_000);

  it('chooses two when acceptors break their promises, and the shortest way there is told', async () => {
    const faithless = acceptor.provide({ guards: { isNotPromisedAway: () => true } });
    const { properties } = await explore(twoBallots(faithless), {
      properties: { always: { 'one value at most': (state) => valuesIn(state).size < 2 } },
    });
    expect(properties[0]!.verdict).toBe('violated');
    expect(valuesIn(properties[0]!.path!.state)).toEqual(new Set(['tea', 'coffee']));
    expect(properties[0]!.path!.steps).toHaveLength(14);
  }, 120_000);
});
