/**
 * What processes may send from a state on, at most. Exactly, only a search could tell; this looks at each process by
 * itself, as if it could take what is there for it in any order, and is given up when that comes to too much.
 */
import { PanoramaError } from '../../errors.js';
import { eventInput, isSameSent, timerInput, type LocalEffect } from './local-states.js';
import type { Model, State } from './model.js';

/** Local states looked at for one process, and steps from its present state that are told apart, before it may do anything. */
const MOST_LOCAL_STATES = 64;
const MOST_STEPS = 16;

/** What one process may come to do. */
interface Outlook {
  /** By channel: the events that it may send there, and how many in one step at most. */
  readonly sends: ReadonlyMap<number, { readonly events: ReadonlySet<number>; readonly most: number }>;
  /** Whether it takes steps without being given anything. */
  readonly hasTimers: boolean;
  /** The local states that it may come to. */
  readonly locals: ReadonlySet<number>;
}

/** What a process is given: events, at most so many of them; some from the beginning, others on channels. */
interface Supply {
  readonly given: number;
  readonly from: readonly number[];
  readonly events: Set<number>;
  count: number;
}

/** See the file's head. */
export class Lookahead {
  /** By process: outlooks known; undefined for what is too much. */
  private readonly known: Map<string, Outlook | undefined>[];

  constructor(private readonly model: Model) {
    this.known = model.processIds.map(() => new Map<string, Outlook | undefined>());
  }

  /**
   * Whether some steps of a process can change places with whatever it may be given on some channels before it takes one
   * of them.
   *
   * @param inputs What the steps begin with.
   * @param open Its channels on which what is sent can be taken before what is there.
   */
  commutesWithArrivals(state: State, process: number, inputs: readonly number[], open: readonly number[]): boolean {
    const supplies = new Map<number, Supply>();
    for (const [other, local] of this.model.locals.entries()) {
      if (!local.get(state[other]!).isActive) continue;
      const given = other === process ? [] : this.given(state, other);
      const from = other === process ? open : this.model.incoming[other]!;
      supplies.set(other, { given: given.length, from, events: new Set(given), count: bounded(given.length) });
    }
    const outlooks = new Map<number, Outlook>();
    for (let isNew = true; isNew;) {
      for (const [other, supply] of supplies) {
        if (other === process && supply.count === 0) continue; // its own timers are among the steps
        const outlook = this.outlookOf(other, state[other]!, supply);
        if (outlook === undefined) return false;
        outlooks.set(other, outlook);
      }
      isNew = this.supply(supplies, outlooks);
    }
    const arriving = [...supplies.get(process)!.events];
    if (arriving.length === 0) return true;
    const { hasTimers, locals } = outlooks.get(process)!;
    if (hasTimers) return false;
    return [...locals].every((local) =>
      arriving.every((event) => inputs.every((input) => this.commute(process, local, input, eventInput(event)))),
    );
  }

  /** Whether two inputs of a process come to the same in either order, and what it sends does not tell them apart. */
  private commute(process: number, local: number, one: number, other: number): boolean {
    const locals = this.model.locals[process]!;
    try {
      const first = locals.effect(local, one);
      const second = locals.effect(first.next, other);
      const otherFirst = locals.effect(local, other);
      const oneSecond = locals.effect(otherFirst.next, one);
      return (
        second.next === oneSecond.next &&
        isSameSent(first.sent, oneSecond.sent) &&
        isSameSent(second.sent, otherFirst.sent) &&
        !first.sent.some(({ channel }) => second.sent.some((message) => message.channel === channel))
      );
    } catch (error) {
      if (error instanceof PanoramaError) return false; // perhaps it never comes to that
      throw error;
    }
  }

  /** What is on its channels and in its script. */
  private given(state: State, process: number): number[] {
    const { incoming, contents } = this.model;
    const onChannels = incoming[process]!.flatMap((channel) => contents.messages(this.model.content(state, channel)));
    return [...onChannels, ...this.model.scriptLeft(state, process)];
  }

  /** Gives the processes what they may send each other; returns whether any of it is new. */
  private supply(supplies: ReadonlyMap<number, Supply>, outlooks: ReadonlyMap<number, Outlook>): boolean {
    let isNew = false;
    for (const supply of supplies.values()) {
      let count = supply.given;
      for (const channel of supply.from) {
        const sender = this.model.channels[channel]!.from;
        const sends = outlooks.get(sender)?.sends.get(channel);
        if (sends === undefined) continue;
        const steps = outlooks.get(sender)!.hasTimers ? Infinity : supplies.get(sender)!.count;
        count = bounded(count + steps * sends.most);
        for (const event of sends.events) {
          isNew ||= !supply.events.has(event);
          supply.events.add(event);
        }
      }
      isNew ||= count !== supply.count;
      supply.count = count;
    }
    return isNew;
  }

  private outlookOf(process: number, local: number, { events, count }: Supply): Outlook | undefined {
    const known = this.known[process]!;
    const key = `${local} ${count} ${[...events].sort((a, b) => a - b).join()}`;
    if (!known.has(key)) known.set(key, this.look(process, local, [...events], count));
    return known.get(key);
  }

  /** All local states that it can come to by so many of these events, each as often as one likes. */
  private look(process: number, start: number, events: readonly number[], count: number): Outlook | undefined {
    const locals = this.model.locals[process]!;
    const sends = new Map<number, { events: Set<number>; most: number }>();
    const seen = new Set([start]);
    let hasTimers = false;
    let layer = [start];
    const follow = (effect: LocalEffect, into: number[]) => {
      note(sends, effect);
      if (seen.has(effect.next)) return;
      seen.add(effect.next);
      into.push(effect.next);
    };
    for (let steps = 0; layer.length > 0; steps++) {
      const next: number[] = [];
      for (const local of layer) {
        if (seen.size > MOST_LOCAL_STATES) return undefined;
        try {
          for (const timer of locals.get(local).due.keys()) {
            hasTimers = true;
            follow(locals.effect(local, timerInput(timer)), layer);
          }
          if (steps < count) for (const event of events) follow(locals.effect(local, eventInput(event)), next);
        } catch (error) {
          if (error instanceof PanoramaError) return undefined; // perhaps it never comes to that
          throw error;
        }
      }
      layer = next;
    }
    return { sends, hasTimers, locals: seen };
  }
}

function note(sends: Map<number, { events: Set<number>; most: number }>, { sent }: LocalEffect): void {
  const counts = new Map<number, number>();
  for (const { channel, event } of sent) {
    const known = sends.get(channel) ?? { events: new Set<number>(), most: 0 };
    sends.set(channel, known);
    known.events.add(event);
    counts.set(channel, (counts.get(channel) ?? 0) + 1);
    known.most = Math.max(known.most, counts.get(channel)!);
  }
}

const bounded = (count: number) => (count > MOST_STEPS ? Infinity : count);
