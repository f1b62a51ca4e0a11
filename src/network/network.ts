import type { Observable } from 'rxjs';
import { supervisorMachine } from '../../machines/index.js';
import { Channel } from '../channel/channel.js';
import { chooseInitiators, reachableFrom } from '../channel/topology.js';
import { expected, list } from '../checks.js';
import { timeOf, type Clock } from '../clock.js';
import { PanoramaError } from '../errors.js';
import type { ChannelState, GlobalSnapshot, InputsSaved } from '../global-snapshot.js';
import { OrderedSubject } from '../ordered-subject.js';
import { CleanStack } from '../process/clean-stack.js';
import type { Crash } from '../process/crash.js';
import { copyMessages } from '../process/endpoints.js';
import type { Processes } from '../process/process-config.js';
import { StableProcessHandle } from '../process/process-handle.js';
import { Process } from '../process/process.js';
import { createDefaultSchedule } from '../schedule/default-schedule.js';
import type { Algorithm } from '../snapshot/algorithms/algorithm.js';
import { chandyLamport } from '../snapshot/algorithms/chandy-lamport.js';
import { beginWhenReady } from '../snapshot/begin-when-ready.js';
import { type ParsedSnapshotOptions, parseSnapshotOptions, type SnapshotOptions } from '../snapshot/options.js';
import { createSnapshotId, SnapshotSupervisor } from '../snapshot/snapshot-supervisor.js';
import { Trace, type TraceEvent, type Untimed } from '../trace.js';
import { assemble, type Assembly, type AssemblyPlan } from './assemble.js';
import type { NetworkHandle, RollbackOptions } from './network-handle.js';
import {
  parseAlgorithm,
  parseConfig,
  parseNetworkOptions,
  refuseUnordered,
  type ChannelsBetween,
  type CheckedConfig,
  type NetworkConfig,
  type NetworkOptions,
  type ParsedConfig,
} from './options.js';
import { refuseMisfit } from './refuse-misfit.js';
import { SinceCheckpoint } from './since-checkpoint.js';
import type { Network } from './types.js';

/** What a network is built of; tests replace a part by a faulty one and show that the checks notice. */
export interface Parts {
  /** The algorithm where none is asked for. */
  readonly algorithm: Algorithm;
  readonly supervisorMachine: typeof supervisorMachine;
  readonly Channel: typeof Channel;
  readonly Process: typeof Process;
  readonly CleanStack: typeof CleanStack;
}

const defaultParts: Parts = {
  algorithm: chandyLamport,
  supervisorMachine,
  Channel,
  Process,
  CleanStack,
};

/**
 * Creates a network of processes and channels; `start()` starts it.
 *
 * @param config The processes, any XState actor logic unchanged, and the channels between them.
 * @param options A snapshot to go on from, the schedule, the algorithm, and what `createActor` takes: clock, inspect, logger.
 * @throws `invalid-argument` for a bad config or option, and for channels that do not keep order with an algorithm that
 *   needs it; `does-not-fit` when the snapshot is not one of such a network.
 */
export function createNetwork<const TProcesses extends Processes, const TChannels extends ChannelsBetween<TProcesses>>(
  config: CheckedConfig<TProcesses, TChannels>,
  options: NetworkOptions = {},
): Network<TProcesses, TChannels> {
  return createNetworkOf({}, config, options) as unknown as Network<TProcesses, TChannels>;
}

/** {@link createNetwork} with some parts replaced. */
export function createNetworkOf(parts: Partial<Parts>, config: NetworkConfig, options: NetworkOptions = {}): Network {
  return new RunningNetwork(parseConfig(config), parseNetworkOptions(options), {
    ...defaultParts,
    ...parts,
  }) as unknown as Network;
}

/** The network that {@link createNetwork} makes; its class is for the library's own tools. */
export class RunningNetwork implements NetworkHandle {
  readonly isRecoverable = true;
  readonly processes: Readonly<Record<string, StableProcessHandle>>;
  private assembly: Assembly;
  private readonly underWay = new Map<string, SnapshotSupervisor>();
  readonly stack: CleanStack;
  private readonly plan: AssemblyPlan;
  private readonly snapshots = new OrderedSubject<GlobalSnapshot>();
  private readonly trace: Trace;
  private chosenInitiators: readonly string[] | undefined;
  private readonly crashes = new OrderedSubject<Crash>();
  private phase: 'created' | 'started' | 'stopped' = 'created';
  epoch = 0;
  /** There from the first checkpoint on. */
  private sinceCheckpoint: SinceCheckpoint | undefined;

