import { isPanoramaError, messageOf, PanoramaError } from '../errors.js';
import type { GlobalSnapshot } from '../global-snapshot.js';
import { createNetworkOf, type Parts } from '../network/network.js';
import type { NetworkConfig } from '../network/options.js';
import type { Network } from '../network/types.js';
import { nextTask } from '../schedule/event-loop.js';
import { chandyLamport } from '../snapshot/algorithms/chandy-lamport.js';
import type { TraceEvent } from '../trace.js';
import { verifySnapshot } from '../verify/verify-snapshot.js';
import { captureState } from './capture-state.js';
import { Ledger } from './ledger.js';
import { judge, type Property } from './properties.js';
import { createSimulatedClock } from './simulated-clock.js';
import { SimulatedSchedule } from './simulated-schedule.js';
import type { ParsedOptions } from './simulation-options.js';
import type { SimulationStep } from './simulation-step.js';
import type { StoryNote } from './story.js';

/** What runs are made of. */
export interface RunSetup extends Pick<ParsedOptions, 'properties' | 'observe' | 'snapshot' | 'algorithm'> {
  readonly parts: Partial<Parts>;
  readonly config: NetworkConfig;
  /** Whether snapshots can be given up by a signal. */
  readonly canAbort: boolean;
}

/** Which check noticed that something is wrong. */
export type CheckName =
  /** A message was lost, repeated or handed over in the wrong order. */
  | 'delivery'
  /** A snapshot is not what the trace says was recorded, or recorded in the middle of a step. */
  | 'recording'
  /** `verifySnapshot` calls a snapshot inconsistent. */
  | 'consistency'
  /** A snapshot has more or fewer markers than there are channels; or any, in an algorithm without. */
  | 'markers'
  /** A snapshot never completes, or is given up for no reason of the simulation's. */
  | 'completion'
  /** A complete snapshot does not restore, or what was restored does not go on. */
  | 'restore'
  /** A process failed: its code threw. */
  | 'process'
  /** A property that always holds does not. */
  | 'always';

/** What is wrong with a run. */
export interface Failure {
  readonly check: CheckName;
  /** For `always`: the property's name. */
  readonly property?: string | undefined;
  readonly message: string;
}

/** What happened in a run, by numbers. */
export interface RunCounts {
  deliveries: number;
  events: number;
  completed: number;
  aborted: number;
  /** The most snapshots that were under way at once. */
  overlap: number;
}

/** Deliveries, fair to all channels, after which a snapshot should have come to its end. */
const MOST_FAIR_DELIVERIES = 10_000;
/** Deliveries for which a restored network is watched. */
const RESTORED_DELIVERIES = 20;

/**
 * One run of a network in a world without chance: it does the steps that it is told, and watches.
 *
 * Everything is judged as it happens; from the first failure on nothing more is done.
 */
export class SimulatedRun {
  /** All that happened. */
  readonly story: (TraceEvent | StoryNote)[] = [];
  /** The steps that were possible, and done. */
  readonly steps: SimulationStep[] = [];
  readonly snapshots: GlobalSnapshot[] = [];
  /** Names of the `sometimes` properties that some state of this run has. */
  readonly seen = new Set<string>();
  readonly counts: RunCounts = { deliveries: 0, events: 0, completed: 0, aborted: 0, overlap: 0 };
  /** Processes that were stopped. */
  readonly stopped = new Set<string>();
  failure: Failure | undefined;
  /** The true global state when it was last looked at: when the run is finished, its end. */
  state: GlobalSnapshot | undefined;
  schedule!: SimulatedSchedule;
  readonly clock;
  private network!: Network;
  private ledger!: Ledger;
  /** The snapshots under way, and what gives them up. */
  private readonly underWay = new Map<string, AbortController | undefined>();
  /** What gives up the snapshots that were asked for and have not begun, in order. */
  private readonly controls: (AbortController | undefined)[] = [];
  /** Snapshots that will begin in the middle of the next step that sends a message. */
  private awaited: (readonly string[])[] = [];
  /** Ids of the snapshots that the simulation gave up itself. */
  private readonly givenUp = new Set<string>();
  private isEnding = false;

  constructor(
    private readonly setup: RunSetup,
    startMs = 0,
  ) {
    this.clock = createSimulatedClock(startMs);
    this.createNetwork(setup.snapshot);
  }

  get underWayCount(): number {
    return this.underWay.size;
  }

  /**
   * Does a step, if it is possible now; resolves at once unless it is about promises.
   *
   * @returns Whether it was possible.
   */
  perform(step: SimulationStep): boolean | Promise<boolean> {
    if (this.failure !== undefined) return false;
    if (step.do === 'settle') return this.settle().then(() => this.performed(step));
    return this.attempt(step) && this.performed(step);
  }

