import type { Observable, Subscription } from 'rxjs';
import {
  checkpoint,
  loadLatestCheckpoint,
  type CheckpointedNetwork,
  type CheckpointEvent,
  type Checkpointing,
} from '../checkpoint/index.js';
import { messageOf } from '../errors.js';
import { PanoramaError, type Crash, type GlobalSnapshot, type NetworkHandle } from '../index.js';
import { OrderedSubject } from '../ordered-subject.js';
import { parseSuperviseOptions, type ParsedSuperviseOptions, type SuperviseOptions } from './options.js';

/** What happens while a network is supervised. */
export type RecoveryEvent =
  | CheckpointEvent
  | ({ readonly type: 'crash.detected' } & Crash)
  /** All processes have been told to go back to this checkpoint. */
  | { readonly type: 'recovery.begun'; readonly epoch: number; readonly snapshotId: string }
  /** All of them go on from it. */
  | {
      readonly type: 'recovery.completed';
      readonly epoch: number;
      readonly snapshotId: string;
      /** From when the crash was detected. */
      readonly tookMs: number;
    };

/** A network under supervision. */
export interface Recovery {
  /** Every checkpoint, crash and recovery. */
  readonly events$: Observable<RecoveryEvent>;
  /** Resolves when it was stopped; rejects with `recovery-failed` or `checkpoint-failed` when it gave up. */
  readonly done: Promise<void>;
  /**
   * Rolls back by choice.
   *
   * @param reason Why; it is told as the error of a crash.
   */
  rollBack(reason: unknown): void;
  /**
   * Tells that the program of a process is gone, where the caller knows sooner or better than its links: at the `exit` of
   * a thread, say.
   */
  crashed(process: string, error: unknown): void;
  /** Ends the supervision; the network goes on without. Resolves when nothing is being written any more. */
  stop(): Promise<void>;
}

/** What a rollback by choice is blamed on. */
const BY_CHOICE = '';

/**
 * Takes checkpoints of a running network, and rolls the whole network back to the latest one when a process crashes: its
 * machine fails, or its thread, page or program is gone. Everything then goes on from that checkpoint, the messages in
 * flight included; what was since is undone in every process alike, so that the recorded global state stays consistent.
 *
 * XState cannot roll an actor back in place: see `process.actor$`, and `process.subscribe`, which survives.
 * What had been done to the outside world is not undone, and will be done again.
 *
 * Everybody in the checkpoint must come back to it. Who has left in order since is started anew by `restart`, like one that
 * crashed; who cannot go back (its checkpoint cannot be loaded) is tried again, `tolerateCrashes` times.
 *
 * @param network A network, or the coordinator's process of one that is spread over programs; started.
 * @param options The store, how often checkpoints are taken, how programs are started anew: {@link SuperviseOptions}.
 * @throws `invalid-argument` for bad options, and for a process that cannot be rolled back.
 */
export function supervise(network: NetworkHandle, options: SuperviseOptions): Recovery {
  return new Coordinator(network, parseSuperviseOptions(network, options));
}

class Coordinator implements Recovery {
  readonly done: Promise<void>;
  private readonly events = new OrderedSubject<RecoveryEvent>();
  private readonly watching: Subscription;
  private checkpointing: Checkpointing;
  /** The crash that waits to be recovered from. */
  private crash: Crash | undefined;
  private isEnding = false;
  private wake: () => void = () => undefined;
  /** Recoveries since the last checkpoint. */
  private recoveries = 0;
  /** Processes that had left, and were started anew in this recovery: they may take their time. */
  private readonly fetched = new Set<string>();

  constructor(
    private readonly network: NetworkHandle,
    private readonly options: ParsedSuperviseOptions,
  ) {
    this.checkpointing = this.takeCheckpoints(true);
    this.watching = network.crashes$.subscribe((crash) => this.detected(crash));
    options.signal?.addEventListener('abort', this.end);
    if (options.signal?.aborted) this.end();
    this.done = this.run().finally(() => {
      this.watching.unsubscribe();
      options.signal?.removeEventListener('abort', this.end);
      this.events.complete();
    });
  }

  get events$(): Observable<RecoveryEvent> {
    return this.events.asObservable();
  }

  rollBack(reason: unknown): void {
    this.detected({ process: BY_CHOICE, error: reason, isGone: false });
  }

  crashed(process: string, error: unknown): void {
    this.detected({ process, error, isGone: true });
  }

