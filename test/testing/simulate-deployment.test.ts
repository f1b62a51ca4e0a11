import { describe, expect, it } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { memberMachine } from '../../machines/member.js';
import { sessionMachine } from '../../machines/session.js';
import type { CheckpointStore } from '../../src/checkpoint/index.js';
import type { GlobalSnapshot } from '../../src/index.js';
import type { InputStore } from '../../src/recovery/index.js';
import { createRandom } from '../../src/schedule/random.js';
import { checkpointStoreContract, inputStoreContract } from '../../src/testing/contracts/index.js';
import { DeploymentChoice } from '../../src/testing/deployment/deployment-choice.js';
import { parseDeploymentOptions } from '../../src/testing/deployment/deployment-options.js';
import { DeploymentRun } from '../../src/testing/deployment/deployment-run.js';
import type { DeploymentParts } from '../../src/testing/deployment/deployment.js';
import { SharedLog, SharedStore, type Disk } from '../../src/testing/deployment/disks.js';
import { Life } from '../../src/testing/deployment/life.js';
import { simulateDeploymentOf } from '../../src/testing/deployment/simulate-deployment.js';
import {
  createSimulatedClock,
  simulateDeployment,
  SimulationError,
  tellStory,
  type DeploymentOptions,
  type DeploymentStep,
} from '../../src/testing/index.js';
import { bankTown, moneyIn, payments, startsClients, townWithStandby } from '../support/bank-town.js';

const MONEY = 400;
const properties = {
  always: { 'money is exact': (snapshot: GlobalSnapshot) => expect(moneyIn(snapshot)).toBe(MONEY) },
  sometimes: {
    'money is on its way': ({ stats }: GlobalSnapshot) => stats.messages > 0,
    'everybody has taken inputs': ({ processes }: GlobalSnapshot) =>
      Object.values(processes).every(({ inputs = 0 }) => inputs > 0),
  },
};
const bank = { programs: bankTown(), traffic: payments, properties };

async function errorOf(simulation: Promise<unknown>): Promise<SimulationError> {
  const error: unknown = await simulation.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SimulationError)) throw new Error(`Expected a simulation that fails, got ${String(error)}.`);
  return error;
}

describe('a bank of four programs', () => {
  it('loses nothing in 500 runs, whatever is killed, stands still, runs twice, is cut off or broken', async () => {
    const { faults, rollbacks, snapshots, sometimes } = await simulateDeployment({
      ...bank,
      seed: 1,
      runs: 500,
      steps: 500,
    });
    for (const [what, count] of Object.entries({ ...faults, ...sometimes })) {
      expect([what, count]).toEqual([what, expect.toSatisfy((n: number) => n > 50)]);
    }
    expect(rollbacks).toBeGreaterThan(1000);
    expect(snapshots.completed).toBeGreaterThan(500);
  }, 300_000);

  it('comes back when its clients are started by the hub alone', async () => {
    const programs = bankTown(startsClients);
    const report = await simulateDeployment({ ...bank, programs, restart: ['hub'], seed: 1, runs: 60 });
    expect(report.faults.kill).toBeGreaterThan(50);
  }, 300_000);

  it('goes on when another program coordinates in place of the hub', async () => {
    const report = await simulateDeployment({ ...bank, programs: townWithStandby(), seed: 1, runs: 60 });
    expect(report.faults.kill).toBeGreaterThan(50);
  }, 300_000);

  it('does the same again under the same seed', async () => {
    const stories = [];
    for (const _ of [1, 2]) stories.push(await storyOf({ ...bank, seed: 7 }));
    expect(stories[0]).toBe(stories[1]);
    expect(stories[0]).toContain('goes back to a checkpoint');
    expect(await storyOf({ ...bank, seed: 8 })).not.toBe(stories[0]);
  });
});

/** All that happens in one run. */
async function storyOf(options: DeploymentOptions<ReturnType<typeof bankTown>>): Promise<string> {
  const parsed = parseDeploymentOptions(options as never);
  const run = new DeploymentRun({ ...parsed, parts: {} });
  const choice = new DeploymentChoice(parsed, createRandom(parsed.seed), () => undefined);
  await run.begin();
  for (let n = 0; n < 500; n++) await run.perform(choice.next(run.world)!);
  await run.finish();
  expect(run.failure).toBeUndefined();
  return tellStory(run.story, { inFlight: false, maxLines: Infinity }).replaceAll(/snapshot-\w+/g, 'snapshot');
}

