import type { AnyActorRef, EventObject } from 'xstate';
import { PanoramaError, type PanoramaErrorCode } from '../errors.js';
import type { ActorAddress, GlobalSnapshot } from '../global-snapshot.js';
import { createNetworkOf, type RunningNetwork } from '../network/network.js';
import type { NetworkConfig } from '../network/options.js';
import { copyPlain } from '../process/copy-plain.js';
import { actorAt, addressOf } from '../process/recorded-state.js';
import { fireTimer, pendingTimers, relay } from '../process/xstate-internals.js';
import { createManualSchedule } from '../schedule/manual-schedule.js';
import { mattern } from '../snapshot/algorithms/mattern.js';
import { differences } from '../snapshot/diff-snapshots.js';
import type { RecordedRun, RecordedStep } from './recorded-run.js';
import { captureNetwork } from './running.js';

/**
 * Fresh actors that take the steps of a recorded run, in any order that is one of the system's.
 *
 * Each process lives in its own time, that of its steps in the run: no clock is common to them, and none is needed.
 */
export class Replay {
  private readonly schedule = createManualSchedule();
  private readonly network: RunningNetwork;
  private time: number;

  constructor(config: NetworkConfig, run: Pick<RecordedRun, 'initial' | 'startTime'>) {
    this.time = run.startTime;
    const clock = { setTimeout: () => 0, clearTimeout: () => undefined, now: () => this.time };
    // No snapshot is taken here: an algorithm that minds no order will do for any channels.
    const options = {
      schedule: this.schedule,
      clock,
      logger: () => undefined,
      snapshot: run.initial,
      algorithm: mattern,
    } as const;
    this.network = createNetworkOf({}, config, options) as unknown as RunningNetwork;
    // What failed in the run fails again; that is no news.
    for (const { actor } of this.network.members.values()) actor.subscribe({ error: () => undefined });
    this.network.start();
  }

  /** Takes steps in this order; a step that cannot be taken is an error with this code. */
  take(steps: readonly RecordedStep[], code: PanoramaErrorCode): void {
    for (const step of steps) {
      this.time = step.time;
      const obstacle = this.obstacleTo(step);
      if (obstacle === undefined) continue;
      throw new PanoramaError(
        code,
        `Expected process "${step.process}" to take its next step, ${step.type} of "${'event' in step ? step.event.type : ''}", got ${obstacle}.`,
      );
    }
  }

  /** The global state now; each process in its own time. */
  capture(timeOf: (processId: string) => number): GlobalSnapshot {
    return captureNetwork(this.network, (id) => void (this.time = timeOf(id)));
  }

  end(): void {
    this.network.stop();
  }

  /** Takes a step, or says why it cannot be taken. */
  private obstacleTo(step: RecordedStep): string | undefined {
    const root = this.network.members.get(step.process)!.actor;
    switch (step.type) {
      case 'process.stopped':
        root.stop();
        return undefined;
      case 'message.received':
        return this.deliver(step.channel, step.seq);
      case 'event.received': {
        const target = actorAt(root, step.target);
        if (target === undefined) return `no actor at ${nameOf(step.target)}`;
        relay(step.source && actorAt(root, step.source), target, copyIfPlain(step.event));
        return undefined;
      }
      case 'timer.fired': {
        const isIt = (ref: AnyActorRef, address: ActorAddress) => nameOf(addressOf(ref)) === nameOf(address);
        const timer = pendingTimers(root).find(
          ({ source, target, event }) =>
            isIt(source, step.source) && isIt(target, step.target) && differences(event, step.event, '').length === 0,
        );
        if (timer === undefined) return 'no such timer pending';
        fireTimer(timer);
        return undefined;
      }
    }
  }

  private deliver(channelId: string, seq: number): string | undefined {
    const channel = this.network.channels.get(channelId)!;
    const index = channel.find((message) => message.seq === seq);
    if (index === 0 || (index > 0 && !channel.isFifo)) {
      this.schedule.deliver(channelId, index);
      return undefined;
    }
    const [first] = channel.messages;
    const next = first === undefined ? 'nothing' : `message ${first.seq}`;
    return `${next} next on channel "${channelId}", where message ${seq} should be`;
  }
}

const nameOf = (address: ActorAddress) => ('peer' in address ? `peer ${address.peer}` : `/${address.path.join('/')}`);

/** What a promise resolved with may be anything; it is not carried in a snapshot before the machine takes it. */
function copyIfPlain(event: EventObject): EventObject {
  try {
    return copyPlain(event, 'event');
  } catch {
    return event;
  }
}
