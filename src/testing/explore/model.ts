/** A network as a graph: its global states, and the steps that lead from each to others. */
import type { EventObject } from 'xstate';
import type { GlobalSnapshot } from '../../global-snapshot.js';
import type { ParsedConfig } from '../../network/options.js';
import { copyPlain } from '../../process/copy-plain.js';
import { createCell, type Effect, type Input } from '../cell.js';
import { Contents } from './contents.js';
import { Interner } from './interner.js';
import { eventInput, LocalStates, numberOfEvent, timerInput, type LocalEffect } from './local-states.js';
import type { ParsedTraffic } from './options.js';
import { viewOf } from './view.js';

/**
 * A global state as numbers: the state of each process, then the content of each channel, then how many of its outside
 * events each process has had.
 */
export type State = Int32Array;

/**
 * A step as a number: where it comes from (a channel, the outside of a process, the timers of a process) and which of
 * several it is (the event from outside, the timer, the message where no order is kept).
 */
export type StepCode = number;

/** A step, and what it comes to, for people and for replays. */
export interface TakenStep {
  readonly process: string;
  readonly input: Input;
  readonly sent: Effect['sent'];
}

/** See the file's head. */
export class Model {
  readonly processIds: readonly string[];
  readonly channels: readonly {
    readonly id: string;
    readonly from: number;
    readonly to: number;
    readonly fifo: boolean;
  }[];
  /** By process: the channels that lead to it. */
  readonly incoming: readonly (readonly number[])[];
  /** By process: the channels that lead from it. */
  readonly outgoing: readonly (readonly number[])[];
  readonly width: number;
  readonly locals: readonly LocalStates[];
  readonly contents = new Contents();
  readonly events = new Interner<EventObject>();
  /** Where steps can come from. */
  private readonly sources: number;
  /** By process: the events from outside, in their order. */
  private readonly script: readonly (readonly number[])[];

  constructor(
    private readonly config: ParsedConfig,
    private readonly traffic: ParsedTraffic,
  ) {
    this.processIds = [...config.processes.keys()];
    const numbers = new Map(this.processIds.map((id, number) => [id, number]));
    this.channels = config.channels.map(({ id, from, to, fifo }) => ({
      ...{ id, fifo },
      ...{ from: numbers.get(from)!, to: numbers.get(to)! },
    }));
    const channelNumbers = new Map(this.channels.map(({ id }, number) => [id, number]));
    const all = [...this.channels.keys()];
    this.incoming = this.processIds.map((_, process) =>
      all.filter((channel) => this.channels[channel]!.to === process),
    );
    this.outgoing = this.processIds.map((_, process) =>
      all.filter((channel) => this.channels[channel]!.from === process),
    );
    this.locals = this.processIds.map((id) => new LocalStates(createCell(config, id), this.events, channelNumbers));
    this.width = 2 * this.processIds.length + this.channels.length;
    this.sources = this.width;
    this.script = this.processIds.map((id) =>
      (traffic.script.get(id) ?? []).map((event) => numberOfEvent(this.events, event)),
    );
  }

  /** The global state in which all processes have started; or that of a snapshot. */
  initial(snapshot: GlobalSnapshot | undefined): { readonly state: State; readonly starts: readonly TakenStep[] } {
    const state = new Int32Array(this.width);
    return { state, starts: snapshot === undefined ? this.start(state) : this.restore(state, snapshot) };
  }

  /** The content of a channel. */
  content(state: State, channel: number): number {
    return state[this.processIds.length + channel]!;
  }

  /** The events from outside that a process has not had yet. */
  scriptLeft(state: State, process: number): readonly number[] {
    return this.script[process]!.slice(state[this.processIds.length + this.channels.length + process]!);
  }

  /** The steps that can be taken in a state. */
  stepsOf(state: State): StepCode[] {
    const steps = this.ownStepsOf(state);
    return this.traffic.choose === undefined ? steps : [...steps, ...this.chosen(state, this.traffic.choose)];
  }

  private ownStepsOf(state: State): StepCode[] {
    const steps: StepCode[] = [];
    const processes = this.processIds.length;
    const channels = this.channels.length;
    for (let channel = 0; channel < channels; channel++) {
      if (state[processes + channel] !== 0) this.addDeliveries(steps, state, channel);
    }
    for (let process = 0; process < processes; process++) {
      const next = this.script[process]![state[processes + channels + process]!];
      if (next !== undefined) steps.push(channels + process + this.sources * next);
      const { due } = this.locals[process]!.get(state[process]!);
      for (let timer = 0; timer < due.length; timer++) steps.push(this.timersOf(process) + this.sources * timer);
    }
    return steps;
  }

  /**
   * What waits in a state and may not wait for ever, in numbers of its own: the head of a channel, or each kind of message
   * where no order is kept; a process with an event to come from outside, or with a timer due. What a function of the
   * state gives as outside events need never come.
   */
  waitingIn(state: State): ReadonlySet<number> {
    return new Set(this.ownStepsOf(state).map((step) => this.awaited(state, step)));
  }

  /**
   * Which of what waits a step puts an end to. A timer's process need but take any step: messages that come again and
   * again may put the timer off for ever.
   */
  endedBy(state: State, step: StepCode): readonly number[] {
    return [this.awaited(state, step), this.timersOf(this.processOf(step))];
  }