  /** Brings what is under way to its end, and takes a last look. */
  async finish(options: { readonly restore: boolean } = { restore: true }): Promise<void> {
    await this.bringToEnd();
    if (this.failure === undefined) this.lookAtState();
    const last = this.snapshots.at(-1);
    if (this.failure === undefined && options.restore && last !== undefined) await this.tryRestored(last);
    this.isEnding = true;
    this.network.stop();
  }

  private performed(step: SimulationStep): boolean {
    this.steps.push(step);
    if (this.setup.observe === 'step' && this.failure === undefined) this.lookAtState();
    return true;
  }

  private attempt(step: SimulationStep): boolean {
    switch (step.do) {
      case 'deliver':
        return this.deliver(step.channel, step.index);
      case 'send':
        if (!(step.to in this.network.processes) || this.stopped.has(step.to)) return false;
        this.counts.events++;
        this.network.send(step.to, step.event as never);
        return true;
      case 'tick':
        if (this.clock.nextDueAt === undefined) return false;
        this.clock.tick();
        return true;
      case 'snapshot':
        if (step.within) this.awaited.push(step.initiators);
        else this.takeSnapshot(step.initiators);
        return true;
      case 'abort':
        return this.abort(step.snapshot);
      case 'stop':
        if (!(step.process in this.network.processes) || this.stopped.has(step.process)) return false;
        this.stopped.add(step.process);
        this.network.processes[step.process]!.actor.stop();
        return true;
      case 'rollback':
        return this.rollBack();
      case 'settle':
        return false;
    }
  }

  private deliver(which: string | number, index: number | undefined): boolean {
    if (this.schedule.deliver(which, index) === undefined) return false;
    this.counts.deliveries++;
    return true;
  }

  /** Promises run on between two steps: all that wait for nothing but each other. */
  private settle(): Promise<void> {
    return new Promise((resolve) => nextTask(resolve));
  }

  private takeSnapshot(initiators: readonly string[]): void {
    const known = [...new Set(initiators)].filter((id) => id in this.network.processes);
    const control = this.setup.canAbort ? new AbortController() : undefined;
    const options = { timeoutMs: Infinity, ...(control && { signal: control.signal }) };
    this.controls.push(control);
    const take = () => {
      if (known.length === 0) return this.network.takeSnapshot(options);
      try {
        return this.network.takeSnapshot({ ...options, initiators: known });
      } catch (error) {
        if (isPanoramaError(error) && error.code === 'unreachable') return this.network.takeSnapshot(options);
        throw error;
      }
    };
    // How it ends is told by the trace.
    take().catch(() => undefined);
  }

  private abort(which: number): boolean {
    const controls = [...this.underWay].filter(([, control]) => control !== undefined);
    if (controls.length === 0) return false;
    const [id, control] = controls[which % controls.length]!;
    this.givenUp.add(id);
    control!.abort(new Error('the simulation aborted it'));
    return true;
  }

  private rollBack(): boolean {
    const snapshot = this.snapshots.at(-1);
    if (snapshot === undefined) return false;
    for (const id of this.underWay.keys()) this.givenUp.add(id);
    this.network.stop();
    this.story.push({ type: 'note', text: 'all go back to the last complete snapshot', snapshot });
    this.stopped.clear();
    this.awaited = [];
    this.createNetwork(snapshot);
    return true;
  }

  private createNetwork(snapshot: GlobalSnapshot | undefined): void {
    const { parts, config, algorithm } = this.setup;
    this.schedule = new SimulatedSchedule();
    this.ledger = new Ledger(Object.keys(config.processes), config.channels, snapshot);
    const { schedule, clock } = this;
    this.network = createNetworkOf(parts, config, { schedule, clock, snapshot, algorithm, logger: () => undefined });
    for (const { id, actor } of Object.values(this.network.processes)) {
      const status = snapshot?.processes[id]!.snapshot.status;
      if (status === 'stopped') this.stopped.add(id);
      actor.subscribe({
        error: (error: unknown) => this.fail('process', `process "${id}" failed: ${messageOf(error)}`),
      });
    }
    this.network.trace$.subscribe((event) => this.watch(event));
    this.network.start();
  }

  // What is watched.

  /** An error here would be lost in RxJS: it is a failure like any other. */
  private watch(event: TraceEvent): void {
    if (this.isEnding) return;
    this.story.push(event);
    if (this.failure !== undefined) return;
    try {
      const complaint = this.ledger.enter(event);
      if (complaint !== undefined) this.fail(complaint.check, complaint.message);
      else this.follow(event);
    } catch (error) {
      this.fail('recording', `the trace cannot be followed: ${messageOf(error)}`);
    }
  }

