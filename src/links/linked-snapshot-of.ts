/** The type of the global snapshots of a process alone, as far as what it and its peers run is said. */
import type { AnyActorLogic, EventFromLogic } from 'xstate';
import type { LiteralId } from '../channel/topology.js';
import type { ChannelState, GlobalSnapshot, PersistedSnapshotOf, RecordedState } from '../global-snapshot.js';
import type { EventOf } from '../process/process-config.js';
import type { Peers } from './options.js';
import type { Transport } from './session/transport.js';

/**
 * The global snapshot that a process of this logic takes: its own state, those of the peers whose logic is said (as by
 * `messagePort<typeof machine>(port)`) and the channels between; beside whatever else channels lead to.
 */
export type LinkedSnapshotOf<TLogic extends AnyActorLogic, TId extends string, TPeers extends Peers> = SnapshotOfPeers<
  TLogic,
  LiteralId<TId>,
  TypedPeers<TPeers>
>;

type SnapshotOfPeers<TLogic extends AnyActorLogic, TId extends string, TPeers> = GlobalSnapshot<
  Record<TId, RecordedState<PersistedSnapshotOf<TLogic>>> & {
    [P in keyof TPeers & string]: RecordedState<PersistedSnapshotOf<LogicAt<TPeers[P]>>>;
  } & Record<string, RecordedState>,
  {
    readonly [P in keyof TPeers & string as Unless<'receive', TPeers[P], `${TId}->${P}`>]: ChannelState<
      EventOf<LogicAt<TPeers[P]>>
    >;
  } & {
    readonly [P in keyof TPeers & string as Unless<'send', TPeers[P], `${P}->${TId}`>]: ChannelState<EventOf<TLogic>>;
  } & Readonly<Record<string, ChannelState>>
>;

/** The peers whose logic is said, by their ids. */
type TypedPeers<TPeers extends Peers> = {
  [
    N in keyof TPeers & string as [LogicAt<TPeers[N]>] extends [never] ? never : LiteralId<IdAt<N, TPeers[N]>>
  ]: TPeers[N];
};

type IdAt<TName extends string, TPeer> = TPeer extends { readonly id: infer TId extends string } ? TId : TName;

type LogicAt<TPeer> = TPeer extends { readonly transport: infer TTransport }
  ? LogicBehind<TTransport>
  : LogicBehind<TPeer>;

/** Never where it was not said. */
type LogicBehind<TTransport> =
  TTransport extends Transport<infer TLogic> ? (unknown extends EventFromLogic<TLogic> ? never : TLogic) : never;

type Unless<TDirection, TPeer, TChannel> = TPeer extends { readonly direction: TDirection } ? never : TChannel;
