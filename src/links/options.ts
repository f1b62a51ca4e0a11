/** The options of a process alone in its program, checked where they come in. */
import type { Snapshot } from 'xstate';
import { channelId, endsOf } from '../channel/topology.js';
import { expected, isObject, parseId } from '../checks.js';
import { MAX_DELAY_MS } from '../clock.js';
import { describe, PanoramaError } from '../errors.js';
import { SNAPSHOT_VERSION, type GlobalSnapshot } from '../global-snapshot.js';
import { parseSchedule, type Schedule } from '../schedule/schedule.js';
import type { PeerLogic, Transport } from './session/transport.js';

/** A peer, and how it is reached. */
export interface PeerOptions<TLogic extends PeerLogic = PeerLogic> {
  readonly transport: Transport<TLogic>;
  /** The peer's process id, where its name here is another. Default: the name. */
  readonly id?: string | undefined;
  /** One link is two channels; `send` or `receive` for one alone. The peer has the opposite. Default: `both`. */
  readonly direction?: 'both' | 'send' | 'receive' | undefined;
  /**
   * The most envelopes that wait for the peer before the link is given up; default 100,000. It is judged when a task begins
   * to send, by what earlier ones left: one task may send any number. Half of it is told by `links$` (`link.backlogged`).
   */
  readonly maxBuffered?: number | undefined;
  /** The same in bytes, about, as of the envelopes as text; default 268,435,456 (256 MiB). */
  readonly maxBufferedBytes?: number | undefined;
  /**
   * The most bytes, about, that a message takes as text, to or from the peer: over sockets and other ways that carry text,
   * where larger ones than some 32 KiB go in pieces and are put together again; default 67,108,864 (64 MiB). Sending a larger
   * one throws; one that comes in ends the link before it is kept.
   */
  readonly maxMessageBytes?: number | undefined;
  /**
   * How long the peer may be silent, once it has answered, before it counts as crashed; in milliseconds of the process's
   * clock. It is asked whether it is there, so it need not set anything; while it goes back to a checkpoint it answers, too,
   * but for when it does not give way to the event loop. Default: for ever, as `Infinity`.
   */
  readonly silenceMs?: number | undefined;
  /**
   * Under supervision, what comes of a peer that is gone without a good-bye. `rollBack` (default): it has crashed, and all go
   * back to the latest checkpoint. `part`: it has left; nobody goes back for it, and it may come again as it is, or anew. Say
   * so at both ends: for the tabs of a server, say, of which one or another is always being shut.
   */
  readonly onLoss?: 'rollBack' | 'part' | undefined;
}

/** The peers of a process, each under the name by which its machine finds it (`system.get(name)`). */
export type Peers = Readonly<Record<string, Transport | PeerOptions>>;

/** What a process alone in its program is told. */
export interface LinkOptions<TId extends string = string, TPeers extends Peers = Peers> {
  /** The process's id: other programs know it by this. */
  readonly id: TId;
  /** The peers to begin with; see also `addPeer`. */
  readonly peers?: TPeers | undefined;
  /** Decides which incoming channel delivers next; default: soon, in turn, giving way to the event loop. */
  readonly schedule?: Schedule | undefined;
  /**
   * Goes on from its own part of this global snapshot, the messages in flight to it included. One that had failed takes
   * part as failed: its actor tells the recorded error to who asks (`toPromise`), and nothing is rethrown.
   */
  readonly snapshot?: GlobalSnapshot | undefined;
  /**
   * What becomes of the process when another life of it, in another program, acts in its place (`life.superseded`): `stop`
   * (default), or `detach`, to let its actor go on without links. To act again, create it anew: the newest life is the one
   * that acts. Lives that are to be there side by side take an `id` of their own each: {@link unique}.
   */
  readonly onSuperseded?: 'stop' | 'detach' | undefined;
  /**
   * Fetches a checkpoint, when all go back to one that this process does not hold, as after it was started anew without
   * it; from a store that it shares with the coordinator, say.
   */
  readonly loadCheckpoint?: ((snapshotId: string) => Promise<GlobalSnapshot>) | undefined;
}

/** A peer with the defaults in place. */
export interface ParsedPeer {
  readonly name: string;
  readonly id: string;
  readonly transport: Transport;
  readonly direction: 'both' | 'send' | 'receive';
  readonly maxBuffered: number;
  readonly maxBufferedBytes: number;
  readonly maxMessageBytes: number;
  readonly silenceMs: number | undefined;
  readonly onLoss: 'rollBack' | 'part';
}

const SUPERSEDED = ['stop', 'detach'];
const LOSSES = ['rollBack', 'part'];
/** What may wait for a peer, and how large a message may be, unless told otherwise. */
const LIMITS = { maxBuffered: 100_000, maxBufferedBytes: 256 * 2 ** 20, maxMessageBytes: 64 * 2 ** 20 };
const DIRECTIONS = ['both', 'send', 'receive'];

