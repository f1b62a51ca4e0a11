import { Subject, type Observable } from 'rxjs';
import type { Actor, EventFromLogic } from 'xstate';
import { createProcessMachine, supervisorMachine } from '../machines/index.js';
import { Channel } from './channel.js';
import { copyPlain } from './copy.js';
import { describe, PanoramaError } from './errors.js';
import {
  SNAPSHOT_VERSION,
  type ChannelState,
  type GlobalSnapshot,
  type PersistedSnapshotOf,
  type RecordedState,
} from './global-snapshot.js';
import {
  list,
  parseConfig,
  parseEvent,
  parseNetworkOptions,
  parseSnapshotOptions,
  refuseMisfit,
  type CheckedProcess,
  type LogicOf,
  type NetworkConfig,
  type NetworkOptions,
  type ParsedConfig,
  type ParsedSnapshotOptions,
  type ProcessConfig,
  type SnapshotOptions,
  timeOf,
} from './options.js';
import { chartOf } from './process-chart.js';
import { Process } from './process.js';
import { createDefaultSchedule } from './schedule.js';
import { Steps } from './steps.js';
import { createSnapshotId, Supervision } from './supervision.js';
import { chooseInitiators, reachableFrom } from './topology.js';
import { Trace, type TraceEvent, type Untimed } from './trace.js';

type Processes = Record<string, ProcessConfig>;

/** The global snapshot of a network of these processes. */
export type SnapshotOf<TProcesses extends Processes> = GlobalSnapshot<{
  [K in keyof TProcesses & string]: RecordedState<PersistedSnapshotOf<LogicOf<TProcesses[K]>>>;
}>;

/** Processes joined by channels, of which consistent global snapshots can be taken while they run. */
export interface Network<TProcesses extends Processes = Processes> {
  /** The processes, by id. */
  readonly processes: {
    readonly [K in keyof TProcesses & string]: {
      readonly id: K;
      /** The XState root actor. */
      readonly actor: Actor<LogicOf<TProcesses[K]>>;
    };
  };
  /** Which channels lead from which process to which. */
  readonly topology: readonly { readonly id: string; readonly from: string; readonly to: string }[];
  /** The clock of all delays and timeouts. */
  readonly clock: NonNullable<NetworkOptions['clock']>;
  /** Every global snapshot as it completes. */
  readonly snapshots$: Observable<SnapshotOf<TProcesses>>;
  /** What happens in the network, event by event, as long as somebody subscribes; for inspectors, simulations and proofs. */
  readonly trace$: Observable<TraceEvent>;
  /**
   * Starts all actors; messages in flight in a restored snapshot are pending when it returns. No effect when started.
   *
   * @throws `not-running` after `stop`.
   */
  start(): void;
  /** Stops all actors and ends all channels; snapshots under way are given up. */
  stop(): void;
  /**
   * Sends an event from outside to a process; synchronous, as `actor.send`, and no message on any channel.
   *
   * @throws `invalid-argument` for an unknown process, or something that is no event.
   */
  send<K extends keyof TProcesses & string>(id: K, event: EventFromLogic<LogicOf<TProcesses[K]>>): void;
  /**
   * Takes a consistent global snapshot by the Chandy–Lamport algorithm, without pausing anything.
   *
   * Initiators record at once when they are between two steps, else as the step ends.
   *
   * @returns Settles when every process has reported: the recorded global state S*, which can be reached from the state
   *   in which the snapshot began and from which the state in which it ended can be reached (section 4 of the paper).
   *   Rejects with `snapshot-aborted`, naming the channels still recording, on timeout, abort or a passed limit; with
   *   `not-recordable` when something could not be restored; with `not-running` before `start` and after `stop`.
   * @throws `invalid-argument` for bad options, `unreachable` when the markers cannot reach every process.
   */
  takeSnapshot(options?: SnapshotOptions<keyof TProcesses & string>): Promise<SnapshotOf<TProcesses>>;
}

/** What a network is built of; tests replace a part by a faulty one and show that the checks notice. */
export interface Parts {
  readonly createProcessMachine: typeof createProcessMachine;
  readonly supervisorMachine: typeof supervisorMachine;
  readonly Channel: typeof Channel;
  readonly Process: typeof Process;
  readonly Steps: typeof Steps;
}

