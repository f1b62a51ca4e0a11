/** The exact numbers of states of small systems, each confirmed by a search by hand that shares no code with the explorer. */
import { describe, expect, it } from 'vitest';
import { fullMesh, ring } from '../../src/index.js';
import { explore } from '../../src/testing/index.js';
import { account, totalOf } from '../support/account.js';
import { countStates, type Counts } from '../support/brute-force.js';
import { plainBank, plainRing, plainToggles, type Orders } from '../support/plain-models.js';
import { passing, toggle, tokenRing } from '../support/systems.js';

const countsOf = ({ states, edges, depth, terminal }: Counts): Counts => ({ states, edges, depth, terminal });

describe('a ring of four', () => {
  const ids = ['a', 'b', 'c', 'd'] as const;
  // A token is at one of four holders or on one of four channels: tokens in eight places, ⁽ᵗ⁺⁷⁾C₇ states.
  it.each([
    [1, { states: 8, edges: 8, depth: 7, terminal: 0 }],
    [2, { states: 36, edges: 64, depth: 14, terminal: 0 }],
    [4, { states: 330, edges: 960, depth: 28, terminal: 0 }],
    [6, { states: 1716, edges: 6336, depth: 42, terminal: 0 }],
  ])('with %i token(s)', async (tokens, counts) => {
    const result = await explore(tokenRing(ids, tokens), {
      traffic: passing(ids),
      properties: {
        always: {
          'as many tokens as ever': ({ processes, stats }) => {
            const held = Object.values(processes).reduce((sum, { snapshot }) => sum + snapshot.context.tokens, 0);
            return held + stats.messages === tokens;
          },
        },
        sometimes: { 'all tokens in flight': ({ stats }) => stats.messages === tokens },
        eventually: { 'd has had one': ({ processes }) => processes.d.snapshot.context.tokens > 0 },
      },
    });
    result.assertProperties();
    expect(result.complete).toBe(true);
    expect(countsOf(result)).toEqual(counts);
    expect(countStates(plainRing.initial(4, tokens), plainRing.moves)).toEqual(counts);
  });
});

describe('the paper’s examples', () => {
  it('2.1: the single-token system has the four states of its figure', async () => {
    const result = await explore(tokenRing(['p', 'q']), { traffic: passing(['p', 'q']) });
    const counts = { states: 4, edges: 4, depth: 3, terminal: 0 };
    expect(countsOf(result)).toEqual(counts);
    expect(countStates(plainRing.initial(2, 1), plainRing.moves)).toEqual(counts);
  });

  it('2.2: the state that was recorded and never occurred can be reached', async () => {
    const config = { processes: { p: toggle('M', 'q'), q: toggle('N', 'p') }, channels: ring(['p', 'q']) };
    const ids = ['p', 'q'] as const;
    const result = await explore(config, {
      traffic: ({ processes }) =>
        ids.filter((id) => processes[id].snapshot.value === 'A').map((to) => ({ to, event: { type: 'GO' } })),
      properties: {
        sometimes: {
          'p in A, q in B, N in flight to p and nothing to q': ({ processes, channels }) => {
            const { p, q } = processes;
            const inFlight = Object.values(channels).map(({ messages }) =>
              messages.map(({ event }) => event.type).join(),
            );
            return p.snapshot.value === 'A' && q.snapshot.value === 'B' && inFlight.join('|') === '|N';
          },
        },
      },
    });
    result.assertProperties();
    expect(result.properties[0]!.path!.steps).toHaveLength(1); // q goes first
    expect(countsOf(result)).toEqual(countStates(plainToggles.initial, plainToggles.moves));
    expect(countsOf(result)).toMatchInlineSnapshot(`
      {
        "depth": 4,
        "edges": 18,
        "states": 12,
        "terminal": 0,
      }
    `);
  });
});

describe('banks', () => {
  const names = ['a', 'b', 'c'] as const;
  const bankOf = (balances: readonly number[], orders: Orders) => {
    const ids = names.slice(0, balances.length);
    return {
      config: {
        processes: Object.fromEntries(
          ids.map((id, index) => [id, { logic: account, input: { balance: balances[index]! } }]),
        ),
        channels: fullMesh(ids),
      },
      traffic: orders.flatMap((list, payer) =>
        list.map(([to, amount]) => ({ to: names[payer]!, event: { type: 'PAY' as const, to: names[to]!, amount } })),
      ),
    };
  };
  const both: Orders = [[[1, 5], [1, 3]], [[0, 4], [0, 2]]]; // prettier-ignore
  const round: Orders = [[[1, 5], [2, 2]], [[2, 4], [0, 1]], [[0, 3], [1, 2]]]; // prettier-ignore

  it.each([
    ['two accounts', [5, 5], both, { states: 41, edges: 68, depth: 8, terminal: 4 }],
    ['three accounts', [5, 3, 1], round, { states: 162, edges: 366, depth: 12, terminal: 5 }],
  ] as const)('%s: what an account can pay depends on what it got by then', async (_, balances, orders, counts) => {
    const { config, traffic } = bankOf(balances, orders);
    const total = balances.reduce<number>((sum, balance) => sum + balance, 0);
    const result = await explore(config, {
      traffic,
      properties: { always: { 'no money is lost or made': (state) => totalOf(state) === total } },
    });
    result.assertProperties();
    expect(countsOf(result)).toEqual(counts);
    expect(countStates(plainBank.initial(balances), (state) => plainBank.moves(orders, state))).toEqual(counts);
  });
});
