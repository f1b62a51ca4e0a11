/** What a network keeps so that a process that crashes takes only those back with it who depend on what is undone. */
import type { Channel, SendingEnd } from '../channel/channel.js';
import { dependents, leadersOf, type ChannelProgress } from '../channel/dependents.js';
import { KeptMessages } from '../channel/kept-messages.js';
import { endsOf, type ChannelDescription } from '../channel/topology.js';
import type { GlobalSnapshot, RecordedMessage } from '../global-snapshot.js';
import type { Assembly, Staying } from './assemble.js';

/** Messages that are kept of each channel; their lengths are not known here. */
const MAX_KEPT = 10_000;

/** How many messages had been sent on each channel. */
type SentCounts = ReadonlyMap<string, number>;

/**
 * Why it is enough to look at counters: src/channel/dependents.ts. In one program everything stands still between
 * two steps, so nobody has to be asked.
 */
export class SinceCheckpoint {
  /** The checkpoints that some can go back to, older first: those since the one that was saved last. */
  private readonly checkpoints = new Map<string, SentCounts>();
  private readonly kept = new Map<string, KeptMessages>();

  constructor({ members, channels }: Assembly) {
    for (const [id, channel] of channels) {
      const [from] = endsOf(id);
      this.keepFrom(channel, members.get(from)!.counters.sent[id]!.count, members);
    }
  }

  private keepFrom(channel: Channel, sent: number, members: Assembly['members']): void {
    this.kept.set(channel.id, new KeptMessages(sent, MAX_KEPT));
    this.keepOf(channel, members);
  }

  private keepOf(channel: Channel, members: Assembly['members']): void {
    const [from, to] = endsOf(channel.id);
    members.get(from)!.reconnectTo(to, keeping(channel, this.kept.get(channel.id)!));
  }

  noteTaken(checkpoint: GlobalSnapshot): void {
    this.checkpoints.set(checkpoint.id, sentIn(checkpoint));
  }

  noteSaved(snapshotId: string): void {
    const saved = this.checkpoints.get(snapshotId);
    if (saved === undefined) return;
    for (const [channel, count] of saved) this.kept.get(channel)!.trim(count);
    for (const id of this.checkpoints.keys()) {
      if (id === snapshotId) return;
      this.checkpoints.delete(id);
    }
  }

  /** Those that stay when the crashed go back to a snapshot; undefined when all go back, as it is not known who depends on what. */
  staying(snapshot: GlobalSnapshot, crashed: Iterable<string>, current: Assembly): Staying | undefined {
    const sent = this.checkpoints.get(snapshot.id);
    if (sent === undefined || ![...crashed].every((id) => current.members.has(id))) return undefined;
    const back = dependents(crashed, leadersOf(this.progressSince(sent, current)));
    return {
      members: new Map([...current.members].filter(([id]) => !back.has(id))),
      channel: (id) => current.channels.get(id)!,
      inFlight: ({ id, from }: ChannelDescription): readonly RecordedMessage[] =>
        back.has(from)
          ? current.channels.get(id)!.messages.filter(({ seq }) => seq <= sent.get(id)!)
          : [...snapshot.channels[id]!.messages, ...this.kept.get(id)!.since(sent.get(id)!)!],
    };
  }

  /** How far each channel has come. */
  private *progressSince(sent: SentCounts, { members }: Assembly): Iterable<ChannelProgress> {
    for (const [to, process] of members) {
      for (const [id, { count, beyond = [] }] of Object.entries(process.counters.received)) {
        const [from] = endsOf(id);
        const received = Math.max(count, beyond.at(-1) ?? 0);
        yield { from, to, sentThen: sent.get(id)!, received, keptAfter: this.kept.get(id)!.keptAfter };
      }
    }
  }

  /** Goes on keeping, of the processes and channels that there are now. */
  wentBack(snapshot: GlobalSnapshot, { members, channels }: Assembly, staying: Staying | undefined): void {
    const sent = sentIn(snapshot);
    this.checkpoints.clear();
    this.checkpoints.set(snapshot.id, sent);
    for (const [id, channel] of channels) {
      const [from, to] = endsOf(id);
      const [senderStays, receiverStays] = [staying?.members.has(from), staying?.members.has(to)];
      if (!senderStays) this.keepFrom(channel, sent.get(id)!, members);
      else if (!receiverStays) this.keepOf(channel, members);
      if (receiverStays && !senderStays) members.get(to)!.reconnectFrom(channel);
    }
  }
}

function sentIn({ processes }: GlobalSnapshot): SentCounts {
  const counters = Object.values(processes).flatMap(({ sent }) => Object.entries(sent));
  return new Map(counters.map(([id, { count }]) => [id, count]));
}

/** The sending end of a channel of which messages are kept. */
function keeping(channel: SendingEnd, kept: KeptMessages): SendingEnd {
  return {
    id: channel.id,
    send(envelope) {
      if (envelope.type === 'message') kept.keep(envelope);
      channel.send(envelope);
    },
  };
}
