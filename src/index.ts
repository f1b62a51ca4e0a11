/** Consistent global snapshots for XState actors: the Chandy–Lamport algorithm as a plugin. */
export { createNetwork } from './network.js';
export type { Crash, Network, SnapshotOf } from './network.js';
export type { ProcessFace } from './replaceable-actor.js';
export type { LogicOf, NetworkConfig, NetworkOptions, ProcessConfig, SnapshotOptions } from './options.js';
export { attachProcess, type AttachedProcess, type AttachOptions } from './links/attach-process.js';
export { createProcess } from './links/create-process.js';
export type { LinkedProcessFace, ProcessHandle, ProcessOptions } from './links/create-process.js';
export type { LinkEvent } from './links/link.js';
export type { LinkOptions, PeerOptions, Peers, ProcessSnapshotOptions } from './links/options.js';
export type { FrameReceiver, FrameSender, Transport } from './links/transport.js';
export type { Frame } from './links/frame.js';
export { processOf, withPeers, type WithPeersOptions } from './links/with-peers.js';
export { createManualSchedule, type ManualSchedule } from './manual-schedule.js';
export { createSeededSchedule } from './seeded-schedule.js';
export type { PendingChannel, Schedule } from './schedule.js';
export { fullMesh, ring, type ChannelOptions, type ChannelPair } from './topology.js';
export type { AlgorithmName } from './algorithms/index.js';
export { isPanoramaError, PanoramaError, type PanoramaErrorCode } from './errors.js';
export { verifySnapshot, type Verdict, type Violation, type ViolationKind } from './verify/verify-snapshot.js';
export { diffSnapshots, type Difference } from './diff-snapshots.js';
export type { TraceEvent } from './trace.js';
export { SNAPSHOT_VERSION } from './global-snapshot.js';
export type {
  ActorAddress,
  ChannelCounter,
  ChannelState,
  GlobalSnapshot,
  PersistedSnapshotOf,
  RecordedMessage,
  RecordedState,
  RecordedTimer,
} from './global-snapshot.js';
