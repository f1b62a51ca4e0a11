/**
 * The theorem of the paper's section 4, exhaustively on small systems: in every interleaving of messages, outside events
 * and markers, the recorded global state S* can be reached from the state in which the snapshot began, and the state in
 * which it ended can be reached from S*. The snapshots are the library's own, under a manual schedule; what can be reached
 * is what the explorer finds.
 */
import { describe, expect, it } from 'vitest';
import {
  createManualSchedule,
  fullMesh,
  ring,
  type GlobalSnapshot,
  type Network,
  type NetworkConfig,
} from '../../src/index.js';
import { createNetworkOf, type Parts } from '../../src/network/network.js';
import { canonicalText } from '../../src/testing/canonical.js';
import { captureState, createSimulatedClock, explore } from '../../src/testing/index.js';
import { account } from '../support/account.js';
import { faults } from '../support/faults.js';
import { toggle } from '../support/systems.js';

interface System {
  readonly config: NetworkConfig;
  /** Outside events, of which each process gets its own in this order. */
  readonly script: readonly { readonly to: string; readonly event: { readonly type: string } }[];
  readonly initiators: readonly string[];
  /** How many interleavings it has, each moment to begin the snapshot included. */
  readonly runs: number;
}

/** What one interleaving came to. */
interface Outcome {
  readonly began: GlobalSnapshot;
  readonly recorded: GlobalSnapshot;
  readonly ended: GlobalSnapshot;
  /** Outside events that each process had had when the snapshot began, when it recorded, and when the snapshot ended. */
  readonly had: { readonly began: Counts; readonly recorded: Counts; readonly ended: Counts };
}

type Counts = Readonly<Record<string, number>>;

/** Every interleaving of a system with one snapshot of it, each run from the beginning on a fresh network. */
async function interleavings(system: System, parts: Partial<Parts> = {}): Promise<(Outcome | undefined)[]> {
  const outcomes: Promise<Outcome | undefined>[] = [];
  /** Choices to be made again, each one of so many; the last is taken further at the next turn. */
  const choices: { at: number; of: number }[] = [];
  do {
    let depth = 0;
    const choose = (of: number): number => {
      choices[depth] ??= { at: 0, of };
      return choices[depth++]!.at;
    };
    outcomes.push(run(system, parts, choose));
    while (choices.length > 0 && choices.at(-1)!.at === choices.at(-1)!.of - 1) choices.pop();
    if (choices.length > 0) choices.at(-1)!.at++;
  } while (choices.length > 0);
  return Promise.all(outcomes);
}

/** One interleaving: at each turn one of the moves that there are, until there are none. */
function run(
  { config, script, initiators }: System,
  parts: Partial<Parts>,
  choose: (of: number) => number,
): Promise<Outcome | undefined> {
  const schedule = createManualSchedule();
  const clock = createSimulatedClock();
  const network: Network = createNetworkOf(parts, config, { schedule, clock });
  const had: Record<string, number> = Object.fromEntries(Object.keys(config.processes).map((id) => [id, 0]));
  const recordedHad: Record<string, number> = {};
  network.trace$.subscribe((event) => {
    if (event.type === 'state.recorded') recordedHad[event.process] = had[event.process]!;
  });
  network.start();
  let taking: Promise<GlobalSnapshot> | undefined;
  let began: (Pick<Outcome, 'began'> & { had: Counts }) | undefined;
  let ended: (Pick<Outcome, 'ended'> & { had: Counts }) | undefined;
  network.snapshots$.subscribe(() => (ended = { ended: captureState(network) as GlobalSnapshot, had: { ...had } }));
  for (;;) {
    const moves: (() => void)[] = [...schedule.pending().keys()].map((id) => () => schedule.deliver(id));
    for (const to of Object.keys(had)) {
      const next = script.filter((outside) => outside.to === to)[had[to]!];
      if (next !== undefined) {
        moves.push(() => {
          had[to]!++;
          network.send(to, next.event as never);
        });
      }
    }
    if (taking === undefined) {
      moves.push(() => {
        began = { began: captureState(network) as GlobalSnapshot, had: { ...had } };
        taking = network.takeSnapshot({ initiators });
      });
    }
    if (moves.length === 0) break;
    moves[choose(moves.length)]!();
  }
  clock.increment(60_000); // what has not completed by now never will
  return taking!.then(
    (recorded) => ({
      began: began!.began,
      recorded,
      ended: ended!.ended,
      had: { began: began!.had, recorded: recordedHad, ended: ended!.had },
    }),
    () => undefined,
  );
}

