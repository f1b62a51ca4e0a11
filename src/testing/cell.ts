/**
 * One process alone, cut off from its channels: put into a state, given one input, and recorded again.
 *
 * A step of a network touches one process: the state it comes to and what it sends are a function of its state and of
 * what comes in. This is that function, of the library's own process and recorded states.
 */
import type { EventObject } from 'xstate';
import type { SendingEnd } from '../channel/channel.js';
import { PanoramaError } from '../errors.js';
import type { RecordedState, RecordedTimer } from '../global-snapshot.js';
import type { ParsedConfig } from '../network/options.js';
import { CleanStack } from '../process/clean-stack.js';
import { copyPlain } from '../process/copy-plain.js';
import { Process } from '../process/process.js';
import { addressOf } from '../process/recorded-state.js';
import {
  fireTimer,
  isUnnamed,
  nameOfTimer,
  pendingTimers,
  unnamedId,
  type PendingTimer,
} from '../process/xstate-internals.js';
import { chandyLamport } from '../snapshot/algorithms/chandy-lamport.js';
import { Trace } from '../trace.js';
import { canonicalText } from './canonical.js';
import { refuseImpure } from './purity.js';

/** What a step of a process begins with. */
export type Input =
  /** The oldest message on one of its incoming channels. */
  | { readonly type: 'message'; readonly channel: string; readonly event: EventObject }
  /** An event from outside, as by `network.send`. */
  | { readonly type: 'event'; readonly event: EventObject }
  /** One of its pending timers fires; without `id`, the first that has this source, target and event. */
  | { readonly type: 'timer'; readonly timer: Omit<RecordedTimer, 'id' | 'delay'> & { readonly id?: string } };

/** What a step of a process comes to. */
export interface Effect {
  /** The process after it: its counters too go on, and `snapshot.status` tells whether it ended or failed. */
  readonly state: RecordedState;
  /** What it sent to peers, in the order in which it did. */
  readonly sent: readonly { readonly channel: string; readonly event: EventObject }[];
}

/** One process of a network, alone. */
export interface Cell {
  readonly id: string;
  /** Starts it afresh. */
  start(): Effect;
  /**
   * Puts it into a state, and takes one step from there; neither argument is changed, and nothing is kept.
   *
   * Time passes by timers alone: when one fires, the delays of the others are less by what was left of its own. Delays
   * are recorded to a millionth of a millisecond, and delayed sends without an id get one by their order, so that equal
   * states are recorded equally. A process that has ended takes what comes in, and nothing happens.
   *
   * @throws `invalid-argument` when no such timer is pending, `not-replayable` when the process is no function of what
   *   comes in, `not-recordable` when its state could not be restored.
   */
  step(state: RecordedState, input: Input): Effect;
  /** A recorded state as a step records it. */
  normalize(state: RecordedState): RecordedState;
}

/**
 * Creates the cell of a process.
 *
 * @param config The network that it is a process of.
 * @param id The process.
 */
export function createCell(config: ParsedConfig, id: string): Cell {
  const { logic, input } = config.processes.get(id)!;
  const outgoing = config.channels.filter(({ from }) => from === id);
  const incoming = config.channels.filter(({ to }) => to === id);
  const trace = new Trace(() => NaN);
  let time = 0;
  let sent: Effect['sent'][number][] = [];
  const clock = { setTimeout: () => 0, clearTimeout: () => undefined, now: () => time };
  const outboxes = outgoing.map(({ id: channel, to }) => {
    const send: SendingEnd['send'] = (envelope) => {
      if (envelope.type === 'message') sent.push({ channel, event: copyEvent(envelope.event) });
    };
    return { to, end: { id: channel, send } };
  });

  const createProcess = (restoreFrom: RecordedState | undefined): Process => {
    time = 0;
    sent = [];
    const process = new Process({
      id,
      logic,
      input,
      restoreFrom,
      program: {
        options: { clock, logger: () => undefined },
        algorithm: chandyLamport,
        stack: new CleanStack(),
        trace,
        isProcess: (name) => config.processes.has(name),
        join: () => undefined,
      },
    });
    for (const { to, end } of outboxes) process.connectTo(to, end, restoreFrom?.sent[end.id]?.count ?? 0);
    return process;
  };

  const begin = (process: Process) => {
    process.create();
    // A failure is a state like any other here; without an observer XState throws it where it cannot be caught.
    process.actor.subscribe({ error: () => undefined });
    process.start();
  };

  const record = (process: Process, received: RecordedState['received']): Effect => {
    try {
      refuseImpure(id, process.actor, logic);
      const state = process.capture();
      return { state: { ...normalize(state), received }, sent };
    } catch (error) {
      process.actor.stop(); // what acts by itself would go on
      throw error;
    }
  };

  return {
    id,
    start() {
      const process = createProcess(undefined);
      begin(process);
      return record(process, Object.fromEntries(incoming.map((channel) => [channel.id, { count: 0 }])));
    },
    step(state, arriving) {
      const received = arriving.type === 'message' ? countUp(state.received, arriving.channel) : state.received;
      if (state.snapshot.status !== 'active') return { state: { ...state, received }, sent: [] };
      const process = createProcess(state);
      begin(process);
      if (arriving.type === 'timer') {
        const timer = pendingTimer(process, arriving.timer);
        time = timer.delay;
        fireTimer(timer);
      } else process.actor.send(copyEvent(arriving.event));
      return record(process, received);
    },
    normalize,
  };
}

const copyEvent = (event: EventObject) => copyPlain(event, `event "${event.type}"`);

function pendingTimer(process: Process, timer: Extract<Input, { type: 'timer' }>['timer']): PendingTimer {
  const wanted = canonicalText([timer.source, timer.target, timer.event]);
  const found = pendingTimers(process.actor).find(
    (pending) =>
      (timer.id === undefined || timer.id === nameOfTimer(pending)) &&
      canonicalText([addressOf(pending.source), addressOf(pending.target), pending.event]) === wanted,
  );
  if (found !== undefined) return found;
  throw new PanoramaError(
    'invalid-argument',
    `Expected a pending timer of process "${process.id}" that sends ${canonicalText(timer.event)}, got none.`,
  );
}

/** How finely delays are told apart, in parts of a millisecond: what they are counted down by are sums with errors. */
const PARTS_OF_MS = 1e6;

/** Delays without the errors of arithmetic, in an order that equal states share, and ids that tell nothing of the run. */
function normalize(state: RecordedState): RecordedState {
  if (state.timers.length === 0) return state;
  const keyed = state.timers.map((timer) => {
    const rounded = { ...timer, delay: Math.round(timer.delay * PARTS_OF_MS) / PARTS_OF_MS };
    const { id, ...rest } = rounded;
    return { timer: rounded, key: canonicalText(isUnnamed(id) ? rest : rounded) };
  });
  keyed.sort((a, b) => a.timer.delay - b.timer.delay || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const timers = keyed.map(({ timer }, index) => (isUnnamed(timer.id) ? { ...timer, id: unnamedId(index) } : timer));
  return { ...state, timers };
}

function countUp(counters: RecordedState['received'], channel: string): RecordedState['received'] {
  const counter = counters[channel] ?? { count: 0 };
  return { ...counters, [channel]: { ...counter, count: counter.count + 1 } };
}