  private awaited(state: State, step: StepCode): number {
    const source = step % this.sources;
    const channel = this.channels[source];
    if (channel === undefined || channel.fifo) return source;
    const event = this.contents.messages(this.content(state, source))[(step - source) / this.sources]!;
    return source + this.sources * (1 + event);
  }

  /** Where the timers of a process are among the sources of steps. */
  private timersOf(process: number): number {
    return this.channels.length + this.processIds.length + process;
  }

  /** The oldest message where order is kept, else one of each kind. */
  private addDeliveries(steps: StepCode[], state: State, channel: number): void {
    steps.push(channel);
    if (this.channels[channel]!.fifo) return;
    const messages = this.contents.messages(this.content(state, channel));
    for (let index = 1; index < messages.length; index++) {
      if (messages[index] !== messages[index - 1]) steps.push(channel + this.sources * index);
    }
  }

  /** The process that takes a step. */
  processOf(step: StepCode): number {
    const source = step % this.sources;
    const { length } = this.channels;
    return source < length ? this.channels[source]!.to : (source - length) % this.processIds.length;
  }

  /** The channel that a step takes a message from. */
  channelOf(step: StepCode): number | undefined {
    const source = step % this.sources;
    return source < this.channels.length ? source : undefined;
  }

  /** What the process that takes a step comes to and sends. */
  effectOf(state: State, step: StepCode): LocalEffect {
    const process = this.processOf(step);
    return this.locals[process]!.effect(state[process]!, this.inputOf(state, step));
  }

  /** Takes a step: writes the state that it leads to. */
  take(state: State, step: StepCode, next: State): void {
    const processes = this.processIds.length;
    const effect = this.effectOf(state, step);
    next.set(state);
    const source = step % this.sources;
    const choice = (step - source) / this.sources;
    if (source < this.channels.length)
      next[processes + source] = this.contents.without(next[processes + source]!, choice);
    else if (source < this.channels.length + processes && this.traffic.choose === undefined)
      next[processes + source]!++;
    next[this.processOf(step)] = effect.next;
    for (const { channel, event } of effect.sent) this.put(next, channel, event);
  }

  /** Tells of a step. */
  tell(state: State, step: StepCode): TakenStep {
    const process = this.processOf(step);
    const local = this.locals[process]!;
    const input = local.inputOf(state[process]!, this.inputOf(state, step));
    const channel = this.channelOf(step);
    const isMessage = channel !== undefined && input.type === 'event';
    return {
      process: this.processIds[process]!,
      input: isMessage ? { ...input, type: 'message', channel: this.channels[channel]!.id } : input,
      sent: this.tellSent(this.effectOf(state, step)),
    };
  }

  /** Takes some steps of every process again. See {@link LocalStates.check}. */
  check(steps: number): void {
    for (const local of this.locals) local.check(steps);
  }

  /** What a step begins with, for the process that takes it. */
  inputOf(state: State, step: StepCode): number {
    const source = step % this.sources;
    const choice = (step - source) / this.sources;
    const { length } = this.channels;
    if (source < length) return eventInput(this.contents.messages(this.content(state, source))[choice]!);
    return source < length + this.processIds.length ? eventInput(choice) : timerInput(choice);
  }

  /** The outside events that a function of the state gives. */
  private chosen(state: State, choose: NonNullable<ParsedTraffic['choose']>): StepCode[] {
    const steps = choose(viewOf(this, state)).map(
      ({ to, event }) =>
        this.channels.length + this.processIds.indexOf(to) + this.sources * numberOfEvent(this.events, event),
    );
    return [...new Set(steps)];
  }

  private start(state: State): TakenStep[] {
    return this.locals.map((local, process) => {
      const effect = local.start();
      state[process] = effect.next;
      for (const { channel, event } of effect.sent) this.put(state, channel, event);
      return { process: this.processIds[process]!, input: START, sent: this.tellSent(effect) };
    });
  }

  private restore(state: State, snapshot: GlobalSnapshot): TakenStep[] {
    for (const [process, local] of this.locals.entries()) {
      const id = this.processIds[process]!;
      state[process] = local.numberOf(createCell(this.config, id).normalize(snapshot.processes[id]!));
    }
    for (const [channel, { id }] of this.channels.entries()) {
      for (const { seq, event } of snapshot.channels[id]!.messages) {
        const copy = copyPlain(event, `message ${seq} on channel "${id}"`);
        this.put(state, channel, numberOfEvent(this.events, copy));
      }
    }
    return [];
  }

  private put(state: State, channel: number, event: number): void {
    const at = this.processIds.length + channel;
    const { fifo } = this.channels[channel]!;
    state[at] = fifo ? this.contents.push(state[at]!, event) : this.contents.add(state[at]!, event);
  }

  private tellSent({ sent }: LocalEffect): Effect['sent'] {
    return sent.map(({ channel, event }) => ({ channel: this.channels[channel]!.id, event: this.events.get(event) }));
  }
}

/** What a process's start begins with: XState's own event. */
const START: Input = { type: 'event', event: { type: 'xstate.init' } };