const defaultParts: Parts = { createProcessMachine, supervisorMachine, Channel, Process, Steps };

/**
 * Creates a network of processes and channels; `start()` starts it.
 *
 * @param config The processes, any XState actor logic unchanged, and the channels between them.
 * @param options A snapshot to go on from, the schedule, and what `createActor` takes: clock, inspect, logger.
 * @throws `invalid-argument` for a bad config or option; `does-not-fit` when the snapshot is not one of such a network.
 */
export function createNetwork<const TProcesses extends Processes>(
  config: NetworkConfig<TProcesses> & {
    readonly processes: { readonly [K in keyof TProcesses]: CheckedProcess<TProcesses[K]> };
  },
  options: NetworkOptions = {},
): Network<TProcesses> {
  return new RunningNetwork(
    parseConfig(config),
    parseNetworkOptions(options),
    defaultParts,
  ) as unknown as Network<TProcesses>;
}

/** {@link createNetwork} with some parts replaced. */
export function createNetworkOf(parts: Partial<Parts>, config: NetworkConfig, options: NetworkOptions = {}): Network {
  return new RunningNetwork(parseConfig(config), parseNetworkOptions(options), {
    ...defaultParts,
    ...parts,
  }) as unknown as Network;
}

/** The network that {@link createNetwork} makes; its class is for the library's own tools. */
export class RunningNetwork {
  readonly processes: Readonly<Record<string, { readonly id: string; readonly actor: Actor<never> }>>;
  readonly members = new Map<string, Process>();
  readonly channels = new Map<string, Channel>();
  private readonly underWay = new Map<string, Supervision>();
  private readonly steps: Steps;
  private readonly snapshots = new Subject<GlobalSnapshot>();
  private readonly trace: Trace;
  private chosenInitiators: readonly string[] | undefined;
  private phase: 'created' | 'started' | 'stopped' = 'created';

  constructor(
    readonly config: ParsedConfig,
    readonly options: NetworkOptions,
    private readonly parts: Parts,
  ) {
    this.steps = new parts.Steps();
    this.trace = new Trace(() => this.time);
    if (options.snapshot !== undefined) refuseMisfit(options.snapshot, config);
    this.createProcesses();
    this.createChannels();
    for (const process of this.members.values()) process.create();
    this.processes = Object.fromEntries(Array.from(this.members, ([id, process]) => [id, publicFace(process)]));
  }