/** A state as it is told apart from others: without its counters. */
const textOf = ({ processes, channels }: Pick<GlobalSnapshot, 'processes' | 'channels'>) =>
  canonicalText([
    Object.entries(processes).map(([id, { snapshot, timers }]) => [id, snapshot, timers]),
    // By their ids, as their order says nothing: channel states are gathered as they are reported.
    Object.fromEntries(Object.entries(channels).map(([id, { messages }]) => [id, messages.map(({ event }) => event)])),
  ]);

/** Whether one state can be reached from another while the processes have the outside events from one count to another. */
async function canReach(
  { config, script }: System,
  from: GlobalSnapshot,
  to: GlobalSnapshot,
  had: readonly [Counts, Counts],
) {
  const traffic = Object.keys(had[0]).flatMap((id) =>
    script.filter((outside) => outside.to === id).slice(had[0][id], had[1][id]),
  );
  const target = textOf(to);
  const result = await explore(
    config as never,
    {
      snapshot: from,
      traffic,
      properties: { sometimes: { there: (state: GlobalSnapshot) => textOf(state) === target } },
    } as never,
  );
  return result.properties[0]!.verdict === 'holds';
}

/** The interleavings, and those of them in which the theorem does not hold. */
async function check(system: System, parts: Partial<Parts> = {}) {
  const outcomes = await interleavings(system, parts);
  const known = new Map<string, Promise<boolean>>();
  const reaches = (from: GlobalSnapshot, to: GlobalSnapshot, had: readonly [Counts, Counts]) => {
    const key = canonicalText([textOf(from), textOf(to), had]);
    const answer = known.get(key) ?? canReach(system, from, to, had).catch(() => false);
    known.set(key, answer);
    return answer;
  };
  const verdicts = await Promise.all(
    outcomes.map(async (outcome) => {
      if (outcome === undefined) return false; // it never completed
      const { began, recorded, ended, had } = outcome;
      return (
        (await reaches(began, recorded, [had.began, had.recorded])) &&
        (await reaches(recorded, ended, [had.recorded, had.ended]))
      );
    }),
  );
  return { runs: outcomes.length, failing: verdicts.filter((isShown) => !isShown).length };
}

const pay = (from: string, to: string, amount: number) => ({ to: from, event: { type: 'PAY', to, amount } });

const systems: Record<string, System> = {
  'the paper’s example 2.2': {
    config: { processes: { p: toggle('M', 'q'), q: toggle('N', 'p') }, channels: ring(['p', 'q']) },
    script: [
      { to: 'p', event: { type: 'GO' } },
      { to: 'q', event: { type: 'GO' } },
    ],
    initiators: ['p'],
    runs: 102,
  },
  'a bank of two, both begin': {
    config: {
      processes: { a: { logic: account, input: { balance: 5 } }, b: { logic: account, input: { balance: 5 } } },
      channels: fullMesh(['a', 'b']),
    },
    script: [pay('a', 'b', 5), pay('b', 'a', 2), pay('a', 'b', 1)],
    initiators: ['a', 'b'],
    runs: 1007,
  },
  'a ring of three': {
    config: {
      processes: {
        a: { logic: account, input: { balance: 5 } },
        b: { logic: account, input: { balance: 5 } },
        c: { logic: account, input: { balance: 5 } },
      },
      channels: ring(['a', 'b', 'c']),
    },
    script: [pay('a', 'b', 1), pay('c', 'a', 2)],
    initiators: ['b'],
    runs: 206,
  },
};

describe('in every interleaving, S* can be reached from where the snapshot began, and where it ended from S*', () => {
  it.each(Object.entries(systems))('%s', async (_, system) => {
    const { runs, failing } = await check(system);
    expect({ runs, failing }).toEqual({ runs: system.runs, failing: 0 });
  });

  it.each(['markers after later messages', 'no FIFO', 'a channel closes early', 'a channel never closes'] as const)(
    'and the check notices a faulty algorithm: %s',
    async (name) => {
      const bank = systems['a bank of two, both begin']!;
      const { failing } = await check({ ...bank, script: bank.script.slice(0, 2) }, faults[name]);
      expect(failing).toBeGreaterThan(0);
    },
  );
});