  constructor(
    readonly config: ParsedConfig,
    readonly options: NetworkOptions,
    private readonly parts: Parts,
  ) {
    this.stack = new parts.CleanStack();
    this.trace = new Trace(() => this.time);
    if (options.snapshot !== undefined) refuseMisfit(options.snapshot, config);
    this.plan = this.planAssembly();
    this.assembly = assemble(this.plan, options.snapshot);
    this.processes = Object.fromEntries(
      Array.from(this.members, ([id, process]) => [id, new StableProcessHandle(id, process)]),
    );
  }

  get members(): Assembly['members'] {
    return this.assembly.members;
  }

  get channels(): Assembly['channels'] {
    return this.assembly.channels;
  }

  get clock(): Clock {
    return this.options.clock ?? globalThis;
  }

  get snapshots$(): Observable<GlobalSnapshot> {
    return this.snapshots.asObservable();
  }

  get topology(): ParsedConfig['channels'] {
    return this.config.channels;
  }

  /** Whether it was not started yet. */
  get isFresh(): boolean {
    return this.phase === 'created';
  }

  /** The time of its clock in milliseconds; `NaN` when the clock does not tell. */
  get time(): number {
    return timeOf(this.options.clock) ?? NaN;
  }

  get trace$(): Observable<TraceEvent> {
    return this.trace.events$;
  }

  get crashes$(): Observable<Crash> {
    return this.crashes.asObservable();
  }

  start(): this {
    if (this.phase === 'started') return this;
    if (this.phase === 'stopped') {
      throw new PanoramaError(
        'not-running',
        'Expected a network that was not stopped, got one that was. Create another, from a snapshot if you like.',
      );
    }
    this.phase = 'started';
    for (const process of this.members.values()) process.start();
    return this;
  }

  stop(): void {
    if (this.phase === 'stopped') return;
    this.phase = 'stopped';
    this.abortSnapshots('the network was stopped');
    this.dismantle();
    for (const process of Object.values(this.processes)) process.complete();
    this.crashes.complete();
    this.snapshots.complete();
    this.trace.complete();
  }

  checkpointSaved(snapshotId: string, inputs: InputsSaved = {}): void {
    this.sinceCheckpoint?.noteSaved(snapshotId);
    for (const [id, count] of Object.entries(inputs)) this.processes[id]?.noteSaved(count);
  }

  /** All that can crash is here: nobody else would see to it. */
  coordinatedBy(): void {}

  get missing(): readonly string[] {
    return [];
  }