  get clock(): NonNullable<NetworkOptions['clock']> {
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

  start(): void {
    if (this.phase === 'started') return;
    if (this.phase === 'stopped') {
      throw new PanoramaError(
        'not-running',
        'Expected a network that was not stopped, got one that was. Create another, from a snapshot if you like.',
      );
    }
    this.phase = 'started';
    for (const process of this.members.values()) process.start();
  }

  stop(): void {
    if (this.phase === 'stopped') return;
    this.phase = 'stopped';
    for (const supervision of [...this.underWay.values()]) supervision.abort('the network was stopped');
    for (const process of this.members.values()) process.actor.stop();
    for (const channel of this.channels.values()) channel.close();
    this.snapshots.complete();
    this.trace.complete();
  }

  /**
   * The global state of this moment, as only somebody who sees all of the network at once can know it: no algorithm, no
   * marker. For explorers and oracles; on a clean stack only.
   *
   * @param onProcess Is called before each process is captured, by a caller who keeps a clock for each.
   */
  capture(onProcess: (id: string) => void = () => undefined): GlobalSnapshot {
    if (!this.steps.isClean) {
      throw new PanoramaError(
        'not-running',
        'Expected a network between two steps, got a capture from within one of its own actions or subscribers. Capture after `send` or `deliver` has returned.',
      );
    }
    const channels = this.inFlight();
    const messages = Object.values(channels).reduce((sum, channel) => sum + channel.messages.length, 0);
    return {
      version: SNAPSHOT_VERSION,
      id: createSnapshotId(),
      initiators: [],
      processes: Object.fromEntries(
        Array.from(this.members, ([id, process]) => {
          onProcess(id);
          return [id, process.capture()];
        }),
      ),
      channels,
      stats: { markers: 0, messages },
    };
  }

  /** The messages that are on the channels at this moment, by channel id. */
  inFlight(): Record<string, ChannelState> {
    const states = [...this.channels].map(([id, channel]) => {
      const messages = channel.messages.map(({ seq, event }) => ({
        seq,
        event: copyPlain(event, `message ${seq} on channel "${id}"`),
      }));
      return [id, { messages }] as const;
    });
    return Object.fromEntries(states);
  }

  send(id: string, event: never): void {
    const process = this.members.get(id);
    if (process === undefined) {
      throw new PanoramaError(
        'invalid-argument',
        `Expected a process (${list([...this.members.keys()])}) to send to, got ${describe(id)}.`,
      );
    }
    process.actor.send(parseEvent(event));
  }

  takeSnapshot(options: SnapshotOptions = {}): Promise<GlobalSnapshot> {
    const parsed = parseSnapshotOptions(options, this.members);
    const initiators = this.initiatorsOf(parsed.initiators);
    return new Promise((resolve, reject) => {
      this.steps.whenClean(() => void this.beginSnapshot(initiators, parsed).then(resolve, reject));
    });
  }

  private beginSnapshot(initiators: readonly string[], options: ParsedSnapshotOptions): Promise<GlobalSnapshot> {
    if (this.phase !== 'started') {
      const error = `Expected a running network, got one that is ${this.phase}. Call \`start()\` first, and snapshot before \`stop()\`.`;
      return Promise.reject(new PanoramaError('not-running', error));
    }
    if (options.signal?.aborted) {
      const error = 'Expected a `signal` that has not aborted yet, got one that has. No snapshot was begun.';
      return Promise.reject(new PanoramaError('snapshot-aborted', error, { cause: options.signal.reason }));
    }
    const id = createSnapshotId();
    const supervision = new Supervision(
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
        this.tellOf(
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
    this.underWay.set(id, supervision);
    this.tellOf(() => ({ type: 'snapshot.begun', snapshotId: id, initiators }));
    for (const initiator of initiators) this.initiate(this.members.get(initiator)!, supervision);
    return supervision.result;
  }

  private tellOf(create: () => Untimed): void {
    if (this.trace.isWatched) this.trace.tell(create());
  }

  private initiate(process: Process, supervision: Supervision): void {
    process.whenReady(() => {
      if (this.underWay.has(supervision.id)) process.initiate(supervision);
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

  private createProcesses(): void {
    const chart = chartOf(this.parts.createProcessMachine);
    for (const [id, { logic, input }] of this.config.processes) {
      const process = new this.parts.Process({
        id,
        logic,
        input,
        restoreFrom: this.options.snapshot?.processes[id],
        options: this.options,
        chart,
        steps: this.steps,
        trace: this.trace,
        isProcess: (name) => this.config.processes.has(name),
        join: ({ snapshotId }) => this.underWay.get(snapshotId),
      });
      this.members.set(id, process);
    }
  }

  private createChannels(): void {
    const { snapshot, schedule = createDefaultSchedule() } = this.options;
    for (const { id, from, to } of this.config.channels) {
      const sender = this.members.get(from)!;
      const receiver = this.members.get(to)!;
      const channel = new this.parts.Channel(id, schedule, receiver);
      this.channels.set(id, channel);
      sender.connectTo(to, channel, snapshot?.processes[from]!.sent[id]!.count ?? 0);
      receiver.connectFrom(channel, snapshot?.processes[to]!.received[id]!.count ?? 0);
      // Before any actor exists, so that nothing of theirs overtakes what was in flight.
      for (const { seq, event } of snapshot?.channels[id]!.messages ?? []) {
        channel.send({ type: 'message', seq, event: copyPlain(event, `message ${seq} on channel "${id}"`) });
      }
    }
  }
}

function publicFace(process: Process): { readonly id: string; readonly actor: Actor<never> } {
  return {
    id: process.id,
    get actor() {
      return process.actor as unknown as Actor<never>;
    },
  };
}
