import type { ActorOptions, AnyActor, AnyActorLogic, Snapshot } from 'xstate';
import { memberMachine } from '../../machines/member.js';
import { sessionMachine } from '../../machines/session.js';
import type { ActorOptionsOfNetwork } from '../clock.js';
import type { GlobalSnapshot } from '../global-snapshot.js';
import { REAL_HOST, type Host } from '../host.js';
import type { PeeredProcess } from './peered-process.js';
import type { Schedule } from '../schedule/schedule.js';
import type { ParsedPeer } from './options.js';

/** What a linked process is built of; tests replace a part by a faulty one, and simulations the machine that it runs on. */
export interface LinkedParts {
  readonly host: Host;
  readonly sessionMachine: typeof sessionMachine;
  readonly memberMachine: typeof memberMachine;
}

export const LINKED_PARTS: LinkedParts = { host: REAL_HOST, sessionMachine, memberMachine };

/** What a process alone in its program is made of. */
export interface LinkedProcessConfig {
  readonly parts: LinkedParts;
  readonly id: string;
  readonly peers: readonly ParsedPeer[];
  readonly schedule: Schedule | undefined;
  readonly snapshot: GlobalSnapshot | undefined;
  readonly logic: AnyActorLogic;
  readonly input: unknown;
  readonly options: ActorOptionsOfNetwork;
  readonly actorOptions?: ActorOptions<AnyActorLogic> | undefined;
  readonly onSuperseded: 'stop' | 'detach';
  readonly loadCheckpoint?: ((snapshotId: string) => Promise<GlobalSnapshot>) | undefined;
  /**
   * Makes the actor of a process that takes the place of another one; undefined where none can be made.
   *
   * @param persisted What it goes on from; undefined when it begins anew.
   */
  readonly remake: ((process: PeeredProcess, persisted: Snapshot<unknown> | undefined) => void) | undefined;
  /** Is asked before an actor is started. Throws when it may not be. */
  readonly mayStart?: ((actor: AnyActor) => void) | undefined;
  /** Has that actor made and started elsewhere, as `remake` cannot. */
  readonly recreate?: (() => void) | undefined;
}
