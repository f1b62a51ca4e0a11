/** What happened in a network, event by event: for inspectors, simulations and proofs. */
import type { Observable } from 'rxjs';
import type { EventObject } from 'xstate';
import type { PanoramaError } from './errors.js';
import type { ActorAddress, GlobalSnapshot, RecordedState } from './global-snapshot.js';
import { OrderedSubject } from './ordered-subject.js';

/** What every trace event has. */
interface Traced {
  /** When, in milliseconds of the network's clock; `NaN` when the clock does not tell. */
  readonly time: number;
}

interface OfProcess extends Traced {
  /** The process in which it happened. */
  readonly process: string;
}

interface OfChannel extends OfProcess {
  /** The channel's id, `from->to`. */
  readonly channel: string;
}

/**
 * One thing that happened.
 *
 * A *step* of a process begins with `process.started`, `process.stopped`, `message.received`, `event.received` or
 * `timer.fired`, goes on with what it sends, and ends with `step.ended`. The order of a process's events is the order in which they happened there; a
 * message's `channel` and `seq` join its two ends.
 */
export type TraceEvent =
  | (OfProcess & { readonly type: 'process.started' })
  | (OfProcess & { readonly type: 'process.stopped' })
  | (OfChannel & { readonly type: 'message.sent'; readonly seq: number; readonly event: EventObject })
  | (OfChannel & { readonly type: 'message.received'; readonly seq: number; readonly event: EventObject })
  /** An event that is no message: from a promise or the like of the process, or without a source from outside. */
  | (OfProcess & {
      readonly type: 'event.received';
      readonly source: ActorAddress | undefined;
      readonly target: ActorAddress;
      readonly event: EventObject;
    })
  | (OfProcess & {
      readonly type: 'timer.fired';
      readonly source: ActorAddress;
      readonly target: ActorAddress;
      readonly event: EventObject;
    })
  /** The process is between two steps again. The root actor's snapshot is XState's own, live and immutable. */
  | (OfProcess & { readonly type: 'step.ended'; readonly snapshot: unknown })
  | (OfProcess & { readonly type: 'state.recorded'; readonly snapshotId: string; readonly state: RecordedState })
  | (OfChannel & { readonly type: 'marker.sent'; readonly snapshotId: string })
  | (OfChannel & { readonly type: 'marker.received'; readonly snapshotId: string })
  /** A control message of an algorithm without markers. */
  | (OfChannel & { readonly type: 'control.sent'; readonly snapshotId: string })
  | (OfChannel & { readonly type: 'control.received'; readonly snapshotId: string })
  /** The receiver's region of the channel went to recording, or to done. */
  | (OfChannel & { readonly type: 'channel.recording'; readonly snapshotId: string })
  | (OfChannel & { readonly type: 'channel.done'; readonly snapshotId: string })
  /** The process, which is alone in its program, has other channels now: these, by id. */
  | (OfProcess & { readonly type: 'topology.changed'; readonly channels: readonly string[] })
  | (Traced & {
      readonly type: 'snapshot.begun';
      readonly snapshotId: string;
      readonly initiators: readonly string[];
    })
  | (Traced & { readonly type: 'snapshot.completed'; readonly snapshotId: string; readonly snapshot: GlobalSnapshot })
  | (Traced & { readonly type: 'snapshot.aborted'; readonly snapshotId: string; readonly error: PanoramaError })
  /** All that was since the snapshot is undone: other actors, which start now, go on from it, and channels count from it. */
  | (Traced & {
      readonly type: 'network.rolled-back';
      /** Which rollback it is: 1 for the first. */
      readonly epoch: number;
      /** Of a process alone in its program: its own part. */
      readonly snapshot: Pick<GlobalSnapshot, 'id' | 'processes' | 'channels'>;
    });

/** A trace event before it is stamped with the time. */
export type Untimed<T = TraceEvent> = T extends TraceEvent ? Omit<T, 'time'> : never;

/** Tells the watchers of a network what happens in it; without any it costs a check. */
export class Trace {
  private readonly subject = new OrderedSubject<TraceEvent>();
  private readonly held: TraceEvent[] = [];
  private holders = 0;

  /** @param now The time of the network's clock in milliseconds. */
  constructor(private readonly now: () => number) {}

  get events$(): Observable<TraceEvent> {
    return this.subject.asObservable();
  }

  /** Whether anybody watches. */
  get isWatched(): boolean {
    return this.subject.observed;
  }

  /** @param event Made for this call: it is stamped, not copied. */
  tell(event: Untimed): void {
    const timed = event as TraceEvent & { time: number };
    timed.time = this.now();
    if (this.holders > 0) this.held.push(timed);
    else this.subject.next(timed);
  }

  /** Tells what is made for the call, if anybody watches. */
  tellOf(create: () => Untimed): void {
    if (this.isWatched) this.tell(create());
  }

  /** Does something that no watcher may come in between of, such as *record + markers*; tells of it when it is over. */
  indivisibly(run: () => void): void {
    this.holders++;
    try {
      run();
    } finally {
      this.holders--;
      while (this.holders === 0 && this.held.length > 0) this.subject.next(this.held.shift()!);
    }
  }

  complete(): void {
    this.subject.complete();
  }
}
