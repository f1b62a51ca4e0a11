import type { Random } from '../schedule/random.js';
import type { PendingChannel } from '../schedule/schedule.js';
import { parseOutsideEvent, type AnyOutsideEvent } from './outside-event.js';
import type { SimulatedRun } from './simulated-run.js';
import type { FaultName, ParsedOptions } from './simulation-options.js';
import type { SimulationStep } from './simulation-step.js';

/** How likely each kind of step is against the others, before a run's own taste. */
const WEIGHTS = { deliver: 8, send: 4, tick: 1, settle: 0.5 };

/** How long a fault lasts, in steps. */
const LASTING = { cut: [10, 50], delay: [3, 15], slow: [20, 60] } as const;
/** Deliveries to a slow process that it refuses. */
const SLOWNESS = 0.9;
/** Snapshots asked for in the middle of a step. */
const WITHIN = 1 / 3;

/** What a choice is made of. */
export interface ChoiceSpec extends Pick<ParsedOptions, 'steps' | 'snapshots' | 'traffic' | 'faults'> {
  readonly processes: readonly string[];
  readonly channels: readonly string[];
}

/**
 * Chooses the steps of one run. All chance of a simulation is here.
 *
 * Each run has a taste of its own for some kinds of steps (swarm testing): one that hardly delivers sees long queues, one
 * that hardly sends sees the network at rest.
 */
export class StepChoice {
  private readonly weights: Readonly<Record<keyof typeof WEIGHTS, number>>;
  /** Steps at which a snapshot begins. */
  private readonly snapshotAt: number[];
  /** What is left of a list of traffic, by process. */
  private readonly left: Map<string, AnyOutsideEvent[]> | undefined;
  /** Channels that are cut or delayed, until a step. */
  private readonly held = new Map<string, number>();
  /** Processes that are slow, until a step. */
  private readonly slow = new Map<string, number>();
  private step = 0;
  /** Whether all that was left to do in the last step was to let promises settle. */
  private isWaiting = false;

  /** @param onFault Called with each fault as it happens. */
  constructor(
    private readonly spec: ChoiceSpec,
    private readonly random: Random,
    private readonly onFault: (fault: FaultName) => void,
  ) {
    const taste = (weight: number) => weight * 2 ** random.integer(-2, 2);
    this.weights = {
      deliver: taste(WEIGHTS.deliver),
      send: taste(WEIGHTS.send),
      tick: taste(WEIGHTS.tick),
      settle: taste(WEIGHTS.settle),
    };
    this.snapshotAt = this.chooseMoments();
    if (typeof spec.traffic !== 'function') this.left = groupByProcess(spec.traffic);
  }

  /** The next step; undefined when the run is over: its steps are used up, or nothing can happen any more. */
  next(run: SimulatedRun): SimulationStep | undefined {
    if (this.step++ >= this.spec.steps) return undefined;
    this.mend();
    const fault = this.chooseFault(run);
    if (fault !== undefined) return fault;
    if (this.snapshotAt[0] !== undefined && this.snapshotAt[0] < this.step) return this.beginSnapshot();
    return this.choose(run) ?? (this.snapshotAt.length > 0 ? this.beginSnapshot() : undefined);
  }

  /** Spread over the run, or close together. */
  private chooseMoments(): number[] {
    const { steps, snapshots } = this.spec;
    const isBurst = this.random.chance(1 / 3);
    const from = isBurst ? this.random.integer(0, steps - 1) : 0;
    const to = isBurst ? Math.min(steps - 1, from + snapshots * 2) : steps - 1;
    return Array.from({ length: snapshots }, () => this.random.integer(from, to)).sort((a, b) => a - b);
  }

