import fc from 'fast-check';
import { assign, fromPromise, sendTo, setup } from 'xstate';
import { describe, expect, it } from 'vitest';
import {
  createManualSchedule,
  createNetwork,
  fullMesh,
  verifySnapshot,
  type GlobalSnapshot,
  type Network,
  type NetworkConfig,
} from '../../src/index.js';
import { canonicalText } from '../../src/testing/canonical.js';
import {
  captureState,
  createSimulatedClock,
  explore,
  takeStep,
  type ExploredStep,
  type ExploreProgress,
  type OutsideEvent,
  type PropertyResult,
} from '../../src/testing/index.js';
import { account, totalOf } from '../support/account.js';
import { countStates, graphOf, isInevitable } from '../support/brute-force.js';
import { deliverAll } from '../support/network.js';
import { passing, tokenRing } from '../support/systems.js';
import {
  initialOf,
  movesOf,
  networkOf,
  stepsOf,
  tables,
  trafficOf,
  waitingIn,
  type TableState,
} from '../support/tables.js';

/** What the properties of a counter judge. */
type CounterState = { processes: { p: { snapshot: { context: { n: number } } } } };

const bank = {
  processes: { a: { logic: account, input: { balance: 5 } }, b: { logic: account, input: { balance: 5 } } },
  channels: fullMesh(['a', 'b']),
};
const payments = [
  { to: 'a', event: { type: 'PAY', to: 'b', amount: 4 } },
  { to: 'a', event: { type: 'PAY', to: 'b', amount: 1 } },
  { to: 'b', event: { type: 'PAY', to: 'a', amount: 2 } },
] as const;

/** The global states of a real network that takes the steps of a path. */
function replayed(config: NetworkConfig, steps: readonly ExploredStep[]): GlobalSnapshot[] {
  const schedule = createManualSchedule();
  const network = createNetwork(config as never, { schedule, clock: createSimulatedClock() }) as unknown as Network;
  network.start();
  const states = [captureState(network)];
  for (const step of steps) {
    takeStep(network, schedule, step);
    states.push(captureState(network));
  }
  network.stop();
  return states as GlobalSnapshot[];
}

/** A state as it is told apart from others: without its counters. */
const stateText = ({ processes, channels }: Pick<GlobalSnapshot, 'processes' | 'channels'>) =>
  canonicalText([
    Object.values(processes).map(({ snapshot, timers }) => [snapshot, timers]),
    Object.values(channels).map(({ messages }) => messages.map(({ event }) => event)),
  ]);

