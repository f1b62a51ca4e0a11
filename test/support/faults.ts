import type { AnyStateMachine } from 'xstate';
import { createColouringMachine, createProcessMachine, createStoppingMachine } from '../../machines/index.js';
import { Channel } from '../../src/channel/channel.js';
import type { Envelope } from '../../src/channel/envelope.js';
import type { Parts } from '../../src/network/network.js';
import { CleanStack } from '../../src/process/clean-stack.js';
import type { IncomingChannel } from '../../src/process/endpoints.js';
import { ColouredProcess } from '../../src/process/coloured-process.js';
import { Process } from '../../src/process/process.js';
import type { Algorithm } from '../../src/snapshot/algorithms/algorithm.js';
import { createChandyLamport } from '../../src/snapshot/algorithms/chandy-lamport.js';
import { createLaiYang, laiYang } from '../../src/snapshot/algorithms/lai-yang.js';
import { createMattern, mattern } from '../../src/snapshot/algorithms/mattern.js';
import { createStopDrainRecord } from '../../src/snapshot/algorithms/stop-drain-record.js';
import type { SnapshotUnderWay } from '../../src/snapshot/local-snapshot.js';

/** A process's statechart with some of its transitions changed. */
function mutateMachine<TCreate extends (channels: number, sheet?: 'first' | 'further') => AnyStateMachine>(
  create: TCreate,
  change: (states: Record<string, RegionConfig>) => void,
): TCreate {
  const createMutant = (channels: number, sheet?: 'first' | 'further') => {
    const machine = create(channels, sheet);
    const states = structuredClone(machine.config.states) as unknown as Record<string, RegionConfig>;
    change(states);
    const { config: own, implementations } = machine;
    const Machine = machine.constructor as new (config: unknown, implementations: unknown) => AnyStateMachine;
    return new Machine({ ...own, states } as never, implementations);
  };
  return createMutant as TCreate;
}

interface RegionConfig {
  states: Record<string, { on: Record<string, unknown> }>;
}

const channelRegions = (states: Record<string, RegionConfig>) =>
  Object.entries(states)
    .filter(([name]) => name.startsWith('channel'))
    .map(([, region]) => region);

/** Markers go out after the next messages instead of before them. */
class LateMarkerProcess extends Process {
  override sendMarkers(snapshot: SnapshotUnderWay): number {
    queueMicrotask(() => super.sendMarkers(snapshot));
    return this.outgoing.size;
  }
}

/** Delivers the newest envelope first. */
class ReorderingChannel extends Channel {
  override deliver(): void {
    const waiting: Envelope[] = [];
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) waiting.push(next);
    const newest = waiting.pop();
    if (newest !== undefined) this.queue.push(newest);
    const [, ...rest] = [newest, ...waiting];
    super.deliver();
    for (const envelope of rest) this.queue.push(envelope);
  }
}

/** Puts every marker under the id of the first snapshot. */
class OneIdProcess extends Process {
  private firstId: string | undefined;
  override sendMarkers(snapshot: SnapshotUnderWay): number {
    this.firstId ??= snapshot.id;
    return super.sendMarkers({ ...snapshot, id: this.firstId });
  }
}

/** Records at once, also in the middle of a step. */
class HastySteps extends CleanStack {
  override whenClean(task: () => void): void {
    task();
  }
}

/** Colours nothing but the control messages. */
class PaleProcess extends ColouredProcess {
  override turnRed(snapshotId: string, isCounted: boolean): number {
    const controlMessages = super.turnRed(snapshotId, isCounted);
    super.turnWhite(snapshotId);
    return controlMessages;
  }
}

/** Takes red messages before it records. */
class EagerProcess extends ColouredProcess {
  override receive(end: IncomingChannel, envelope: Envelope): void {
    if (envelope.type !== 'message' || envelope.colours === undefined) return super.receive(end, envelope);
    const { colours: _, ...white } = envelope;
    super.receive(end, white);
  }
}

const without = (types: Record<string, unknown>, prefix: string) => {
  for (const type of Object.keys(types)) if (type.startsWith(prefix)) delete types[type];
};

/** The mutations of the statecharts with colours. */
const ofColours = {
  'a channel never closes': (states: Record<string, RegionConfig>) => {
    for (const region of channelRegions(states)) without(region.states.recording!.on, 'whites.received');
  },
  'a channel closes early': (states: Record<string, RegionConfig>) => {
    for (const region of channelRegions(states)) {
      const { on } = region.states.idle!;
      for (const type of Object.keys(on)) on[type] = 'done';
    }
  },
  'a red message makes nobody record': (states: Record<string, RegionConfig>) => {
    if (states.state !== undefined) without(states.state.states.white!.on, 'red.received');
  },
  'a channel is not recorded from a red message on': (states: Record<string, RegionConfig>) => {
    for (const region of channelRegions(states)) without(region.states.idle!.on, 'red.received');
  },
};

type Mutation = (states: Record<string, RegionConfig>) => void;
type Mutant = readonly [name: string, Algorithm];

const mutants = (changes: Record<string, Mutation>, create: (change: Mutation) => Algorithm): Mutant[] =>
  Object.entries(changes).map(([name, change]) => [name, create(change)]);

/** An algorithm whose statechart is right, and whose processes are not. */
const wrongProcesses = (algorithm: Algorithm): Mutant[] => [
  ['messages of no colour', { ...algorithm, Process: PaleProcess }],
  ['red messages are taken before the state is recorded', { ...algorithm, Process: EagerProcess }],
];

/** Hand-made mutants of Lai and Yang's algorithm. */
export const laiYangFaults = [
  ...wrongProcesses(laiYang),
  ...mutants(ofColours, (change) => createLaiYang(mutateMachine(createColouringMachine, change))),
];

/** Hand-made mutants of Mattern's algorithm. */
export const matternFaults = [
  ...wrongProcesses(mattern),
  ...mutants(ofColours, (change) => createMattern(mutateMachine(createColouringMachine, change))),
];

/** Hand-made mutants of stop, drain, record. Nothing red is sent there, but by timers and the like. */
export const stoppingFaults = mutants(
  {
    ...ofColours,
    'nobody goes on': (states) => {
      const stopped = states.application?.states.stopped as { exit?: string } | undefined;
      if (stopped !== undefined) delete stopped.exit;
    },
  },
  (change) => createStopDrainRecord(mutateMachine(createStoppingMachine, change)),
);

const createMutant = (change: Mutation) => createChandyLamport(mutateMachine(createProcessMachine, change));

/** Hand-made mutants of the algorithm: each breaks one thing that the theorem needs. */
export const faults = {
  'markers after later messages': { Process: LateMarkerProcess },
  'no FIFO': { Channel: ReorderingChannel },
  'a channel never closes': {
    algorithm: createMutant((states) => {
      for (const region of channelRegions(states)) {
        const { on } = region.states.recording!;
        for (const type of Object.keys(on)) if (type.startsWith('marker.received')) delete on[type];
      }
    }),
  },
  'a channel closes early': {
    algorithm: createMutant((states) => {
      for (const region of channelRegions(states)) {
        const { on } = region.states.idle!;
        for (const type of Object.keys(on)) on[type] = { target: 'done' };
      }
    }),
  },
  'one id for all snapshots': { Process: OneIdProcess },
  'recording in the middle of a step': { CleanStack: HastySteps },
} satisfies Record<string, Partial<Parts>>;