  async stop(): Promise<void> {
    this.end();
    await this.done.catch(() => undefined); // `done` reports it
  }

  private readonly end = () => {
    this.isEnding = true;
    this.wake();
  };

  private detected(crash: Crash): void {
    if (this.isEnding) return;
    this.events.next({ type: 'crash.detected', ...crash });
    this.crash = crash;
    this.wake();
  }

  private async run(): Promise<void> {
    for (;;) {
      try {
        await Promise.race([this.disturbed(), this.checkpointing.done]);
      } finally {
        // What is being written is down, or not there, before anybody looks for the latest.
        await this.checkpointing.stop();
      }
      if (this.isEnding) return;
      await this.recover();
      if (this.isEnding) return;
      this.checkpointing = this.takeCheckpoints(false);
    }
  }

  /** Until a process crashes, or it is stopped. */
  private disturbed(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
      if (this.crash !== undefined || this.isEnding) resolve();
    });
  }

  private takeCheckpoints(atOnce: boolean): Checkpointing {
    const { signal: _, ...options } = this.options;
    const { network } = this;
    const checkpointed: CheckpointedNetwork = {
      takeSnapshot: (how) => network.takeCheckpoint(how), // everybody must be able to go back to it
      checkpointSaved: (...what) => network.checkpointSaved(...what),
    };
    const checkpointing = checkpoint(checkpointed, { ...options, atOnce });
    checkpointing.events$.subscribe((event) => {
      if (event.type === 'checkpoint.saved') this.recoveries = 0;
      this.events.next(event);
    });
    return checkpointing;
  }

  /**
   * Rolls back, and again if a process crashes meanwhile, until all go on. The next checkpoint is not taken at once: it would
   * hide a crash that repeats itself.
   */
  private async recover(): Promise<void> {
    const begun = performance.now();
    while (this.crash !== undefined && !this.isEnding) {
      const { crash } = this;
      this.crash = undefined;
      if (++this.recoveries > this.options.tolerateCrashes) throw this.tooMany(crash);
      if (crash.hasLeft && this.options.restart === undefined) throw missing(crash);
      const snapshot = await this.latest(crash);
      const back = this.network.rollBack(snapshot);
      const { epoch } = this.network;
      const rollback = { epoch, snapshotId: snapshot.id };
      this.events.next({ type: 'recovery.begun', ...rollback });
      if (crash.isGone && !this.fetched.has(crash.process)) await this.options.restart?.(crash, snapshot);
      if (crash.hasLeft) this.fetched.add(crash.process);
      await Promise.race([back, this.disturbed()]);
      if (this.crash !== undefined || this.isEnding)
        back.catch(() => undefined); // another one takes its place
      else {
        this.fetched.clear();
        this.events.next({ type: 'recovery.completed', ...rollback, tookMs: performance.now() - begun });
      }
    }
  }

  private async latest(crash: Crash): Promise<GlobalSnapshot> {
    const { snapshot, damaged } = await loadLatestCheckpoint(this.options.store);
    if (snapshot !== undefined) return snapshot;
    const found = damaged.length > 0 ? `${damaged.length} that cannot be read` : 'none';
    throw new PanoramaError(
      'recovery-failed',
      `Expected a checkpoint to roll back to, as ${nameOf(crash)}, got ${found}. Supervise before the traffic begins, and wait for the first \`checkpoint.saved\`.`,
      { cause: crash.error },
    );
  }

  private tooMany(crash: Crash): PanoramaError {
    return new PanoramaError(
      'recovery-failed',
      `Expected the network to come to another checkpoint after a rollback, got ${this.recoveries} crashes in a row from the same one; at last ${nameOf(crash)}. Mend the cause, or raise \`tolerateCrashes\`.`,
      { cause: crash.error },
    );
  }
}

/** What was asked of a process that has left in order. */
function missing({ process, error }: Crash): PanoramaError {
  return new PanoramaError(
    'recovery-failed',
    `Expected process "${process}" to go back with the others, got none: the checkpoint has its state, but it has left in order since then. Give \`restart\`, which starts it anew from the checkpoint; or start it so by hand, with \`snapshot\`, and supervise anew.`,
    { cause: error },
  );
}

function nameOf({ process, error }: Crash): string {
  const why = messageOf(error);
  return process === BY_CHOICE ? `a rollback was asked for (${why})` : `process "${process}" crashed (${why})`;
}
