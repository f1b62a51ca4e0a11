/** Partial-order reduction against the full search of the same systems. */
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fullMesh, type GlobalSnapshot } from '../../src/index.js';
import { canonicalText } from '../../src/testing/canonical.js';
import { parseConfig } from '../../src/network/options.js';
import { Lookahead } from '../../src/testing/explore/lookahead.js';
import { Model } from '../../src/testing/explore/model.js';
import { parseExploreOptions } from '../../src/testing/explore/options.js';
import { Search } from '../../src/testing/explore/search.js';
import { explore, type Exploration, type ExploreOptions, type Properties } from '../../src/testing/index.js';
import { account } from '../support/account.js';
import { networkOf, busyTables, trafficOf, type Table } from '../support/tables.js';

type Judged = Pick<GlobalSnapshot, 'processes' | 'channels'>;

const isAt = ({ processes }: Judged, id: string, goal: number) =>
  (processes[id]?.snapshot as { value?: string } | undefined)?.value === `s${goal}`;

const isBusy = ({ channels }: Judged, id: string) =>
  Object.entries(channels).some(([channel, { messages }]) => channel.endsWith(`->${id}`) && messages.length > 1);

/** Properties that read little, something, and all of a state. */
const claims = {
  nothing: () => ({}),
  safety: (goal: number): Properties<Judged> => ({
    always: { 'p0 never there': (state) => !isAt(state, 'p0', goal) },
    sometimes: {
      'p0 there': (state) => isAt(state, 'p0', goal),
      'p0 there, p1 at its start': (state) => isAt(state, 'p0', goal) && isAt(state, 'p1', 0),
    },
  }),
  'safety of channels': (): Properties<Judged> => ({
    sometimes: { 'p1 has much to do': (state) => isBusy(state, 'p1') },
    always: { 'all is new': (state) => isAt(state, 'p2', 0) || !isBusy(state, 'p0') },
  }),
  liveness: (goal: number): Properties<Judged> => ({
    eventually: { 'p0 there': (state) => isAt(state, 'p0', goal), 'p1 there': (state) => isAt(state, 'p1', goal) },
  }),
  everything: (goal: number): Properties<Judged> => ({
    sometimes: { 'all there': (state) => Object.keys(state.processes).every((id) => isAt(state, id, goal)) },
  }),
};

const countOf = (claims: Properties<Judged>) =>
  [claims.always, claims.sometimes, claims.eventually].flatMap((named) => Object.keys(named ?? {})).length;

const textOf = ({ processes, channels }: Judged) => canonicalText([processes, channels]);

const outcomeOf = (result: Exploration<Judged>) => ({
  verdicts: result.properties.map(({ verdict }) => verdict),
  terminal: Array.from(result.terminalStates(), textOf).sort(),
  complete: result.complete,
});

const exploreBoth = (table: Table, properties: Properties<Judged>) => {
  const options = { traffic: trafficOf(table), properties, stopAtViolation: false };
  const network = networkOf(table);
  return Promise.all([
    explore(network, options as never) as Promise<Exploration<Judged>>,
    explore(network, { ...options, reduction: 'partial-order' } as never) as Promise<Exploration<Judged>>,
  ]);
};

describe('with partial-order reduction', () => {
  afterEach(() => vi.restoreAllMocks());

  it.each(Object.entries(claims))(
    'verdicts and terminal states are those of the full search, and states are fewer: properties that read %s',
    async (_, claim) => {
      let full = 0;
      let fewer = 0;
      const verdicts = new Set<string>();
      await fc.assert(
        fc.asyncProperty(busyTables, fc.nat(2), async (table, goal) => {
          const [all, reduced] = await exploreBoth(table, claim(goal));
          expect(outcomeOf(reduced)).toEqual(outcomeOf(all));
          expect(reduced.states).toBeLessThanOrEqual(all.states);
          full += all.states;
          fewer += reduced.states;
          for (const { name, verdict } of all.properties) verdicts.add(`${name} ${verdict}`);
        }),
        { numRuns: 60, seed: 1 },
      );
      expect(fewer / full).toBeLessThan(1);
      expect(verdicts.size).toBe(2 * countOf(claim(0))); // each property held in some systems and was violated in others
    },
  );

  const differs = async (claim: (goal: number) => Properties<Judged>) => {
    const result = await fc.check(
      fc.asyncProperty(busyTables, fc.nat(2), async (table, goal) => {
        const [all, reduced] = await exploreBoth(table, claim(goal));
        return canonicalText(outcomeOf(reduced)) === canonicalText(outcomeOf(all));
      }),
      { numRuns: 200, seed: 1, endOnFailure: true },
    );
    return result.failed;
  };

  it('the comparison notices when steps are taken to change places that cannot', async () => {
    vi.spyOn(Lookahead.prototype, 'commutesWithArrivals').mockReturnValue(true);
    expect(await differs(claims.nothing)).toBe(true);
  });

  it('the comparison notices when it is not minded what properties read', async () => {
    class Blind extends Set<number> {
      override add() {
        return this;
      }
    }
    const isFoundBlindly = (table: Table, options: ExploreOptions) => {
      const config = parseConfig(networkOf(table));
      const parsed = parseExploreOptions(options, config);
      const reads = { processes: new Blind(), channels: new Blind() };
      const search = new Search(new Model(config, parsed.traffic), parsed, reads);
      while (!search.isOver) search.advance();
      return parsed.properties.map((property) => search.deciding.has(property));
    };
    const result = await fc.check(
      fc.asyncProperty(busyTables, fc.nat(2), async (table, goal) => {
        const properties = claims.safety(goal);
        const options = { traffic: trafficOf(table), properties, stopAtViolation: false } as unknown as ExploreOptions;
        const { properties: judged } = await explore(networkOf(table), options as never);
        const isFound = judged.map(({ kind, verdict }) => verdict === (kind === 'always' ? 'violated' : 'holds'));
        return canonicalText(isFoundBlindly(table, options)) === canonicalText(isFound);
      }),
      { numRuns: 200, seed: 1, endOnFailure: true },
    );
    expect(result.failed).toBe(true);
  });
});

describe('a bank of three', () => {
  const ids = ['a', 'b', 'c'] as const;
  const config = {
    processes: {
      a: { logic: account, input: { balance: 3 } },
      b: { logic: account, input: { balance: 3 } },
      c: { logic: account, input: { balance: 3 } },
    },
    channels: fullMesh(ids),
  };
  const traffic = ids.flatMap((to) =>
    ids.filter((id) => id !== to).map((payee) => ({ to, event: { type: 'PAY' as const, to: payee, amount: 1 } })),
  );

  it('needs few of its states: payments change places with what comes in', async () => {
    const all = await explore(config, { traffic });
    const reduced = await explore(config, { traffic, reduction: 'partial-order' });
    expect([all.states, reduced.states]).toEqual([343, 54]);
    expect(outcomeOf(reduced)).toEqual(outcomeOf(all));
  });
});