/** Others of the library's parts, and what notices that. */
describe('the old rules, brought back, are noticed:', () => {
  type Rules = Partial<DeploymentOptions> & { readonly parts?: DeploymentParts };
  const without = <TMachine extends AnyStateMachine>(machine: TMachine, ...events: readonly string[]): TMachine => {
    const config = structuredClone(machine.config) as StateConfig;
    for (const event of events) forget(config, event);
    const Machine = machine.constructor as new (config: unknown, implementations: unknown) => TMachine;
    return new Machine(config, machine.implementations);
  };
  const mutants: Readonly<Record<string, Rules>> = {
    'a member that parts from who is lost, though somebody sees to crashes': {
      parts: { memberMachine: without(memberMachine, 'coordinator.heard') },
    },
    'a member that does not follow': { parts: { memberMachine: without(memberMachine, 'epoch.heard') } },
    'a session that refuses no outdated life': {
      parts: { sessionMachine: without(sessionMachine, 'life.outdated', 'sorry.superseded') },
    },
    'inputs that are said to be safe before they are': {
      parts: {
        inputs: (inputs: InputStore) => ({
          readAfter: (seq, limit) => inputs.readAfter(seq, limit),
          trim: (upTo) => inputs.trim(upTo),
          append(event) {
            inputs.append(event).catch(() => undefined);
            return Promise.resolve(0);
          },
        }),
      },
    },
    'checkpoints that are said to be safe before they are': {
      seed: 400, // of the 500 runs, one of the last
      parts: {
        store: (store: CheckpointStore) => ({
          ...store,
          save(snapshot, epoch) {
            store.save(snapshot, epoch).catch(() => undefined);
            return Promise.resolve();
          },
        }),
      },
    },
    'a recovery that waits for ever for a start that was lost': {
      restart: ['hub'],
      programs: bankTown(({ life, start, random }) => ({
        ...startsClients({ life, start } as never),
        restart: ({ process }) => random.chance(0.5) && start(process),
        recoverWithinMs: Infinity,
      })),
    },
  };

  it.each(Object.entries(mutants))(
    '%s',
    async (_, { parts = {}, ...options }) => {
      const all = { ...bank, seed: 1, runs: 100, steps: 500, settleMs: 90_000, ...options };
      const { failure } = await errorOf(simulateDeploymentOf(parts, all as never));
      expect(failure.isRepeatable).toBe(true);
      expect(failure.counterexample!.steps.length).toBeLessThan(30);
    },
    300_000,
  );

  interface StateConfig {
    on?: Record<string, unknown>;
    states?: Record<string, StateConfig>;
  }
  function forget(state: StateConfig, event: string): void {
    delete state.on?.[event];
    for (const child of Object.values(state.states ?? {})) forget(child, event);
  }
});

describe('what simulated deployments have found stays mended:', () => {
  const stories: Readonly<Record<string, readonly DeploymentStep[]>> = {
    'the hub’s clock goes back, and of those who know an earlier life of it one alone is left': [
      { do: 'kill', lives: ['y', 'z'], written: 0, silently: true },
      { do: 'start', program: 'y' },
      { do: 'kill', lives: ['hub'], written: 0, silently: false },
      { do: 'jump', program: 'hub', ms: -2_517_160 },
    ],
    'the same, when that one is a life which should be superseded': [
      { do: 'jump', program: 'hub', ms: -1_642_290 },
      { do: 'start', program: 'y' },
      { do: 'kill', lives: ['x', 'z'], written: 0, silently: false },
      { do: 'jump', program: 'y', ms: -225_280 },
      { do: 'start', program: 'hub' },
    ],
  };
  it.each(Object.entries(stories))('%s', async (_, steps) => {
    await simulateDeployment({ ...bank, properties: {}, steps, runs: 1, seed: 1 });
  });

  it('a life that is superseded takes no leave of those who have not met the other one', async () => {
    await simulateDeployment({
      programs: bankTown(startsClients),
      restart: ['hub'],
      steps: [
        { do: 'start', program: 'hub' },
        { do: 'jump', program: 'hub', ms: -3_168_726 },
      ],
      runs: 1,
      seed: 110,
    });
  });
});

describe('what a simulated program is given', () => {
  const world = (clock = createSimulatedClock()) => ({
    clock,
    timeOfDay: () => clock.now(),
    onThrown: (_: Life, error: unknown) => {
      throw error;
    },
  });
  const serving = (disk: Disk) => {
    const timer = setInterval(() => [...disk.waiting].forEach((life) => disk.serve(life)));
    return () => clearInterval(timer);
  };

  for (const { name, run } of checkpointStoreContract(() => {
    const store = new SharedStore(() => undefined);
    let lives = 0;
    return { open: () => store.openFor(new Life('p', ++lives, 1, world())), close: serving(store.disk) };
  })) {
    it(`is a store of checkpoints that ${name}`, run);
  }

  for (const { name, run } of inputStoreContract(() => {
    const log = new SharedLog('p');
    let lives = 0;
    return { open: () => log.openFor(new Life('p', ++lives, 1, world())), close: serving(log.disk) };
  })) {
    it(`is a log of inputs that ${name}`, run);
  }
});
