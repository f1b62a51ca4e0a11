import type { EventObject } from 'xstate';
import { PanoramaError } from '../../errors.js';
import type { RecordedState, RecordedTimer } from '../../global-snapshot.js';
import { brief } from '../../text.js';
import { canonicalText } from '../canonical.js';
import type { Cell, Effect, Input } from '../cell.js';
import { freeze, Interner } from './interner.js';

/** A state of one process. */
export interface LocalState {
  /** With all counters at 0: they grow without end, and no process can see its own. */
  readonly recorded: RecordedState;
  readonly isActive: boolean;
  /** The timers that may fire: the earliest due, all of them when there are several. */
  readonly due: readonly RecordedTimer[];
}

/** What a step comes to, in numbers. */
export interface LocalEffect {
  readonly next: number;
  readonly sent: readonly { readonly channel: number; readonly event: number }[];
}

/** What a step begins with, as a number: an event, however it came in, or one of the state's due timers. */
export const eventInput = (event: number) => event * 2;
/** See {@link eventInput}. */
export const timerInput = (timer: number) => timer * 2 + 1;

/** The states of one process and its steps between them, each taken once: a step is a function of state and input. */
export class LocalStates {
  private readonly states = new Interner<LocalState>();
  private readonly effects: Map<number, LocalEffect>[] = [];
  /** Every step taken, as state and input. */
  private readonly taken: (readonly [state: number, input: number])[] = [];
  private nextCheck = 0;

  constructor(
    private readonly cell: Cell,
    private readonly events: Interner<EventObject>,
    private readonly channelNumbers: ReadonlyMap<string, number>,
  ) {}

  get(state: number): LocalState {
    return this.states.get(state);
  }

  /** Starts the process afresh. */
  start(): LocalEffect {
    const effect = this.number(this.cell.start());
    if (!isSame(effect, this.number(this.cell.start()))) this.refuse('its start');
    return effect;
  }

  /** The number of a state. */
  numberOf(recorded: RecordedState): number {
    const { snapshot, timers } = recorded;
    return this.states.intern(canonicalText([snapshot, timers]), () => ({
      recorded: freeze({ snapshot, timers, sent: zeros(recorded.sent), received: zeros(recorded.received) }),
      isActive: snapshot.status === 'active',
      due: timers.filter(({ delay }) => delay === timers[0]!.delay),
    }));
  }

  /** The step from a state with an input. */
  effect(state: number, input: number): LocalEffect {
    const known = (this.effects[state] ??= new Map<number, LocalEffect>());
    let effect = known.get(input);
    if (effect === undefined) {
      known.set(input, (effect = this.take(state, input)));
      this.taken.push([state, input]);
    }
    return effect;
  }

  /**
   * Takes some of the steps again: what comes to something else the second time depends on more than state and input.
   *
   * @throws `not-replayable`, naming the process and what came in.
   */
  check(steps: number): void {
    for (let n = 0; n < Math.min(steps, this.taken.length); n++) {
      const [state, input] = this.taken[this.nextCheck++ % this.taken.length]!;
      if (!isSame(this.effect(state, input), this.take(state, input))) this.refuse(this.nameOf(state, input));
    }
  }

  /** The event or timer of an input. */
  inputOf(state: number, input: number): Input {
    return input % 2 === 0
      ? { type: 'event', event: this.events.get(input / 2) }
      : { type: 'timer', timer: this.get(state).due[(input - 1) / 2]! };
  }

  private take(state: number, input: number): LocalEffect {
    try {
      return this.number(this.cell.step(this.get(state).recorded, this.inputOf(state, input)));
    } catch (error) {
      if (!(error instanceof PanoramaError)) throw error;
      const message = `${error.message} (Process "${this.cell.id}" took ${this.nameOf(state, input)}.)`;
      throw new PanoramaError(error.code, message, { cause: error });
    }
  }

  private number({ state, sent }: Effect): LocalEffect {
    return {
      next: this.numberOf(state),
      sent: sent.map(({ channel, event }) => ({
        channel: this.channelNumbers.get(channel)!,
        event: numberOfEvent(this.events, event),
      })),
    };
  }

  private nameOf(state: number, input: number): string {
    const arriving = this.inputOf(state, input);
    const { event } = arriving.type === 'timer' ? arriving.timer : arriving;
    return brief(event);
  }

  private refuse(what: string): never {
    throw new PanoramaError(
      'not-replayable',
      `Expected process "${this.cell.id}" to do the same whenever it takes the same event in the same state, got something else the second time at ${what}. Logic that asks the time or a random generator, or keeps something outside its context, cannot be explored: give it what it needs by its input or its events.`,
    );
  }
}

/** The number of an event. */
export function numberOfEvent(events: Interner<EventObject>, event: EventObject): number {
  return events.intern(canonicalText(event), () => freeze(event));
}

/** Whether the same is sent on the same channels in the same order. */
export function isSameSent(a: LocalEffect['sent'], b: LocalEffect['sent']): boolean {
  const isSame = ({ channel, event }: LocalEffect['sent'][number], index: number) =>
    channel === b[index]!.channel && event === b[index]!.event;
  return a.length === b.length && a.every(isSame);
}

function isSame(a: LocalEffect, b: LocalEffect): boolean {
  return a.next === b.next && isSameSent(a.sent, b.sent);
}

const zeros = (counters: RecordedState['sent']) =>
  Object.fromEntries(Object.keys(counters).map((channel) => [channel, { count: 0 }]));
