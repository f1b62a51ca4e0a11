/** Consistent global snapshots for XState actors: the Chandy–Lamport algorithm as a plugin. */
export { createNetwork } from './network/network.js';
export type { NetworkHandle, RollbackOptions } from './network/network-handle.js';
export type { SnapshotOf } from './network/snapshot-of.js';
export type { Network } from './network/types.js';
export type { Crash } from './process/crash.js';
export type { ProcessHandle } from './process/process-handle.js';
export type { NetworkConfig, NetworkOptions } from './network/options.js';
export type { Clock } from './clock.js';
export type { LogicOf, ProcessConfig } from './process/process-config.js';
export type { SnapshotOptions } from './snapshot/options.js';
export { attachProcess, type AttachedProcess, type AttachOptions } from './links/attach-process.js';
export type { LinkedProcessHandle } from './links/linked-process-handle.js';
export type { LinkedSnapshotOf } from './links/linked-snapshot-of.js';
export { createProcess } from './links/create-process.js';
export type { CreatedProcess, ProcessOptions } from './links/create-process.js';
export type { LinkEvent } from './links/link-events.js';
export type { Backlog } from './links/session/outbox.js';
export type { LinkOptions, PeerOptions, Peers } from './links/options.js';
export type { FrameReceiver, FrameSender, TextCodec, Transport } from './links/session/transport.js';
export type { Frame } from './links/session/frame.js';
export { unique } from './links/unique.js';
export type { Standpoint } from './links/rollback/member.js';
export { processOf, withPeers, type WithPeersOptions } from './links/with-peers.js';
export { createManualSchedule, type ManualSchedule } from './schedule/manual-schedule.js';
export { createSeededSchedule } from './schedule/seeded-schedule.js';
export type { PendingChannel, Schedule } from './schedule/schedule.js';
export { fullMesh, ring, type ChannelDescription, type ChannelOptions, type ChannelPair } from './channel/topology.js';
export type { Algorithm } from './snapshot/algorithms/algorithm.js';
export { isPanoramaError, PanoramaError, type PanoramaErrorCode } from './errors.js';
export { verifySnapshot, type Verdict, type Violation, type ViolationKind } from './verify/verify-snapshot.js';
export { diffSnapshots, type Difference } from './snapshot/diff-snapshots.js';
export type { TraceEvent } from './trace.js';
export { SNAPSHOT_VERSION } from './global-snapshot.js';
export type {
  ActorAddress,
  AnyGlobalSnapshot,
  ChannelCounter,
  ChannelState,
  GlobalSnapshot,
  PersistedChild,
  PersistedChildren,
  PersistedSnapshotOf,
  RecordedMessage,
  RecordedState,
  RecordedTimer,
} from './global-snapshot.js';
