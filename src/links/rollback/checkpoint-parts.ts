import { channelId, endsOf } from '../../channel/topology.js';
import type { GlobalSnapshot, RecordedMessage, RecordedState } from '../../global-snapshot.js';

/** What a process recorded for a checkpoint: enough to go back to it. */
export interface OwnPart {
  readonly state: RecordedState;
  /** The states of its incoming channels. */
  readonly channels: readonly (readonly [id: string, messages: readonly RecordedMessage[]])[];
}

/** The part of one process in a global snapshot; undefined when it has none. */
export function partOf(id: string, snapshot: GlobalSnapshot): OwnPart | undefined {
  const state = snapshot.processes[id];
  if (state === undefined) return undefined;
  const into = Object.keys(state.received);
  return { state, channels: into.map((channel) => [channel, snapshot.channels[channel]?.messages ?? []] as const) };
}

/** What a part says of the channels between its process and a peer. */
export function channelsWith(peer: string, own: string, part: OwnPart | undefined) {
  const into = channelId(peer, own);
  return {
    sent: part?.state.sent[channelId(own, peer)]?.count ?? 0,
    received: part?.state.received[into]?.count ?? 0,
    messages: part?.channels.find(([id]) => id === into)?.[1] ?? [],
  };
}

/** The processes at the other ends of the recorded channels, and which way these lead. */
export function peersOf(own: string, part: OwnPart | undefined): Map<string, 'both' | 'send' | 'receive'> {
  const { sent = {}, received = {} } = part?.state ?? {};
  const peers = new Map<string, 'both' | 'send' | 'receive'>();
  for (const id in sent) peers.set(endsOf(id)[1], 'send');
  for (const id in received) {
    const [peer] = endsOf(id);
    peers.set(peer, peers.has(peer) ? 'both' : 'receive');
  }
  peers.delete(own);
  return peers;
}

/** Checkpoints under way that are kept, before it is known whether they were saved: a limit for hostile peers. */
const MAX_UNSAVED = 8;

/**
 * A process's own parts of the checkpoints that it may have to go back to. Whoever asks it to go back can only name one:
 * no state comes over a link.
 */
export class CheckpointParts {
  private readonly parts = new Map<string, OwnPart>();
  /** The two that were saved last, older first. */
  private saved: readonly string[] = [];

  get(snapshotId: string): OwnPart | undefined {
    return this.parts.get(snapshotId);
  }

  get isEmpty(): boolean {
    return this.parts.size === 0;
  }

  /** How many inputs are in all of them; 0 when there are none. */
  get inputs(): number {
    const counts = Array.from(this.parts.values(), ({ state }) => state.inputs ?? 0);
    return counts.length === 0 ? 0 : Math.min(...counts);
  }

  /** Keeps what was recorded, in the order of recording. */
  keep(snapshotId: string, part: OwnPart): void {
    this.parts.delete(snapshotId);
    this.parts.set(snapshotId, part);
    const unsaved = [...this.parts.keys()].filter((id) => !this.saved.includes(id));
    for (const id of unsaved.slice(0, -MAX_UNSAVED)) this.parts.delete(id);
  }

  /** The checkpoint is safely down: what is older than it and the one before is not needed any more. */
  commit(snapshotId: string): void {
    if (!this.parts.has(snapshotId) || this.saved.at(-1) === snapshotId) return;
    this.saved = [...this.saved.slice(-1), snapshotId];
    for (const id of this.parts.keys()) {
      if (id === snapshotId) return;
      if (!this.saved.includes(id)) this.parts.delete(id);
    }
  }

  /** All that was recorded after this checkpoint is undone. */
  rewind(snapshotId: string): void {
    const ids = [...this.parts.keys()];
    for (const id of ids.slice(ids.indexOf(snapshotId) + 1)) this.parts.delete(id);
    this.saved = this.saved.filter((id) => this.parts.has(id));
    this.commit(snapshotId);
  }
}