/** Checks the options of a process. Throws `invalid-argument`, or `does-not-fit` for the snapshot. */
export function parseLinkOptions(options: LinkOptions): {
  readonly id: string;
  readonly peers: readonly ParsedPeer[];
  readonly schedule: Schedule | undefined;
  readonly snapshot: GlobalSnapshot | undefined;
  readonly loadCheckpoint: LinkOptions['loadCheckpoint'];
  readonly onSuperseded: 'stop' | 'detach';
} {
  if (!isObject(options)) return expected('options `{ id, peers }`', options);
  const id = parseId(options.id);
  const { peers = {}, schedule, snapshot, loadCheckpoint, onSuperseded = 'stop' } = options;
  if (!isObject(peers)) return expected('`peers` to be an object of transports by the peer’s name', peers);
  parseSchedule(schedule);
  if ('algorithm' in options && options.algorithm !== undefined) {
    return expected('no `algorithm`: over links snapshots are taken by chandy-lamport alone', options.algorithm);
  }
  if (loadCheckpoint !== undefined && typeof loadCheckpoint !== 'function') {
    return expected('`loadCheckpoint` to be a function', loadCheckpoint);
  }
  if (!SUPERSEDED.includes(onSuperseded)) {
    return expected(`\`onSuperseded\` to be one of ${SUPERSEDED.join(', ')}`, onSuperseded);
  }
  const parsed = Object.entries(peers as Peers).map(([name, peer]) => parsePeer(id, name, peer));
  const repeated = parsed.find((peer, index) => parsed.findIndex((other) => other.id === peer.id) !== index);
  if (repeated !== undefined) return expected('each peer once', repeated.id);
  if (snapshot !== undefined) refuseMisfit(id, parsed, snapshot);
  return { id, peers: parsed, schedule, snapshot, loadCheckpoint, onSuperseded };
}

/** Checks one peer. Throws `invalid-argument`. */
export function parsePeer(own: string, name: string, peer: Transport | PeerOptions): ParsedPeer {
  const options = isObject(peer) && 'transport' in peer ? (peer as PeerOptions) : { transport: peer as Transport };
  const { transport, id = name, direction = 'both', silenceMs, onLoss = 'rollBack' } = options;
  if (parseId(id) === own) return expected('a peer to be another process', id, 'Send to `self` instead.');
  if (!isTransport(transport)) {
    return expected(`peer "${name}" to be a transport (messagePort, webSocket…) or { transport }`, transport);
  }
  if (!DIRECTIONS.includes(direction))
    return expected(`\`direction\` to be one of ${DIRECTIONS.join(', ')}`, direction);
  if (!LOSSES.includes(onLoss)) return expected(`\`onLoss\` to be one of ${LOSSES.join(', ')}`, onLoss);
  if (silenceMs !== undefined && silenceMs !== Infinity && !(silenceMs > 0 && silenceMs <= MAX_DELAY_MS)) {
    return expected(
      `\`silenceMs\` to be a number of milliseconds > 0 and up to ${MAX_DELAY_MS}, or Infinity`,
      silenceMs,
    );
  }
  return {
    name,
    id,
    transport,
    direction,
    ...parseLimits(options),
    silenceMs: silenceMs === Infinity ? undefined : silenceMs,
    onLoss,
  };
}

function isTransport(given: unknown): given is Transport {
  if (!isObject(given) || typeof given.open !== 'function') return false;
  return typeof given.losesWhileUp === 'boolean' && typeof given.survivesDown === 'boolean';
}

function parseLimits(options: PeerOptions): typeof LIMITS {
  const limits = { ...LIMITS };
  for (const name of Object.keys(LIMITS) as (keyof typeof LIMITS)[]) {
    const limit = options[name] ?? LIMITS[name];
    if (typeof limit !== 'number' || !(limit >= 1)) return expected(`\`${name}\` to be a number >= 1`, limit);
    limits[name] = limit;
  }
  return limits;
}

/** Whether a snapshot is a global one, and not what XState persists. */
export function isGlobalSnapshot(snapshot: GlobalSnapshot | Snapshot<unknown> | undefined): snapshot is GlobalSnapshot {
  return isObject(snapshot) && 'processes' in snapshot && 'channels' in snapshot;
}

function refuseMisfit(id: string, peers: readonly ParsedPeer[], snapshot: GlobalSnapshot): void {
  const misfit = (message: string): never => {
    throw new PanoramaError('does-not-fit', message);
  };
  if (!isGlobalSnapshot(snapshot)) return expected('`snapshot` to be a global snapshot', snapshot);
  const version: unknown = snapshot.version;
  if (version !== SNAPSHOT_VERSION) {
    misfit(`Expected a snapshot of version ${SNAPSHOT_VERSION}, got ${describe(version)}. Take it anew.`);
  }
  const own = snapshot.processes[id];
  if (own === undefined) {
    return misfit(
      `Expected the snapshot to have process "${id}", got one of ${Object.keys(snapshot.processes).join(', ')}.`,
    );
  }
  const out = peers.filter(({ direction }) => direction !== 'receive').map((peer) => channelId(id, peer.id));
  const into = peers.filter(({ direction }) => direction !== 'send').map((peer) => channelId(peer.id, id));
  const recorded = [...Object.keys(own.sent), ...Object.keys(own.received)];
  const without = recorded.find((channel) => !out.includes(channel) && !into.includes(channel));
  if (without !== undefined) {
    const peer = endsOf(without).find((end) => end !== id);
    return misfit(
      `Expected a peer "${peer ?? id}", as the snapshot has channel "${without}", got none. Add it to \`peers\`.`,
    );
  }
  for (const channel of into) {
    const sent = snapshot.processes[endsOf(channel)[0]]?.sent[channel]?.count ?? 0;
    const received = own.received[channel]?.count ?? 0;
    const messages = snapshot.channels[channel]?.messages ?? [];
    if (sent - received !== messages.length || messages.some(({ seq }, index) => seq !== received + 1 + index)) {
      misfit(
        `Expected a consistent snapshot, got channel "${channel}" with ${sent} sent, ${received} received and ${messages.length} in flight. \`verifySnapshot\` lists all that is wrong.`,
      );
    }
  }
}
