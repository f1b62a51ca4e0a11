/** Random small systems, each as a table that says what every process does, run by XState and, apart from that, by hand. */
import fc from 'fast-check';
import { enqueueActions, setup } from 'xstate';
import type { ChannelOptions, ChannelPair, NetworkConfig } from '../../src/index.js';

/** What a process does with an event, or when the timer of its state fires. */
interface Rule {
  readonly to: number;
  /** Peers, by number, and the kind of message. None is sent when the event's `ttl` is used up. */
  readonly sends: readonly { readonly peer: number; readonly kind: number }[];
}

/** A system. */
export interface Table {
  /** By process and local state: the rule for each kind of event, and where the state's timer leads, if it has one. */
  readonly processes: readonly (readonly { readonly on: readonly Rule[]; readonly after: number | null }[])[];
  readonly channels: readonly (readonly [from: number, to: number])[];
  /** By process: the kinds of events that come from outside, in their order. */
  readonly script: readonly (readonly number[])[];
  readonly ttl: number;
}

const KINDS = 2;

const ruleOf = (states: number, size: number, mostSends: number) =>
  fc.record({
    to: fc.nat(states - 1),
    sends: fc.array(fc.record({ peer: fc.nat(size - 1), kind: fc.nat(KINDS - 1) }), { maxLength: mostSends }),
  });

/** Where the timer of a state leads; so many states have none for one that has. */
const timerOf = (states: number, without: number) =>
  fc.oneof({ weight: without, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(states - 1) });

/** Random systems of up to three processes with up to three states each: all that can be. */
export const tables: fc.Arbitrary<Table> = fc
  .record({
    size: fc.integer({ min: 1, max: 3 }),
    states: fc.integer({ min: 1, max: 3 }),
    ttl: fc.integer({ min: 0, max: 2 }),
  })
  .chain(({ size, states, ttl }) => {
    const ids = [...Array(size).keys()];
    const pairs = ids.flatMap((from) => ids.map((to) => [from, to] as const));
    const state = fc.record({
      on: fc.array(ruleOf(states, size, ttl > 1 ? 1 : 2), { minLength: KINDS, maxLength: KINDS }),
      after: timerOf(states, 2),
    });
    return fc.record({
      processes: fc.array(fc.array(state, { minLength: states, maxLength: states }), {
        minLength: size,
        maxLength: size,
      }),
      channels: fc.subarray(pairs),
      script: fc.array(fc.array(fc.nat(KINDS - 1), { maxLength: 2 }), { minLength: size, maxLength: size }),
      ttl: fc.constant(ttl),
    });
  });

/** Random systems of three processes that all have something to do, and send each other something. */
export const busyTables: fc.Arbitrary<Table> = fc
  .record({ states: fc.integer({ min: 2, max: 3 }), ttl: fc.integer({ min: 1, max: 2 }) })
  .chain(({ states, ttl }) => {
    const pairs = [0, 1, 2].flatMap((from) => [0, 1, 2].filter((to) => to !== from).map((to) => [from, to] as const));
    const state = fc.record({
      on: fc.array(ruleOf(states, 3, 1), { minLength: KINDS, maxLength: KINDS }),
      after: timerOf(states, 19),
    });
    return fc.record({
      processes: fc.array(fc.array(state, { minLength: states, maxLength: states }), { minLength: 3, maxLength: 3 }),
      channels: fc.subarray(pairs, { minLength: 3 }),
      script: fc.array(fc.array(fc.nat(KINDS - 1), { minLength: 1, maxLength: 2 }), { minLength: 3, maxLength: 3 }),
      ttl: fc.constant(ttl),
    });
  });

/** What a rule sends: where no channel leads, nothing. */
const sendsOf = ({ channels }: Table, process: number, { sends }: Rule, ttl: number) =>
  ttl === 0 ? [] : sends.filter(({ peer }) => channels.some(([from, to]) => from === process && to === peer));

type TableEvent = { readonly type: `k${number}`; readonly ttl: number };