  rollBack(snapshot: GlobalSnapshot, options: RollbackOptions = {}): Promise<readonly string[]> {
    refuseMisfit(snapshot, this.config);
    return new Promise((resolve, reject) => {
      this.stack.whenClean(() => {
        try {
          // A subscriber may want to go back once more.
          this.stack.within(() => resolve(this.rollBackNow(snapshot, options)));
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  }

  private rollBackNow(snapshot: GlobalSnapshot, { crashed, epoch = 0 }: RollbackOptions): readonly string[] {
    if (this.phase !== 'started') {
      const error = `Expected a running network, got one that is ${this.phase}. To begin with a snapshot, give it to \`createNetwork\`.`;
      throw new PanoramaError('not-running', error);
    }
    this.abortSnapshots(`the network was rolled back to snapshot ${snapshot.id}`);
    const staying = crashed && this.sinceCheckpoint?.staying(snapshot, crashed, this.assembly);
    const next = assemble(this.plan, snapshot, staying);
    this.epoch = Math.max(this.epoch + 1, epoch);
    const goesBack = ([id]: readonly [string, unknown]) => !staying?.members.has(id);
    const back = [...next.members].filter(goesBack);
    this.dismantle(next);
    this.assembly = next;
    this.sinceCheckpoint?.wentBack(snapshot, next, staying);
    const processes = Object.fromEntries(Object.entries(snapshot.processes).filter(goesBack));
    this.trace.tellOf(() => ({
      type: 'network.rolled-back',
      epoch: this.epoch,
      snapshot: { id: snapshot.id, processes, channels: this.inFlight() },
    }));
    for (const [id, process] of back) this.processes[id]!.replace(process);
    for (const [, process] of back) process.start();
    return back.map(([id]) => id);
  }

  private abortSnapshots(why: string): void {
    for (const supervisor of [...this.underWay.values()]) supervisor.abort(why);
  }

  /** Ends what is not in the next assembly. */
  private dismantle(next?: Assembly): void {
    for (const [id, process] of this.members) if (next?.members.get(id) !== process) process.actor.stop();
    for (const [id, channel] of this.channels) if (next?.channels.get(id) !== channel) channel.close();
  }

  /** The messages that are on the channels at this moment, by channel id. */
  inFlight(): Record<string, ChannelState> {
    return Object.fromEntries(Array.from(this.channels, ([id, channel]) => [id, { messages: copyMessages(channel) }]));
  }

  send(id: string, event: never): void {
    const process = Object.hasOwn(this.processes, id) ? this.processes[id] : undefined;
    if (process === undefined) {
      return expected(`a process (${list([...this.members.keys()])}) to send to`, id);
    }
    process.send(event);
  }

  takeSnapshot(options: SnapshotOptions = {}): Promise<GlobalSnapshot> {
    const parsed = parseSnapshotOptions(options, this.members);
    const initiators = this.initiatorsOf(parsed.initiators);
    return beginWhenReady(parsed, {
      clock: this.options.clock,
      whenReady: (task) => this.stack.whenClean(task),
      begin: (options) => this.beginSnapshot(initiators, options),
    });
  }

  takeCheckpoint(options?: SnapshotOptions): Promise<GlobalSnapshot> {
    const { epoch } = this;
    const taking = this.takeSnapshot(options);
    const since = (this.sinceCheckpoint ??= new SinceCheckpoint(this.assembly));
    return taking.then((checkpoint) => {
      if (epoch === this.epoch) since.noteTaken(checkpoint);
      return checkpoint;
    });
  }

  private beginSnapshot(initiators: readonly string[], options: ParsedSnapshotOptions): Promise<GlobalSnapshot> {
    if (this.phase !== 'started') {
      const error = `Expected a running network, got one that is ${this.phase}. Call \`start()\` first, and snapshot before \`stop()\`.`;
      return Promise.reject(new PanoramaError('not-running', error));
    }
    const id = createSnapshotId();
    const supervisor = new SnapshotSupervisor(
      {
        id,
        initiators,
        options,
        processes: [...this.members.keys()],
        stillRecording: () => Array.from(this.members.values(), (process) => process.stillRecording(id)).flat(),
        clock: this.options.clock,
        machine: this.parts.supervisorMachine,
      },
      (outcome) => {
        this.underWay.delete(id);
        for (const process of this.members.values()) process.forget(id);
        const isComplete = 'snapshot' in outcome;
        this.trace.tellOf(
          () =>
            ({
              type: isComplete ? 'snapshot.completed' : 'snapshot.aborted',
              snapshotId: id,
              ...outcome,
            }) as Untimed,
        );
        if (isComplete) this.snapshots.next(outcome.snapshot);
      },
    );
    this.underWay.set(id, supervisor);
    this.trace.tellOf(() => ({ type: 'snapshot.begun', snapshotId: id, initiators }));
    for (const initiator of initiators) this.initiate(this.members.get(initiator)!, supervisor);
    return supervisor.result;
  }

  private planAssembly(): AssemblyPlan {
    const { config, options, parts, stack, trace } = this;
    const algorithm = parseAlgorithm(options.algorithm) ?? parts.algorithm;
    refuseUnordered(algorithm, config);
    return {
      config,
      schedule: options.schedule ?? createDefaultSchedule(),
      program: {
        options,
        algorithm,
        stack,
        trace,
        isProcess: (name) => config.processes.has(name),
        join: ({ snapshotId }) => this.underWay.get(snapshotId),
        onFailed: (process, error) => this.failed(process.id, error),
      },
      Process: (algorithm.Process as typeof Process | undefined) ?? parts.Process,
      Channel: parts.Channel,
    };
  }

  private initiate(process: Process, supervisor: SnapshotSupervisor): void {
    process.whenReady(() => {
      if (this.underWay.has(supervisor.id)) process.initiate(supervisor);
    });
  }

  /** The initiators asked for, if the markers reach everybody from them; or the fewest from which they do. */
  private initiatorsOf(asked: readonly string[] | undefined): readonly string[] {
    const { successors } = this.config;
    this.chosenInitiators ??= chooseInitiators(successors);
    if (asked === undefined) return this.chosenInitiators;
    const reached = reachableFrom(asked, successors);
    const missed = [...successors.keys()].filter((id) => !reached.has(id));
    if (missed.length === 0) return asked;
    throw new PanoramaError(
      'unreachable',
      `Expected \`initiators\` from which channels lead to every process, got [${list(asked)}], from which none lead to ${list(missed)}. These would do: [${list(this.chosenInitiators)}].`,
    );
  }

  /** Reported on a clean stack: a subscriber may want to roll back, for which no process may be in the middle of a step. */
  private failed(process: string, error: unknown): boolean {
    if (!this.crashes.observed) return false;
    this.stack.whenClean(() => this.crashes.next({ process, error, isGone: false }));
    return true;
  }
}