  private choose(run: SimulatedRun): SimulationStep | undefined {
    const channel = this.chooseChannel(run);
    const isTrafficLeft = this.left === undefined || this.left.size > 0;
    const { deliver, send, tick, settle } = this.weights;
    const weights = {
      deliver: channel === undefined ? 0 : deliver,
      send: isTrafficLeft ? send : 0,
      tick: run.clock.nextDueAt === undefined ? 0 : tick,
    };
    const possible = weights.deliver + weights.send + weights.tick;
    const isIdle = possible === 0 && run.schedule.pending.length === 0;
    if (isIdle && this.isWaiting) return undefined;
    this.isWaiting = isIdle;
    let at = this.random.next() * (possible + settle) - weights.deliver;
    if (at < 0) return { do: 'deliver', ...channel! };
    if ((at -= weights.send) < 0) return this.send();
    if ((at -= weights.tick) < 0) return { do: 'tick' };
    return { do: 'settle' };
  }

  private send(): SimulationStep {
    const { traffic, processes } = this.spec;
    if (typeof traffic === 'function') {
      const event = traffic(this.random);
      if (event === undefined) return { do: 'settle' };
      return { do: 'send', ...parseOutsideEvent(event, processes) };
    }
    const [to, events] = this.random.pick([...this.left!]);
    const event = events.shift()!;
    if (events.length === 0) this.left!.delete(to);
    return { do: 'send', ...event };
  }

  private beginSnapshot(): SimulationStep {
    const { random, spec } = this;
    this.snapshotAt.shift();
    const initiators = Array.from({ length: random.integer(1, 3) }, () => random.pick(spec.processes));
    const within = random.chance(WITHIN);
    return { do: 'snapshot', initiators: [...new Set(initiators)], ...(within && { within }) };
  }

  private chooseChannel(run: SimulatedRun): { readonly channel: string; readonly index?: number } | undefined {
    const { pending } = run.schedule;
    if (pending.length === 0) return undefined;
    if (this.held.size === 0 && this.slow.size === 0) return this.chooseEnvelope(this.random.pick(pending));
    const free = pending.filter(({ id }) => !this.held.has(id));
    if (free.length === 0) return undefined;
    const channel = this.random.pick(free);
    const isSlow = this.slow.has(channel.id.split('->')[1]!) && this.random.chance(SLOWNESS);
    return isSlow ? undefined : this.chooseEnvelope(channel);
  }

  private chooseEnvelope({ id, isFifo, size }: PendingChannel) {
    return isFifo ? { channel: id } : { channel: id, index: this.random.integer(0, size - 1) };
  }

  private mend(): void {
    for (const lasting of [this.held, this.slow]) {
      for (const [id, until] of lasting) if (until <= this.step) lasting.delete(id);
    }
  }

  private chooseFault(run: SimulatedRun): SimulationStep | undefined {
    const { faults, processes, channels } = this.spec;
    const { random } = this;
    const happens = (fault: FaultName, isPossible = true) => {
      if (faults[fault] === 0 || !random.chance(faults[fault]) || !isPossible) return false;
      this.onFault(fault);
      return true;
    };
    const until = (fault: keyof typeof LASTING) => {
      const [least, most] = LASTING[fault];
      return this.step + random.integer(least, most);
    };
    if (happens('cut', channels.length > 0)) this.held.set(random.pick(channels), until('cut'));
    if (happens('delay', run.schedule.pending.length > 0)) {
      this.held.set(random.pick(run.schedule.pending).id, until('delay'));
    }
    if (happens('slow')) this.slow.set(random.pick(processes), until('slow'));
    const running = processes.filter((id) => !run.stopped.has(id));
    if (happens('stop', running.length > 0)) return { do: 'stop', process: random.pick(running) };
    if (happens('abort', run.underWayCount > 0)) return { do: 'abort', snapshot: random.integer(0, 99) };
    if (happens('rollback', run.snapshots.length > 0)) return { do: 'rollback' };
    return undefined;
  }
}

function groupByProcess(events: readonly AnyOutsideEvent[]): Map<string, AnyOutsideEvent[]> {
  const groups = new Map<string, AnyOutsideEvent[]>();
  for (const event of events) {
    const group = groups.get(event.to);
    if (group === undefined) groups.set(event.to, [event]);
    else group.push(event);
  }
  return groups;
}
