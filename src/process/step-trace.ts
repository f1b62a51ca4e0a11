import type { AnyActorRef, EventObject } from 'xstate';
import type { Message } from '../channel/envelope.js';
import type { Trace, Untimed } from '../trace.js';
import { addressOf } from './recorded-state.js';
import { isDelayed } from './xstate-internals.js';

/** Tells of one process, step by step: what each step begins with, and the state in which it ends. */
export class StepTrace {
  /** The message with which the next step begins. */
  private arriving: { readonly channel: string; readonly seq: number; readonly event: EventObject } | undefined;

  constructor(
    private readonly process: string,
    private readonly trace: Trace,
  ) {}

  /** Tells something, if anybody watches. */
  tell(create: () => Untimed): void {
    if (this.trace.isWatched) this.trace.tell(create());
  }

  /** A message is about to be handed to the actor. */
  arrives(channel: string, { seq, event }: Message): void {
    if (this.trace.isWatched) this.arriving = { channel, seq, event };
  }

  /** A step begins: with the message that arrives, a timer, or another event; without an event, with the process's start. */
  stepBegins(isStarted: boolean, source?: AnyActorRef, target?: AnyActorRef, event?: EventObject): void {
    if (!this.trace.isWatched) return;
    const { process } = this;
    if (this.arriving !== undefined) this.tellOfArrival();
    else if (target === undefined || event === undefined) {
      if (!isStarted) this.tell(() => ({ type: 'process.started', process }));
    } else if (source !== undefined && isDelayed(event)) {
      this.tell(() => ({ type: 'timer.fired', process, source: addressOf(source), target: addressOf(target), event }));
    } else {
      const ends = { source: source && addressOf(source), target: addressOf(target) };
      this.tell(() => ({ type: 'event.received', process, ...ends, event }));
    }
  }

  stepEnds(actor: AnyActorRef): void {
    this.tell(() => ({ type: 'step.ended', process: this.process, snapshot: actor.getSnapshot() as unknown }));
  }

  /** The actor has ended: it takes the message that arrives, and does nothing more. */
  loses(actor: AnyActorRef): void {
    this.tellOfArrival();
    this.stepEnds(actor);
  }

  private tellOfArrival(): void {
    const { arriving, process } = this;
    this.arriving = undefined;
    if (arriving !== undefined) this.tell(() => ({ type: 'message.received', process, ...arriving }));
  }
}
