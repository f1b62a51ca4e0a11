import type { AnyActorLogic, EventFromLogic } from 'xstate';
import { expected } from '../checks.js';
import { wait } from '../clock.js';
import { isPanoramaError, PanoramaError } from '../errors.js';
import type { Clock, GlobalSnapshot, ProcessHandle, RecordedState } from '../index.js';
import { superseded, type InputStore } from './input-store.js';

/** The events from outside of one process, logged. */
export interface InputLog<TLogic extends AnyActorLogic = AnyActorLogic> {
  /**
   * Logs an event, and hands it to the process after all those before it. From when it resolves, the event counts once in
   * the state of the process, whatever crashes; while it has not, the event may have been logged, or not.
   *
   * @throws What the store throws when it cannot put it down; `superseded` once another life has taken the log over, which
   *   ends this one.
   */
  send(event: EventFromLogic<TLogic>): Promise<void>;
  /**
   * Removes the events that a snapshot has: all those that are taken in its recorded state. Use the oldest snapshot
   * that may still be gone back to. Under `supervise` it is done by itself, for the checkpoints that its store has.
   */
  trim(snapshot: GlobalSnapshot<Record<string, RecordedState<unknown>>>): Promise<void>;
  /**
   * Resolves when it was stopped; rejects when the log could not be read, or does not reach back far enough, and with
   * `superseded` when another life of the process has taken it over: no event is handed over from then on. A process alone
   * in its program, started anew, has a minute to go back to where its log begins.
   */
  readonly done: Promise<void>;
  /** Ends it: events are not handed over any more. */
  stop(): void;
}

/** How a log is set up. */
export interface InputLogOptions {
  /** Each process has its own. */
  readonly store: InputStore;
  /** The clock of what is waited for; default: the real one. */
  readonly clock?: Clock | undefined;
}

/** Events that are read at once. */
const BATCH = 256;
/** How long a process that was started anew may take to go back to where its log begins, in milliseconds. */
const BACK_MS = 60_000;

/**
 * Logs the events that reach a process from outside, so that none is lost and none is applied twice to its state when it
 * goes back to a checkpoint: how many it has taken is part of its recorded state, and the log is read on from there. Once
 * an event is in every checkpoint that `supervise` has in its store, the log forgets it.
 *
 * What the events make the process do to the outside world is done again.
 *
 * @param process `network.processes.x`, or a process alone in its program; it may go on from a snapshot.
 * @param options The store, of which each process has its own: `createMemoryInputStore`, `createFileInputStore`,
 *   `createIndexedDbInputStore`.
 * @throws `invalid-argument` for bad options.
 */
export function logInputs<TLogic extends AnyActorLogic>(
  process: ProcessHandle<TLogic>,
  options: InputLogOptions,
): InputLog<TLogic> {
  if (typeof (process as Partial<ProcessHandle> | undefined)?.sendInput !== 'function') {
    expected('a process, such as `network.processes.x`', process);
  }
  const { store, clock = globalThis as unknown as Clock } = options;
  for (const method of ['append', 'readAfter', 'trim'] as const) {
    if (typeof (store as Partial<InputStore> | undefined)?.[method] !== 'function') {
      expected(
        '`store` to be a store of inputs (createMemoryInputStore, createFileInputStore, createIndexedDbInputStore)',
        store,
      );
    }
  }
  return new Log(process as unknown as ProcessHandle, store, clock) as InputLog<TLogic>;
}

class Log implements InputLog {
  readonly done: Promise<void>;
  private end!: (error?: Error) => void;
  private isOver = false;
  /** Why it ended, unless it was stopped. */
  private failure: Error | undefined;
  private isReading = false;
  private isMore = false;
  private actor: unknown;
  private taken = 0;
  private watching: readonly { unsubscribe(): void }[] = [];
  private stopWaiting: (() => void) | undefined;

