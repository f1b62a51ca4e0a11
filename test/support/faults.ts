import { createProcessMachine, type ProcessMachine } from '../../machines/index.js';
import { Channel } from '../../src/channel.js';
import type { Envelope } from '../../src/envelope.js';
import type { SnapshotUnderWay } from '../../src/local-snapshot.js';
import type { Parts } from '../../src/network.js';
import { Process } from '../../src/process.js';
import { Steps } from '../../src/steps.js';

/** The process statechart with some of its transitions changed. */
function mutateMachine(change: (states: Record<string, RegionConfig>) => void): typeof createProcessMachine {
  return (channels, sheet) => {
    const machine = createProcessMachine(channels, sheet);
    const states = structuredClone(machine.config.states) as unknown as Record<string, RegionConfig>;
    change(states);
    const { config: own, implementations } = machine;
    const Machine = machine.constructor as new (config: unknown, implementations: unknown) => ProcessMachine;
    return new Machine({ ...own, states }, implementations);
  };
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
class HastySteps extends Steps {
  override whenClean(task: () => void): void {
    task();
  }
}

/** Hand-made mutants of the algorithm: each breaks one thing that the theorem needs. */
export const faults = {
  'markers after later messages': { Process: LateMarkerProcess },
  'no FIFO': { Channel: ReorderingChannel },
  'a channel never closes': {
    createProcessMachine: mutateMachine((states) => {
      for (const region of channelRegions(states)) {
        const { on } = region.states.recording!;
        for (const type of Object.keys(on)) if (type.startsWith('marker.received')) delete on[type];
      }
    }),
  },
  'a channel closes early': {
    createProcessMachine: mutateMachine((states) => {
      for (const region of channelRegions(states)) {
        const { on } = region.states.idle!;
        for (const type of Object.keys(on)) on[type] = { target: 'done' };
      }
    }),
  },
  'one id for all snapshots': { Process: OneIdProcess },
  'recording in the middle of a step': { Steps: HastySteps },
} satisfies Record<string, Partial<Parts>>;