/** The system as a network of machines. */
export function networkOf(table: Table, options: ChannelOptions = {}) {
  const machineOf = (process: number) => {
    const states = table.processes[process]!.map(({ on, after }) => ({
      on: Object.fromEntries(
        on.map((rule, kind) => [
          `k${kind}`,
          {
            target: `s${rule.to}`,
            reenter: true,
            actions: enqueueActions(({ enqueue, event, system }) => {
              const { ttl } = event as TableEvent;
              for (const { peer, kind: sent } of sendsOf(table, process, rule, ttl)) {
                enqueue.sendTo(system.get(`p${peer}`), { type: `k${sent}`, ttl: ttl - 1 } as TableEvent);
              }
            }),
          },
        ]),
      ),
      ...(after === null ? {} : { after: { 10: { target: `s${after}`, reenter: true } } }),
    }));
    return setup({ types: { events: {} as TableEvent } }).createMachine({
      initial: 's0',
      states: Object.fromEntries(states.map((state, index) => [`s${index}`, state])) as never,
    });
  };
  return {
    processes: Object.fromEntries(table.processes.map((_, process) => [`p${process}`, machineOf(process)])),
    channels: table.channels.map(([from, to]): ChannelPair => [`p${from}`, `p${to}`, options]),
  } satisfies NetworkConfig;
}

/** What comes from outside, for `explore`; processes take turns. */
export function trafficOf({ script, ttl }: Table) {
  return [0, 1].flatMap((turn) =>
    script.flatMap((kinds, process) =>
      kinds[turn] === undefined ? [] : [{ to: `p${process}`, event: { type: `k${kinds[turn]}` as const, ttl } }],
    ),
  );
}

/** A global state of the system, run by hand. */
export interface TableState {
  readonly at: readonly number[];
  /** By channel: kind and ttl of each message. */
  readonly channels: readonly (readonly (readonly [kind: number, ttl: number])[])[];
  readonly had: readonly number[];
}

export const initialOf = ({ processes, channels }: Table): TableState => ({
  at: processes.map(() => 0),
  channels: channels.map(() => []),
  had: processes.map(() => 0),
});

/** Every state to which one step leads. */
export const movesOf = (table: Table, state: TableState, options?: ChannelOptions): TableState[] =>
  stepsOf(table, state, options).map(({ to }) => to);

/**
 * Every step. Where no order is kept, what is on a channel is sorted, and any of it comes next.
 *
 * @returns Where each leads, and what it ends the waiting of: see {@link waitingIn}.
 */
export function stepsOf(table: Table, state: TableState, { fifo = true }: ChannelOptions = {}): TableStep[] {
  const steps: TableStep[] = [];
  const take = (process: number, kind: number, ttl: number, ended: string, change: (next: Draft) => void) => {
    const rule = table.processes[process]![state.at[process]!]!.on[kind]!;
    const next = structuredClone(state) as Draft;
    change(next);
    next.at[process] = rule.to;
    for (const { peer, kind: sent } of sendsOf(table, process, rule, ttl)) {
      const channel = next.channels[table.channels.findIndex(([from, to]) => from === process && to === peer)]!;
      channel.push([sent, ttl - 1]);
      if (!fifo) channel.sort(([a, aLeft], [b, bLeft]) => a - b || aLeft - bLeft);
    }
    steps.push({ to: next, ends: [ended, `timer ${process}`] });
  };
  table.channels.forEach(([, to], channel) => {
    const messages = state.channels[channel]!;
    messages.slice(0, fifo ? 1 : undefined).forEach((message, index) => {
      if (index > 0 && message.join() === messages[index - 1]!.join()) return;
      const name = fifo ? `channel ${channel}` : `${message.join()} on channel ${channel}`;
      take(to, ...message, name, (next) => void next.channels[channel]!.splice(index, 1));
    });
  });
  table.script.forEach((kinds, process) => {
    const kind = kinds[state.had[process]!];
    if (kind !== undefined) take(process, kind, table.ttl, `script ${process}`, (next) => void next.had[process]!++);
  });
  state.at.forEach((local, process) => {
    const { after } = table.processes[process]![local]!;
    if (after !== null) steps.push({ to: { ...state, at: state.at.with(process, after) }, ends: [`timer ${process}`] });
  });
  return steps;
}

/** What waits in a state for a step, and may not wait for ever. */
export function waitingIn(table: Table, state: TableState, { fifo = true }: ChannelOptions = {}): string[] {
  const onChannel = (messages: TableState['channels'][number], channel: number) =>
    fifo
      ? messages.slice(0, 1).map(() => `channel ${channel}`)
      : messages.map((message) => `${message.join()} on channel ${channel}`);
  const script = table.script.flatMap((kinds, id) => (state.had[id]! < kinds.length ? [`script ${id}`] : []));
  const timers = state.at.flatMap((at, id) => (table.processes[id]![at]!.after === null ? [] : [`timer ${id}`]));
  return [...state.channels.flatMap(onChannel), ...script, ...timers];
}

interface TableStep {
  readonly to: TableState;
  readonly ends: readonly string[];
}

interface Draft {
  at: number[];
  channels: (readonly [number, number])[][];
  had: number[];
}
