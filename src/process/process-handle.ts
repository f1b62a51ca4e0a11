import { BehaviorSubject, type Observable, type Subscription } from 'rxjs';
import type { Actor, AnyActorLogic, EventFromLogic, EventObject, SnapshotFrom } from 'xstate';
import { parseEvent } from '../checks.js';

/** A process as its owner sees it. XState cannot put an actor back in place: after a rollback another one is in its stead. */
export interface ProcessHandle<TLogic extends AnyActorLogic = AnyActorLogic, TId extends string = string> {
  readonly id: TId;
  /** The XState root actor of this moment. */
  readonly actor: Actor<TLogic>;
  /** The root actor, and after each rollback the one that replaces it, before that starts. */
  readonly actor$: Observable<Actor<TLogic>>;
  /** Calls back with each snapshot, as the actor's `subscribe` does, whatever actor it is at the time. */
  subscribe(next: (snapshot: SnapshotFrom<TLogic>) => void): { unsubscribe(): void };
  /**
   * Sends an event from outside to whatever actor it is at the time; synchronous, as `actor.send`.
   *
   * @throws `invalid-argument` for something that is no event.
   */
  send(event: EventFromLogic<TLogic>): void;
  /** How many events {@link ProcessHandle.sendInput} has handed over, by the state that the process is in: recorded with it. */
  readonly inputs: number;
  /**
   * Sends the next event of a log of outside events, and counts it in the recorded state: after a rollback, the log is
   * read on from there. See `logInputs` of `xstate-panorama/recovery`.
   */
  sendInput(event: EventFromLogic<TLogic>): void;
  /** How many inputs are in every checkpoint that is kept, from 0 on: no rollback goes back past them. */
  readonly inputsSaved$: Observable<number>;
}

/** A process, as far as its face is concerned. */
interface ActorHolder {
  readonly actor: Actor<AnyActorLogic>;
  readonly inputs: number;
  send(event: EventObject): void;
  sendInput(event: EventObject): void;
}

/** What stays of a process when its actor is replaced. Most are never watched: what is told is made for who asks. */
export class StableProcessHandle {
  private actors: BehaviorSubject<Actor<AnyActorLogic>> | undefined;
  private inputsSaved: BehaviorSubject<number> | undefined;
  private isComplete = false;

  constructor(
    readonly id: string,
    private process: ActorHolder,
  ) {}

  get actor(): Actor<AnyActorLogic> {
    return this.process.actor;
  }

  get actor$(): Observable<Actor<AnyActorLogic>> {
    this.actors ??= this.begin(this.actor);
    return this.actors.asObservable();
  }

  /** @param process One whose actor was not started yet: a subscriber misses nothing of it. */
  replace(process: ActorHolder): void {
    this.process = process;
    this.actors?.next(process.actor);
  }

  subscribe(next: (snapshot: never) => void): { unsubscribe(): void } {
    let current: { unsubscribe(): void } | undefined;
    const outer: Subscription = this.actor$.subscribe((actor) => {
      current?.unsubscribe();
      current = actor.subscribe(next as (snapshot: unknown) => void);
    });
    return {
      unsubscribe() {
        outer.unsubscribe();
        current?.unsubscribe();
      },
    };
  }

  send(event: never): void {
    this.process.send(parseEvent(event));
  }

  get inputs(): number {
    return this.process.inputs;
  }

  sendInput(event: never): void {
    this.process.sendInput(parseEvent(event));
  }

  get inputsSaved$(): Observable<number> {
    this.inputsSaved ??= this.begin(0);
    return this.inputsSaved.asObservable();
  }

  /** @param count How many inputs are in every checkpoint that is kept. */
  noteSaved(count: number): void {
    this.inputsSaved ??= this.begin(0);
    if (count > this.inputsSaved.value) this.inputsSaved.next(count);
  }

  complete(): void {
    this.isComplete = true;
    this.inputsSaved?.complete();
    this.actors?.complete();
  }

  private begin<T>(value: T): BehaviorSubject<T> {
    const values = new BehaviorSubject(value);
    if (this.isComplete) values.complete();
    return values;
  }
}
