/** What acts as the coordinator's statechart decides. */
import type { Observable, Subscription } from 'rxjs';
import { coordinatorMachine, type CoordinatorEvent } from '../../machines/coordinator.js';
import { checkpoint, loadLatestCheckpoint, type CheckpointedNetwork, type Checkpointing } from '../checkpoint/index.js';
import { wait } from '../clock.js';
import { Decider } from '../decider.js';
import { messageOf } from '../errors.js';
import { PanoramaError, type Crash, type GlobalSnapshot, type NetworkHandle } from '../index.js';
import { OrderedSubject } from '../ordered-subject.js';
import { tabulate } from '../state-table.js';
import type { ParsedSuperviseOptions } from './options.js';
import { Place } from './place.js';
import type { Recovery, RecoveryEvent } from './recovery.js';

/** How often in a lease its holder says that it is there. */
const RENEWALS = 3;

type EventType = CoordinatorEvent['type'];
type Act =
  | 'lookUp'
  | 'lookAgain'
  | 'standBy'
  | 'take'
  | 'lead'
  | 'giveUpPlace'
  | 'takeCheckpoints'
  | 'stopCheckpoints'
  | 'decide'
  | 'gather'
  | 'tellRecovered'
  | 'end';
type StateValue = 'stopped' | 'failed' | 'superseded' | { readonly supervising: unknown };

/** What comes with an event. */
interface Told {
  readonly error?: unknown;
  readonly rollback?: Rollback;
}

/** What was decided. */
interface Rollback {
  readonly snapshot: GlobalSnapshot;
  readonly epoch: number;
  /** Who went back, once they have. */
  readonly processes?: readonly string[];
}

/** What a rollback by choice is blamed on: no process, so all go back. */
const BY_CHOICE = '';

/** A network under supervision. */
export class Coordinator implements Recovery {
  readonly done: Promise<void>;
  private settle!: { resolve(): void; reject(error: unknown): void };
  private readonly decider: Decider<EventType, Act, StateValue, Told>;
  private readonly events = new OrderedSubject<RecoveryEvent>();
  private readonly place: Place;
  private readonly watching: Subscription;
  private isLeading = false;
  private checkpointing: Checkpointing | undefined;
  private whenStopped: Promise<void> = Promise.resolve();
  private stopRenewing: () => void = () => undefined;
  private stopWaiting: () => void = () => undefined;
  /** The crash that was detected last, and when the first one was that is not recovered from. */
  private crash: Crash | undefined;
  private crashedAt = 0;
  /** Those that have crashed since everybody went on last. */
  private readonly lost = new Set<string>();
  /** Those whose programs are to be started anew. */
  private readonly gone = new Map<string, Crash>();
  /** Processes that had left, and were started anew in this recovery: they may take their time. */
  private readonly fetched = new Set<string>();
  /** Recoveries since the last checkpoint. */
  private recoveries = 0;
  /** The rollback under way. */
  private current: Rollback | undefined;

  constructor(
    private readonly network: NetworkHandle,
    private readonly options: ParsedSuperviseOptions,
  ) {
    this.done = new Promise((resolve, reject) => (this.settle = { resolve, reject }));
    this.place = new Place(options.store.register, Object.keys(network.processes).join(', '));
    this.decider = new Decider(() => tabulate(coordinatorMachine), this.acts);
    this.watching = network.crashes$.subscribe({
      next: (crash) => this.detected(crash),
      error: (error: unknown) => this.decide('place.lost', { error }),
    });
    options.signal?.addEventListener('abort', this.end);
    if (options.signal?.aborted) this.end();
    else this.begin();
  }