describe('explore', () => {
  it('meets every state once, and says exactly how many there are', async () => {
    const { complete, stoppedBy, states, edges, depth, terminal, failures } = await explore(bank, {
      traffic: payments,
    });
    expect({ complete, stoppedBy, states, edges, depth, terminal, failures }).toMatchInlineSnapshot(`
      {
        "complete": true,
        "depth": 6,
        "edges": 30,
        "failures": [],
        "states": 18,
        "stoppedBy": undefined,
        "terminal": 1,
      }
    `);
  });

  it('counts as a plain search by hand does, whatever the system', async () => {
    let most = 0;
    await fc.assert(
      fc.asyncProperty(tables, async (table) => {
        const counts = countStates(initialOf(table), (state) => movesOf(table, state));
        most = Math.max(most, counts.states);
        const { states, edges, depth, terminal } = await explore(networkOf(table), { traffic: trafficOf(table) });
        expect({ states, edges, depth, terminal }).toEqual(counts);
      }),
      { numRuns: 100, seed: 1 },
    );
    expect(most).toBeGreaterThan(50);
  });

  it('judges properties as a plain search by hand does', async () => {
    const verdicts = new Set<string>();
    let byFairness = 0;
    await fc.assert(
      fc.asyncProperty(tables, fc.nat(2), async (table, goal) => {
        const steps = (state: TableState) => stepsOf(table, state);
        const waiting = (state: TableState) => waitingIn(table, state);
        const graph = [...graphOf(initialOf(table), (state) => movesOf(table, state)).values()];
        const isThere = ({ at }: TableState) => at.every((local) => local === goal);
        const depthOfFirst = graph.find(({ state }) => isThere(state))?.depth;
        const isAt = (state: { processes: Record<string, unknown> }) =>
          Object.values(state.processes).every(
            (process) => (process as never as { snapshot: { value: string } }).snapshot.value === `s${goal}`,
          );
        const { properties } = await explore(networkOf(table), {
          traffic: trafficOf(table),
          stopAtViolation: false,
          properties: {
            always: { 'never there': (state) => !isAt(state) },
            sometimes: { there: isAt },
            eventually: { 'there at last': isAt },
          },
        });
        const [never, there, atLast] = properties;
        expect([never!.path?.steps.length, there!.path?.steps.length]).toEqual([depthOfFirst, depthOfFirst]);
        expect(never!.verdict).toBe(depthOfFirst === undefined ? 'holds' : 'violated');
        expect(there!.verdict).toBe(depthOfFirst === undefined ? 'violated' : 'holds');
        const isFairlyInevitable = isInevitable(initialOf(table), steps, waiting, isThere);
        expect(atLast!.verdict).toBe(isFairlyInevitable ? 'holds' : 'violated');
        if (isFairlyInevitable !== isInevitable(initialOf(table), steps, () => [], isThere)) byFairness++;
        for (const { name, verdict, path } of properties)
          verdicts.add(`${name} ${verdict} ${path?.repeatsFrom !== undefined ? 'for ever' : ''}`.trim());
        const { path } = atLast!;
        if (path === undefined) return;
        // The counterexample is one, on a real network: it never comes there, and it ends or goes on for ever.
        const states = replayed(networkOf(table), path.steps);
        expect(states.some((state) => isAt(state))).toBe(false);
        const texts = states.map(({ processes, channels }) => stateText({ processes, channels }));
        if (path.repeatsFrom !== undefined) {
          expect(texts[path.repeatsFrom]).toBe(texts.at(-1));
          const again = path.steps.slice(path.repeatsFrom);
          const emptied = (id: string) =>
            states.slice(path.repeatsFrom).some(({ channels }) => channels[id]!.messages.length === 0);
          const delivered = (id: string) => again.some(({ input }) => input.type === 'message' && input.channel === id);
          const starved = Object.keys(states[0]!.channels).filter((id) => !emptied(id) && !delivered(id));
          expect(starved).toEqual([]);
        } else {
          const { processes, channels } = states.at(-1)!;
          expect(Object.values(processes).flatMap(({ timers }) => timers)).toEqual([]);
          expect(Object.values(channels).flatMap(({ messages }) => messages)).toEqual([]);
          expect(path.steps.filter(({ input }) => input.type === 'event')).toHaveLength(table.script.flat().length);
        }
      }),
      { numRuns: 400, seed: 1 },
    );
    expect([...verdicts].sort()).toEqual([
      'never there holds',
      'never there violated',
      'there at last holds',
      'there at last violated',
      'there at last violated for ever',
      'there holds',
      'there violated',
    ]);
    expect(byFairness).toBeGreaterThan(3);
  });

  describe('lets nothing wait for ever', () => {
    const ticker = setup({}).createMachine({
      initial: 'on',
      states: { on: { after: { 10: { target: 'on', reenter: true } } } },
    });
    const verdictOf = async (
      config: NetworkConfig,
      traffic: readonly OutsideEvent[],
      inState: readonly [id: string, value: string],
    ) => {
      const [id, value] = inState;
      const reached = ({ processes }: GlobalSnapshot) =>
        (processes[id]!.snapshot as unknown as { value: string }).value === value;
      const { properties } = await explore(
        config as never,
        { traffic, properties: { eventually: { reached } } } as never,
      );
      return properties[0]!;
    };
    /** Hands each message back to where it came from. */
    const echo = (peer: string) =>
      setup({}).createMachine({
        on: { PING: { actions: sendTo(({ system }) => system.get(peer), { type: 'PING' }) } },
      });
    const waiter = setup({}).createMachine({
      initial: 'waiting',
      states: { waiting: { on: { GO: 'gone' } }, gone: {} },
    });

    it('a message, while a timer fires for ever', async () => {
      const starter = setup({}).createMachine({
        on: { START: { actions: sendTo(({ system }) => system.get('waiter'), { type: 'GO' }) } },
      });
      const config = { processes: { ticker, starter, waiter }, channels: [['starter', 'waiter']] } as const;
      const traffic = [{ to: 'starter', event: { type: 'START' } }];
      expect(await verdictOf(config, traffic, ['waiter', 'gone'])).toMatchObject({ verdict: 'holds' });
      // Without the message it does not come to that.
      expect(await verdictOf(config, [], ['waiter', 'gone'])).toMatchObject({
        verdict: 'violated',
        path: { repeatsFrom: 0 },
      });
    });

    it('a timer, while messages go to and fro; but for one that each of them sets anew', async () => {
      const channels = [
        ['a', 'b'],
        ['b', 'a'],
      ] as const;
      const traffic = [{ to: 'a', event: { type: 'PING' } }];
      const patient = setup({}).createMachine({
        initial: 'waiting',
        states: { waiting: { after: { 50: 'gone' } }, gone: {} },
      });
      const apart = { processes: { a: echo('b'), b: echo('a'), patient }, channels };
      expect(await verdictOf(apart, traffic, ['patient', 'gone'])).toMatchObject({ verdict: 'holds' });
      const put = setup({}).createMachine({
        initial: 'waiting',
        states: {
          waiting: {
            after: { 50: 'gone' },
            on: {
              PING: {
                target: 'waiting',
                reenter: true,
                actions: sendTo(({ system }) => system.get('a'), { type: 'PING' }),
              },
            },
          },
          gone: {},
        },
      });
      expect(await verdictOf({ processes: { a: echo('b'), b: put }, channels }, traffic, ['b', 'gone'])).toMatchObject({
        verdict: 'violated',
      });
    });

    it('a message that others overtake, where no order is kept', async () => {
      const b = setup({}).createMachine({
        initial: 'waiting',
        states: {
          waiting: { on: { GO: 'gone', PING: { actions: sendTo(({ system }) => system.get('a'), { type: 'PING' }) } } },
          gone: {},
        },
      });
      const a = setup({}).createMachine({
        on: {
          '*': {
            actions: sendTo(
              ({ system }) => system.get('b'),
              ({ event }) => event,
            ),
          },
        },
      });
      const traffic = [
        { to: 'a', event: { type: 'PING' } },
        { to: 'a', event: { type: 'GO' } },
      ];
      const channels = [
        ['a', 'b', { fifo: false }],
        ['b', 'a'],
      ] as const;
      expect(await verdictOf({ processes: { a, b }, channels }, traffic, ['b', 'gone'])).toMatchObject({
        verdict: 'holds',
      });
    });
  });

  it('finds the shortest way to a violation, tells it as a story, and stops there', async () => {
    const result = await explore(bank, {
      traffic: payments,
      properties: { always: { 'nobody is broke': ({ processes }) => processes.a.snapshot.context.balance > 0 } },
    });
    expect(result).toMatchObject({ complete: false, stoppedBy: 'violation' });
    const [{ verdict, path }] = result.properties as unknown as [PropertyResult];
    expect(verdict).toBe('violated');
    expect(`\n${path!.story}\n`).toMatchInlineSnapshot(`
      "
         a  b
      1  ●  │  a takes PAY {"to":"b","amount":4}; sends #1 MONEY {"amount":4} to b   [a->b #1]
      2  ●  │  a takes PAY {"to":"b","amount":1}; sends #2 MONEY {"amount":1} to b   [a->b #1 #2]
      "
    `);
    expect(verifySnapshot(path!.state)).toEqual({ consistent: true });
    expect(() => result.assertProperties()).toThrow(
      /Expected "nobody is broke" to hold in every state, got this:[^]*takes PAY/,
    );
    const all = await explore(bank, {
      traffic: payments,
      stopAtViolation: false,
      properties: {
        always: {
          'nobody is broke': ({ processes }) => processes.a.snapshot.context.balance > 0,
          'no money is lost': (state) => totalOf(state) === 10,
        },
      },
    });
    expect(all).toMatchObject({
      complete: true,
      states: 18,
      properties: [{ verdict: 'violated' }, { verdict: 'holds' }],
    });
  });

  it('goes on from a snapshot, and every state that it tells of can be gone on from', async () => {
    const all = await explore(bank, { traffic: payments });
    const path = (
      await explore(bank, {
        traffic: payments,
        properties: { sometimes: { 'in flight': ({ stats }) => stats.messages === 3 } },
      })
    ).properties[0]!.path!;
    const rest = await explore(bank, { snapshot: path.state as never });
    expect(rest).toMatchObject({ complete: true, terminal: 1 });
    const [end] = rest.terminalStates();
    const ends = [...all.terminalStates()].map(stateText);
    expect(ends).toContain(stateText(end!));
    const schedule = createManualSchedule();
    const network = createNetwork(bank, { schedule, snapshot: path.state as never });
    network.start();
    deliverAll(schedule);
    expect(stateText(captureState(network))).toBe(stateText(end!));
  });

  it('lets timers of different processes fire in any order, those of one as their delays say, and ends though they never do', async () => {
    const blinker = (delay: number) =>
      setup({}).createMachine({
        initial: 'on',
        states: { on: { after: { [delay]: 'off' } }, off: { after: { [delay]: 'on' } } },
      });
    const { states, edges, terminal } = await explore({ processes: { a: blinker(1000), b: blinker(1) }, channels: [] });
    expect({ states, edges, terminal }).toEqual({ states: 4, edges: 8, terminal: 0 });
    const ordered = setup({}).createMachine({
      initial: 'none',
      states: { none: { after: { 10: 'early' } }, early: {}, late: {} },
      after: { 20: '.late' },
    });
    const values = async (early: number) => {
      const machine = setup({}).createMachine({
        context: { seen: '' },
        after: {
          20: { actions: assign({ seen: ({ context }) => `${context.seen}B` }) },
          [early]: { actions: assign({ seen: ({ context }) => `${context.seen}A` }) },
        },
      });
      const result = await explore({ processes: { p: machine }, channels: [] });
      return Array.from(result.terminalStates(), ({ processes }) => processes.p.snapshot.context.seen).sort();
    };
    expect(await values(10)).toEqual(['AB']);
    expect(await values(30)).toEqual(['BA']);
    expect((await explore({ processes: { p: ordered }, channels: [] })).states).toBe(3);
  });

  it('lets timers that are due together fire in either order', async () => {
    const machine = setup({ delays: { one: () => 10, other: () => 10 } }).createMachine({
      context: { seen: '' },
      after: {
        one: { actions: assign({ seen: ({ context }) => `${context.seen}A` }) },
        other: { actions: assign({ seen: ({ context }) => `${context.seen}B` }) },
      },
    });
    const result = await explore({ processes: { p: machine }, channels: [] });
    expect(Array.from(result.terminalStates(), ({ processes }) => processes.p.snapshot.context.seen).sort()).toEqual([
      'AB',
      'BA',
    ]);
  });

  it('shows a failure of the logic as a state, tells of it, and goes on', async () => {
    const fragile = setup({}).createMachine({
      on: {
        BOOM: {
          actions: () => {
            throw new Error('boom');
          },
        },
      },
    });
    const result = await explore(
      { processes: { p: fragile, q: fragile }, channels: [] },
      {
        traffic: [
          { to: 'q', event: { type: 'FINE' } },
          { to: 'q', event: { type: 'BOOM' } },
          { to: 'p', event: { type: 'FINE' } },
        ],
      },
    );
    expect(result).toMatchObject({ complete: true, states: 6, failures: [{ process: 'q', error: new Error('boom') }] });
    expect(result.failures[0]!.path.steps).toHaveLength(2);
  });

  it('refuses logic that is no function of its events: by name, or when a step does not repeat itself', async () => {
    const load = fromPromise(() => Promise.resolve(1));
    const loading = setup({ actors: { load } }).createMachine({
      initial: 'idle',
      states: { idle: { on: { LOAD: 'loading' } }, loading: { invoke: { src: 'load', id: 'it' } } },
    });
    const traffic = [{ to: 'p', event: { type: 'LOAD' } }] as const;
    await expect(explore({ processes: { p: loading }, channels: [] }, { traffic })).rejects.toThrow(
      /got actor "p\.it" \(source "load"\).*\(Process "p" took \{"type":"LOAD"\}\.\)/,
    );
    const impure = (value: () => unknown) =>
      setup({}).createMachine({ context: { x: 0 as unknown }, on: { GO: { actions: assign({ x: value }) } } });
    let hidden = 0;
    for (const logic of [impure(Math.random), impure(Date.now), impure(() => ++hidden)]) {
      const exploring = explore(
        { processes: { p: logic }, channels: [] },
        { traffic: [{ to: 'p', event: { type: 'GO' } }] },
      );
      await expect(exploring).rejects.toMatchObject({
        code: 'not-replayable',
        message: expect.stringMatching(
          /Expected process "p" to do the same .* the second time at \{"type":"GO"\}/,
        ) as string,
      });
    }
    const born = setup({}).createMachine({ context: () => ({ id: Math.random() }) });
    await expect(explore({ processes: { p: born }, channels: [] })).rejects.toThrow(/the second time at its start/);
  });

  it('takes traffic that depends on the state', async () => {
    const ids = ['a', 'b', 'c'] as const;
    const { states, terminal } = await explore(tokenRing(ids), { traffic: passing(ids) });
    expect({ states, terminal }).toEqual({ states: 6, terminal: 0 });
  });

  it('says what it does not know when a limit stops it', async () => {
    const counter = setup({ types: { context: {} as { readonly n: number } } }).createMachine({
      context: { n: 0 } as { readonly n: number },
      on: { UP: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
    });
    const options = {
      traffic: () => [{ to: 'p' as const, event: { type: 'UP' } }],
      properties: {
        always: { small: ({ processes }: CounterState) => processes.p.snapshot.context.n < 1e6 },
        sometimes: {
          ten: ({ processes }: CounterState) => processes.p.snapshot.context.n === 10,
          never: () => false,
        },
        eventually: {
          'ten at last': ({ processes }: CounterState) => processes.p.snapshot.context.n === 10,
          'a million at last': ({ processes }: CounterState) => processes.p.snapshot.context.n === 1e6,
        },
      },
    };
    const config = { processes: { p: counter }, channels: [] };
    const verdicts = ['undecided', 'holds', 'undecided', 'undecided', 'undecided'];
    const byStates = await explore(config, { ...options, limits: { maxStates: 100 } });
    expect(byStates).toMatchObject({ complete: false, stoppedBy: 'max-states', states: 100 });
    expect(byStates.properties.map(({ verdict }) => verdict)).toEqual(verdicts);
    expect(() => byStates.assertProperties()).toThrow(
      /"small" to hold in every state, got an exploration that was stopped before it could tell \(max-states\)/,
    );
    const byDepth = await explore(config, { ...options, limits: { maxDepth: 20 } });
    expect(byDepth).toMatchObject({ complete: false, stoppedBy: 'max-depth', states: 21, depth: 20, terminal: 0 });
    expect(await explore(config, { ...options, limits: { maxMs: 1 } })).toMatchObject({
      complete: false,
      stoppedBy: 'max-ms',
    });
    // A limit that is not reached is none.
    const finite = await explore(bank, { traffic: payments, limits: { maxStates: 18, maxDepth: 6 } });
    expect(finite).toMatchObject({ complete: true, stoppedBy: undefined, states: 18 });
  });

  it('tells how far it is, gives way to the event loop, and stops when the signal aborts', async () => {
    const ids = ['a', 'b', 'c', 'd'] as const;
    const controller = new AbortController();
    const seen: ExploreProgress[] = [];
    const result = await explore(tokenRing(ids, 30), {
      traffic: passing(ids),
      signal: controller.signal,
      onProgress: (progress) => {
        seen.push(progress);
        setTimeout(() => controller.abort());
      },
    });
    expect(result).toMatchObject({ complete: false, stoppedBy: 'signal', states: seen.at(-1)!.states });
    expect(seen[0]).toEqual({
      states: expect.any(Number) as number,
      edges: expect.any(Number) as number,
      depth: expect.any(Number) as number,
      queue: expect.any(Number) as number,
      elapsedMs: expect.any(Number) as number,
      statesPerSecond: expect.any(Number) as number,
    });
    expect(seen.at(-1)!.queue).toBeGreaterThan(0);
  });

  it('keeps states from being changed by those who judge them', async () => {
    const meddling = explore(bank, {
      properties: {
        always: {
          untouched: ({ processes }) => {
            (processes.a.snapshot.context as { balance: number }).balance = 0;
            return true;
          },
        },
      },
    });
    const [judged] = (await meddling).properties;
    expect(judged).toMatchObject({ verdict: 'violated', because: expect.stringMatching(/^Cannot assign/) as string });
  });

  it('checks its arguments', () => {
    const reject = (options: object, message: RegExp) => expect(() => explore(bank, options)).toThrow(message);
    reject(
      { traffic: [{ to: 'z', event: { type: 'PAY' } }] },
      /each `to` of `traffic` to be a process \(a, b\), got "z"/,
    );
    reject(
      { traffic: [{ to: 'a', event: 'PAY' }] },
      /`traffic` to give events as \{ to, event: \{ type \} \}, got an object/,
    );
    reject({ limits: { maxStates: 0 } }, /`limits.maxStates` to be a number > 0, got 0/);
    reject({ reduction: 'some' }, /`reduction` to be 'none' or 'partial-order', got "some"/);
    reject(
      { properties: [() => true] },
      /`properties` to be \{ always: \{ name: predicate \}, sometimes: [^]*, got an array/,
    );
    reject({ properties: { never: {} } }, /`properties` to be \{ always: [^]*, got "never"/);
    reject({ properties: { always: { x: true } } }, /always "x" to be a function of a global state, got true/);
    reject({ properties: { always: { x: () => true }, sometimes: { x: () => true } } }, /a name of its own, got "x"/);
    reject({ traffic: () => [], reduction: 'partial-order' }, /got a function of the state/);
  });
});
