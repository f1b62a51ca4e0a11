/** Arbitraries of fast-check for property tests of networks: topologies, traffic, schedules and whole runs. */
import fc from 'fast-check';
import type { EventObject } from 'xstate';
import type { Schedule } from '../../schedule/schedule.js';
import { channelId, ring, type ChannelPair } from '../../channel/topology.js';
import { createPickedSchedule } from '../../schedule/picked-schedule.js';
import type { SimulationStep } from '../simulation-step.js';

/** Processes and the channels between them. */
export interface Topology {
  readonly processes: readonly string[];
  readonly channels: readonly ChannelPair[];
}

/** What topologies there are. */
export interface TopologyOptions {
  /** Default 1. */
  readonly minProcesses?: number | undefined;
  /** Default 6. */
  readonly maxProcesses?: number | undefined;
  /** Channels from a process to itself; default true. */
  readonly selfChannels?: boolean | undefined;
  /** Whether every process reaches every other one: there is a ring, and channels besides. Default false. */
  readonly stronglyConnected?: boolean | undefined;
}

/**
 * Random topologies of processes `p0`, `p1`, …; they shrink to fewer processes and fewer channels.
 */
export function topologies(options: TopologyOptions = {}): fc.Arbitrary<Topology> {
  const { minProcesses = 1, maxProcesses = 6, selfChannels = true, stronglyConnected = false } = options;
  const end = fc.nat(Math.max(0, maxProcesses - 1));
  return fc
    .record({
      size: fc.integer({ min: minProcesses, max: maxProcesses }),
      ends: fc.array(fc.tuple(end, end), { maxLength: maxProcesses ** 2 }),
    })
    .map(({ size, ends }) => {
      const processes = Array.from({ length: size }, (_, index) => `p${index}`);
      const pairs = new Map<string, ChannelPair>();
      const add = (from: string, to: string) => {
        if (from !== to || selfChannels) pairs.set(channelId(from, to), [from, to]);
      };
      if (stronglyConnected) for (const [from, to] of ring(processes)) add(from, to);
      for (const [from, to] of ends) add(processes[from % size]!, processes[to % size]!);
      return { processes, channels: [...pairs.values()] };
    });
}

/** An event for each process, from its arbitrary. */
type EventOf<TEvents> = {
  [K in keyof TEvents & string]: {
    readonly to: K;
    readonly event: TEvents[K] extends fc.Arbitrary<infer E> ? E : never;
  };
}[keyof TEvents & string];

/**
 * Random events from outside, in order; they shrink to fewer and simpler ones.
 *
 * @param events By process, the events that it may get.
 */
export function traffic<const TEvents extends Readonly<Record<string, fc.Arbitrary<EventObject>>>>(
  events: TEvents,
  { maxLength = 20 }: { readonly maxLength?: number | undefined } = {},
): fc.Arbitrary<EventOf<TEvents>[]> {
  const each = Object.entries(events).map(([to, event]) => fc.record({ to: fc.constant(to), event }));
  return fc.array(fc.oneof(...each), { maxLength }) as unknown as fc.Arbitrary<EventOf<TEvents>[]>;
}

/** Random seeds, for `createSeededSchedule` and `simulate`. They do not shrink: one is no simpler than another. */
export function seeds(): fc.Arbitrary<number> {
  return fc.noShrink(fc.nat(2 ** 31 - 1));
}

/**
 * Random schedules, for `createNetwork(config, { schedule })`; they run by themselves, and shrink to the plain one,
 * channels in turn.
 *
 * @param options `maxLength`: deliveries that are picked at random, before the channels take turns. Default 200.
 */
export function schedules({
  maxLength = 200,
}: { readonly maxLength?: number | undefined } = {}): fc.Arbitrary<Schedule> {
  return fc.array(fc.nat(99), { maxLength, size: 'max' }).map((picks) => {
    const schedule = createPickedSchedule(picks);
    return Object.assign(schedule, { [fc.toStringMethod]: () => `schedule(${picks.join(', ')})` });
  });
}

/** What the steps of a run are made of. */
export interface StepsArbitraryOptions {
  /** The processes that may begin snapshots. */
  readonly processes: readonly string[];
  /** One event from outside, `{ to, event }`. Default: none. */
  readonly event?: fc.Arbitrary<{ readonly to: string; readonly event: EventObject }> | undefined;
  /** Whether channels keep order; default true. Where `false`, any of what is pending on one may be handed over next. */
  readonly fifo?: boolean | undefined;
  /** Default 60. */
  readonly maxLength?: number | undefined;
}

/**
 * Random steps of a run, for `simulateSteps(config, steps)`: deliveries, events from outside, time, snapshots that overlap
 * and some of which begin in the middle of a step. They shrink to fewer steps.
 */
export function steps({
  processes,
  event,
  fifo = true,
  maxLength = 60,
}: StepsArbitraryOptions): fc.Arbitrary<SimulationStep[]> {
  const send = event?.map(({ to, event }): SimulationStep => ({ do: 'send', to, event }));
  const initiators = fc.uniqueArray(fc.constantFrom(...processes), { maxLength: 3 });
  const snapshot = fc.record({ do: fc.constant('snapshot' as const), initiators, within: fc.boolean() });
  const deliver = fc.record({
    do: fc.constant('deliver' as const),
    channel: fc.nat(99),
    ...(!fifo && { index: fc.nat(9) }),
  });
  const step = fc.oneof(
    { weight: 8, arbitrary: deliver as fc.Arbitrary<SimulationStep> },
    ...(send === undefined ? [] : [{ weight: 6, arbitrary: send }]),
    { weight: 2, arbitrary: snapshot },
    { weight: 1, arbitrary: fc.constantFrom<SimulationStep>({ do: 'tick' }, { do: 'settle' }) },
  );
  return fc.array(step, { maxLength, size: 'max' });
}