  constructor(
    private readonly process: ProcessHandle,
    private readonly store: InputStore,
    private readonly clock: Clock,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.end = (error) => (error === undefined ? resolve() : reject(error));
    });
    // The first one, and the one in its place after a rollback.
    const reading = process.actor$.subscribe({ next: () => this.read(), complete: () => this.processEnded() });
    // What could not be removed takes up some room until the next time; nothing else depends on it.
    const trimming = process.inputsSaved$.subscribe((count) => {
      if (count > 0) this.trimTo(count).catch(() => undefined);
    });
    this.watching = [reading, trimming];
    if (this.isOver) this.unwatch(); // it had been stopped before
  }

  async send(event: never): Promise<void> {
    if (isSuperseded(this.failure)) throw this.failure;
    if (this.isOver) {
      throw new PanoramaError('not-running', 'Expected a running log of inputs, got one that has ended. Make another.');
    }
    await this.own(this.store.append(event));
    this.read();
  }

  async trim(snapshot: GlobalSnapshot): Promise<void> {
    const state = snapshot.processes[this.process.id];
    if (state === undefined) expected(`a snapshot with process "${this.process.id}"`, snapshot);
    await this.trimTo(state.inputs ?? 0);
  }

  private trimTo(count: number): Promise<void> {
    return this.own(this.store.trim(count));
  }

  /** What the store does, as long as the log is this life's own; then it ends. */
  private async own<T>(doing: Promise<T>): Promise<T> {
    try {
      return await doing;
    } catch (error) {
      if (isSuperseded(error)) this.finish(error);
      throw error;
    }
  }

  stop(): void {
    this.finish(undefined);
  }

  private processEnded(): void {
    const isSuperseded = (this.process as { readonly standpoint?: string }).standpoint === 'superseded';
    this.finish(isSuperseded ? superseded(this.process.id) : undefined);
  }

  private finish(error: Error | undefined): void {
    if (this.isOver) return;
    this.isOver = true;
    this.failure = error;
    this.unwatch();
    this.end(error);
  }

  private unwatch(): void {
    this.stopWaiting?.();
    for (const watching of this.watching) watching.unsubscribe();
  }

  /** Reads on, once at a time. */
  private read(): void {
    this.isMore = true;
    if (this.isReading) return;
    this.isReading = true;
    this.readOn().catch((error: unknown) => this.finish(error as Error));
  }

  private async readOn(): Promise<void> {
    try {
      while (this.isMore && !this.isOver) {
        const from = this.position();
        const { actor } = this;
        const logged = await this.store.readAfter(from, BATCH);
        this.isMore = logged.length === BATCH;
        for (const { seq, event } of logged) {
          if (this.isOver) return;
          // It was rolled back meanwhile: the log is read from where it is now.
          if (this.process.actor !== actor) {
            this.isMore = true;
            break;
          }
          if (seq !== this.taken + 1) return this.lack(gap(this.process.id, this.taken + 1, seq));
          this.taken = seq;
          this.process.sendInput(event as never);
        }
      }
    } finally {
      this.isReading = false;
    }
  }

  /** A program that was started anew has the state that its log goes on from only when it has met the others. */
  private lack(error: PanoramaError): void {
    const isAlone = 'standpoint' in this.process;
    if (!isAlone) throw error;
    this.stopWaiting ??= wait(BACK_MS, () => this.finish(error), this.clock);
  }

  /** How many the process has been handed: of what it may take a little later, when it stands still, too. */
  private position(): number {
    if (this.process.actor !== this.actor) {
      this.taken = this.process.inputs;
      this.stopWaiting?.();
      this.stopWaiting = undefined;
    }
    this.actor = this.process.actor;
    return this.taken;
  }
}

const isSuperseded = (error: unknown): error is PanoramaError => isPanoramaError(error) && error.code === 'superseded';

function gap(id: string, expected: number, got: number): PanoramaError {
  return new PanoramaError(
    'recovery-failed',
    `Expected the log of process "${id}" to have input ${expected}, which its state has not taken, got ${got} as the next one. It was trimmed further than to the oldest checkpoint, or is that of another process.`,
  );
}