  private follow(event: TraceEvent): void {
    switch (event.type) {
      case 'message.sent':
        for (const initiators of this.awaited.splice(0)) this.takeSnapshot(initiators);
        return;
      case 'snapshot.begun':
        this.underWay.set(event.snapshotId, this.controls.shift());
        this.counts.overlap = Math.max(this.counts.overlap, this.underWay.size);
        return;
      case 'snapshot.completed':
        this.underWay.delete(event.snapshotId);
        this.counts.completed++;
        this.snapshots.push(event.snapshot);
        return this.check(event.snapshot);
      case 'snapshot.aborted':
        this.underWay.delete(event.snapshotId);
        this.counts.aborted++;
        if (!this.givenUp.delete(event.snapshotId)) {
          this.fail('completion', `a snapshot was given up: ${event.error.message}`);
        }
        return;
      default:
        return;
    }
  }

  private check(snapshot: GlobalSnapshot): void {
    const verdict = verifySnapshot(snapshot);
    const { config, algorithm = chandyLamport } = this.setup;
    const channels = algorithm.name === chandyLamport.name ? config.channels.length : 0;
    if (!verdict.consistent) this.fail('consistency', verdict.violations.map(({ message }) => message).join(' '));
    else if (snapshot.stats.markers !== channels) {
      this.fail(
        'markers',
        `${snapshot.stats.markers} markers were sent for a snapshot by ${algorithm.name} of ${config.channels.length} channel(s)`,
      );
    } else this.observe(snapshot, 'a snapshot');
  }

  /** The true state, against the books and the properties. */
  private lookAtState(): void {
    let state: GlobalSnapshot;
    try {
      state = this.state = captureState(this.network);
    } catch (error) {
      if (!isPanoramaError(error) || error.code !== 'not-recordable') throw error;
      return this.fail('completion', `the state cannot be recorded: ${error.message}`);
    }
    const complaint = this.ledger.compare(state);
    if (complaint !== undefined) this.fail(complaint.check, complaint.message);
    else this.observe(state, 'the state');
  }

  private observe(state: GlobalSnapshot, what: string): void {
    for (const property of this.setup.properties) {
      try {
        this.judge(property, state, what);
      } catch (error) {
        this.fail('always', messageOf(error), property.name);
      }
    }
  }

  private judge(property: Property, state: GlobalSnapshot, what: string): void {
    const { kind, name } = property;
    if (kind === 'sometimes' && this.seen.has(name)) return;
    const { holds, because } = judge(property, state);
    if (kind === 'sometimes' && holds) this.seen.add(name);
    if (kind !== 'always' || holds) return;
    this.fail(
      'always',
      `always "${name}" does not hold of ${what}${because === undefined ? '' : `: ${because}`}`,
      name,
    );
  }

  private fail(check: CheckName, message: string, property?: string): void {
    this.failure ??= { check, property, message };
  }

  // The end.

  /** Every snapshot under way completes when deliveries are fair. */
  private async bringToEnd(): Promise<void> {
    const { schedule } = this;
    for (const initiators of this.awaited.splice(0)) if (this.failure === undefined) this.takeSnapshot(initiators);
    for (let n = 0; this.failure === undefined && this.underWay.size > 0; n++) {
      if (n < MOST_FAIR_DELIVERIES && schedule.pending.length > 0) {
        schedule.deliver(0);
        this.counts.deliveries++;
        if (this.setup.observe === 'step' && this.failure === undefined) this.lookAtState();
        continue;
      }
      await this.settle();
      if (n < MOST_FAIR_DELIVERIES && schedule.pending.length > 0) continue;
      if (this.underWay.size === 0) return;
      const after =
        schedule.pending.length > 0 ? `${n} deliveries that were fair to all channels` : 'nothing is left to deliver';
      this.fail('completion', `${this.underWay.size} snapshot(s) did not complete: ${after}`);
    }
  }

  /** What was recorded restores, and goes on as any network does. */
  private async tryRestored(snapshot: GlobalSnapshot): Promise<void> {
    const note: StoryNote = { type: 'note', text: 'the last snapshot is restored', snapshot };
    let restored: SimulatedRun;
    try {
      restored = new SimulatedRun({ ...this.setup, snapshot }, this.clock.now());
    } catch (error) {
      if (!(error instanceof PanoramaError)) throw error;
      this.story.push(note);
      return this.fail('restore', `a snapshot does not restore: ${error.message}`);
    }
    restored.lookAtState();
    await restored.perform({ do: 'snapshot', initiators: [] });
    for (let n = 0; n < RESTORED_DELIVERIES; n++) if (!(await restored.perform({ do: 'deliver', channel: 0 }))) break;
    await restored.finish({ restore: false });
    for (const name of restored.seen) this.seen.add(name);
    if (restored.failure === undefined) return;
    this.story.push(note, ...restored.story);
    const { check, property, message } = restored.failure;
    if (check === 'always') this.fail(check, message, property);
    else this.fail('restore', `restored from a snapshot, ${message}`);
  }
}
