/** The process's ends of the channels to and from its peers, as these come and go, and as it goes back. */
import type { Channel } from '../channel/channel.js';
import { copyPlain } from '../process/copy-plain.js';
import type { Link } from './link.js';
import type { PeeredProcess } from './peered-process.js';
import { channelsWith, type OwnPart } from './rollback/checkpoint-parts.js';

/** Joins channels to a process, and parts them from it. */
export class PeerChannels {
  /** The incoming channels of peers that have parted, as far as something waited on them. */
  private readonly rests = new Set<Channel>();

  constructor(private readonly id: string) {}

  /**
   * Joins the channels of a link, as a process begins.
   *
   * @param part What it goes on from; what was in flight to it comes in before anything else.
   */
  begin(process: PeeredProcess, link: Link, incoming: Channel | undefined, part: OwnPart | undefined): void {
    const { outgoing, peer } = link;
    const { sent, received, messages } = channelsWith(peer.id, this.id, part);
    if (incoming !== undefined) {
      this.receive(process, link, incoming, received);
      for (const { seq, event } of messages) {
        incoming.send({ type: 'message', seq, event: copyPlain(event, `message ${seq} from "${peer.id}"`) });
      }
    }
    if (outgoing !== undefined) process.connectTo(peer.name, outgoing, sent);
  }

  /** Joins the channels of a peer that has come, or come again. */
  join(process: PeeredProcess, link: Link): void {
    const { incoming, outgoing, peer, counts } = link;
    if (incoming !== undefined) this.receive(process, link, incoming, counts.received);
    if (outgoing !== undefined) process.connectTo(peer.name, outgoing, counts.sent);
  }

  private receive(process: PeeredProcess, link: Link, incoming: Channel, received: number): void {
    process.connectFrom(incoming, { count: received });
    incoming.envelopes$.subscribe(() => link.giveCredit());
  }

  /** Parts the channels of a peer that is gone. What has come in from it is still handed over. */
  part(process: PeeredProcess, { outgoing, incoming, peer }: Link): void {
    if (outgoing !== undefined) process.disconnectTo(peer.name);
    if (incoming === undefined) return;
    process.disconnectFrom(incoming.id);
    for (const rest of this.rests) if (rest.size === 0) this.rests.delete(rest);
    this.rests.add(incoming);
  }

  /**
   * Before the process records, it takes what came in from peers that have parted: no marker comes behind that any more,
   * so no snapshot could have it in flight.
   */
  deliverRests(): void {
    for (const rest of this.rests) while (rest.size > 0) rest.deliver();
    this.rests.clear();
  }

  /** The process goes back. */
  dropRests(): void {
    this.rests.clear();
  }
}