  private begin(): void {
    // Until it is known that another one does: nobody is to go on meanwhile as if nobody did.
    this.network.coordinatedBy('this');
    this.look();
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

  private readonly end = () => this.decide('supervision.stopped');

  private get now(): number {
    return this.options.clock.now?.() ?? performance.now();
  }

  private decide(type: EventType, told: Told = {}): void {
    this.decider.decide(type, told);
  }

  private readonly acts: Readonly<Record<Act, (told: Told) => void>> = {
    lookUp: () => undefined, // done as it is made, which is its first state
    lookAgain: () => (this.stopWaiting = wait(this.options.leaseMs, () => this.look(), this.options.clock)),
    standBy: () => {
      this.network.coordinatedBy('another');
      this.tell({ type: 'coordinator.standing-by', holder: this.place.holderName });
    },
    take: () => this.take(),
    lead: () => this.lead(),
    giveUpPlace: () => {
      if (!this.isLeading) return;
      this.whenStopped = Promise.all([this.whenStopped, this.place.giveUp().catch(() => false)]).then(() => undefined);
      this.network.coordinatedBy('nobody');
    },
    takeCheckpoints: () => this.takeCheckpoints(),
    stopCheckpoints: () => this.stopCheckpoints(),
    decide: () => this.attempt(() => this.decideOn()),
    gather: ({ rollback }) => this.gather(rollback!),
    tellRecovered: ({ rollback }) => {
      const { epoch, snapshot, processes = [] } = rollback!;
      const tookMs = this.now - this.crashedAt;
      this.stopWaiting();
      this.tell({ type: 'recovery.completed', epoch, snapshotId: snapshot.id, processes, tookMs });
      this.fetched.clear();
      this.lost.clear();
      this.crash = this.current = undefined;
    },
    end: ({ error }) => void this.finish(error),
  };

  private tell(event: RecoveryEvent): void {
    this.events.next(event);
  }

  /** Does something that may take its time; what it throws ends the supervision. */
  private attempt(run: () => Promise<void>): void {
    run().catch((error: unknown) => this.decide('supervision.failed', { error }));
  }

  // The place.

  private look(): void {
    this.attempt(async () => this.decide((await this.place.isVacant()) ? 'place.vacant' : 'place.held'));
  }

  private take(): void {
    const before = this.place.holderName;
    this.attempt(async () => {
      if (!(await this.place.take())) return this.look();
      const isOthers = before !== '' && before !== this.place.holderName;
      if (isOthers)
        this.noteCrash({ process: before, error: new Error('it coordinated, and is quiet'), isGone: false });
      this.decide('place.taken');
    });
  }

  private lead(): void {
    this.isLeading = true;
    this.network.coordinatedBy('this');
    this.tell({ type: 'coordinator.leading' });
    this.renewLater();
    if (this.crash !== undefined) return this.decide('crash.detected');
    this.stopWaiting = wait(this.options.recoverWithinMs, () => this.missOthers(), this.options.clock);
  }

  /** Who went on before with those that are here, and has not come: its program is gone, too. */
  private missOthers(): void {
    const error = new Error(`it has not come in ${this.options.recoverWithinMs} ms`);
    for (const process of this.network.missing) this.crashed(process, error);
  }

  private renewLater(): void {
    this.stopRenewing = wait(this.options.leaseMs / RENEWALS, () => void this.renew(), this.options.clock);
  }

  private async renew(): Promise<void> {
    try {
      if (!(await this.place.renew())) return this.decide('place.lost');
    } catch (error) {
      this.tell({ type: 'coordinator.unrenewed', error });
    }
    if (typeof this.decider.value === 'object') this.renewLater();
  }

  // Crashes.

  private detected(crash: Crash): void {
    if (typeof this.decider.value !== 'object') return;
    this.tell({ type: 'crash.detected', ...crash });
    this.noteCrash(crash);
    this.decide('crash.detected');
  }

  private noteCrash(crash: Crash): void {
    if (this.crash === undefined) this.crashedAt = this.now;
    this.crash = crash;
    this.lost.add(crash.process);
    if (crash.isGone) this.gone.set(crash.process, crash);
  }

  // Checkpoints.

  private takeCheckpoints(): void {
    const { signal: _, ...options } = this.options;
    const { network } = this;
    const checkpointed: CheckpointedNetwork = {
      takeSnapshot: (how) => network.takeCheckpoint(how), // everybody must be able to go back to it
      checkpointSaved: (...what) => network.checkpointSaved(...what),
      get epoch() {
        return network.epoch;
      },
    };
    // Not at once after a recovery: it would hide a crash that repeats itself.
    const atOnce = this.recoveries === 0;
    const checkpointing = checkpoint(checkpointed, { ...options, atOnce });
    this.checkpointing = checkpointing;
    checkpointing.events$.subscribe((event) => {
      if (event.type === 'checkpoint.saved') this.recoveries = 0;
      this.tell(event);
    });
    checkpointing.done.catch((error: unknown) => {
      if (this.checkpointing === checkpointing) this.decide('supervision.failed', { error });
    });
  }

  private stopCheckpoints(): void {
    const stopped = this.checkpointing!.stop();
    this.checkpointing = undefined;
    this.whenStopped = stopped.then(() => this.decide('checkpoints.stopped'));
  }

  // Recovery.

  private async decideOn(): Promise<void> {
    this.stopWaiting();
    this.current = undefined;
    const crash = this.crash!;
    if (++this.recoveries > this.options.tolerateCrashes) throw this.tooMany(crash);
    if (crash.hasLeft && this.options.restart === undefined) throw missing(crash);
    const snapshot = await this.latest(crash);
    const epoch = Math.max(this.place.epoch, this.network.epoch) + 1;
    const rollback = { snapshot, epoch };
    if (await this.place.decide(epoch)) this.decide('decision.written', { rollback });
    else this.decide('place.lost');
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

  private gather({ snapshot, epoch: least }: Rollback): void {
    const back = this.network.rollBack(snapshot, { epoch: least, crashed: [...this.lost] });
    const { epoch } = this.network;
    const rollback: Rollback = (this.current = { snapshot, epoch });
    const isCurrent = () => this.current === rollback;
    this.tell({ type: 'recovery.begun', epoch, snapshotId: snapshot.id });
    back.then(
      (processes) => isCurrent() && this.decide('all.back', { rollback: { ...rollback, processes } }),
      (error: unknown) => isCurrent() && this.decide('supervision.failed', { error }),
    );
    this.attempt(() => this.startAnew(snapshot));
    this.stopWaiting = wait(this.options.recoverWithinMs, () => this.overdue(epoch), this.options.clock);
  }

  private async startAnew(snapshot: GlobalSnapshot): Promise<void> {
    const crashes = [...this.gone.values()].filter(({ process }) => !this.fetched.has(process));
    this.gone.clear();
    for (const { process, hasLeft } of crashes) if (hasLeft) this.fetched.add(process);
    await Promise.all(crashes.map((crash) => this.options.restart?.(crash, snapshot)));
  }

  private overdue(epoch: number): void {
    const { missing } = this.network;
    this.tell({ type: 'recovery.overdue', epoch, missing });
    const error = new Error(`it did not come back to epoch ${epoch} in ${this.options.recoverWithinMs} ms`);
    for (const process of missing) this.noteCrash({ process, error, isGone: true });
    this.decide('recovery.overdue');
  }

  // The end.

  private async finish(error: unknown): Promise<void> {
    this.stopRenewing();
    this.stopWaiting();
    this.current = undefined;
    this.watching.unsubscribe();
    this.options.signal?.removeEventListener('abort', this.end);
    const { value } = this.decider;
    if (value === 'superseded') this.network.coordinatedBy('another');
    await this.whenStopped;
    this.events.complete();
    if (value === 'stopped') this.settle.resolve();
    else this.settle.reject(error ?? this.superseded());
  }

  private superseded(): PanoramaError {
    return new PanoramaError(
      'superseded',
      'Expected the coordinator to hold its place until it ends, got another one that has taken it: this one was cut off from the store, or stood still, for too long. Supervise anew, with the same store, to stand by.',
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
