/** The type of a network's global snapshots, as far as its config tells it. */
import type { ChannelPair, KnownChannelId, PossibleChannelId } from '../channel/topology.js';
import type {
  ChannelCounter,
  ChannelState,
  GlobalSnapshot,
  PersistedSnapshotOf,
  RecordedState,
} from '../global-snapshot.js';
import type { EventOf, LogicOf, Processes } from '../process/process-config.js';

/**
 * The global snapshot of a network of these processes and channels. A channel declared by two literals is known to be
 * there; of others, whose ends are of a union, it is known that they may be.
 */
export type SnapshotOf<
  TProcesses extends Processes,
  TChannels extends readonly ChannelPair[] = readonly ChannelPair[],
> = GlobalSnapshot<
  {
    [K in keyof TProcesses & string]: RecordedState<
      PersistedSnapshotOf<LogicOf<TProcesses[K]>>,
      Counters<TChannels[number], `${K}->${string}`>,
      Counters<TChannels[number], `${string}->${K}`>
    >;
  },
  ChannelStates<TProcesses, KnownChannelId<TChannels[number]>, PossibleChannelId<TChannels[number]>>
>;

type ChannelStates<TProcesses extends Processes, TKnown extends string, TPossible extends string> = ById<
  TKnown,
  TPossible,
  { readonly [I in TKnown | TPossible]: ChannelState<EventTo<TProcesses, I>> }
>;

/** @typeParam TMatch Which of the channels. */
type Counters<TPair, TMatch extends string> = CountersOf<
  Matching<KnownChannelId<TPair>, TMatch>,
  Matching<PossibleChannelId<TPair>, TMatch>
>;

type CountersOf<TKnown extends string, TPossible extends string> = ById<
  TKnown,
  TPossible,
  Readonly<Record<TKnown | TPossible, ChannelCounter>>
>;

type Matching<TId extends string, TMatch extends string> = string extends TId ? string : Extract<TId, TMatch>;

/** What is there, and what may be. */
type ById<TKnown extends string, TPossible extends string, TValues extends Record<TKnown | TPossible, unknown>> = [
  TPossible,
] extends [never]
  ? TValues
  : Pick<TValues, TKnown> & (string extends TPossible ? Pick<TValues, TPossible> : Partial<Pick<TValues, TPossible>>);

/** What the receiver of a channel takes. */
type EventTo<TProcesses extends Processes, TId extends string> = EventOf<
  LogicOf<
    TProcesses[TId extends `${string}->${infer TTo extends keyof TProcesses & string}`
      ? TTo
      : keyof TProcesses & string]
  >
>;
