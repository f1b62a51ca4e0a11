/** All links of one process. */
import type { ChannelDescription } from '../channel/topology.js';
import type { Control } from '../channel/envelope.js';
import { list } from '../checks.js';
import { PanoramaError } from '../errors.js';
import type { ChannelState } from '../global-snapshot.js';
import { copyMessages } from '../process/endpoints.js';
import { Link, type LinkOwner } from './link.js';
import { parsePeer, type ParsedPeer } from './options.js';
import { channelsWith, peersOf, type OwnPart } from './rollback/checkpoint-parts.js';
import { NO_WAY } from './session/transport.js';

/** The links of a process, by the names of its peers. */
export class Links implements Iterable<Link> {
  private readonly links = new Map<string, Link>();
  /** Peers that were removed: a rollback may have to wait for them. */
  private readonly removed = new Map<string, ParsedPeer>();

  constructor(private readonly owner: LinkOwner) {}

  [Symbol.iterator](): Iterator<Link> {
    return [...this.links.values()][Symbol.iterator]();
  }

  /** All their channels, whether the peers have answered or not. */
  get channels(): ChannelDescription[] {
    return [...this].flatMap((link) => link.channels);
  }

  /** What the peers sent and the process has not taken yet, as far as it is here, by channel. */
  inFlight(): Record<string, ChannelState> {
    const channels = [...this].flatMap(({ incoming }) => incoming ?? []);
    return Object.fromEntries(channels.map((channel) => [channel.id, { messages: copyMessages(channel) }]));
  }

  /** The link to the process of this id. */
  to(peerId: string): Link | undefined {
    return [...this.links.values()].find((link) => link.peerId === peerId);
  }

  /**
   * Makes a link.
   *
   * @param part What the process goes on from.
   * @throws `invalid-argument` for a peer that is there already.
   */
  add(peer: ParsedPeer, part: OwnPart | undefined): Link {
    if (this.links.has(peer.name) || this.to(peer.id) !== undefined) {
      throw new PanoramaError(
        'invalid-argument',
        `Expected a new peer, got "${peer.name}", which process "${this.owner.context.id}" has. \`removePeer\` first, or \`replacePeer\`.`,
      );
    }
    const { sent, received, messages } = channelsWith(peer.id, this.owner.context.id, part);
    const link = new Link(peer, this.owner, sent, received, messages.length, part !== undefined);
    this.links.set(peer.name, link);
    return link;
  }

  /** @throws `invalid-argument` for a peer that is not there. */
  get(name: string): Link {
    const link = this.links.get(name);
    if (link === undefined) {
      throw new PanoramaError(
        'invalid-argument',
        `Expected a peer (${list([...this.links.keys()]) || 'none'}), got "${name}".`,
      );
    }
    return link;
  }

  /** @throws `invalid-argument` for a peer that is not there. */
  remove(name: string): Link {
    const link = this.get(name);
    this.links.delete(name);
    this.removed.set(link.peerId, link.peer);
    return link;
  }

  /** The ids of those to whom a channel leads, and who are there. */
  peers(): string[] {
    const there = [...this].filter((link) => link.isJoined && link.outgoing !== undefined);
    return there.map((link) => link.peerId);
  }

  send(peerId: string, control: Control): void {
    this.to(peerId)?.outgoing?.send(control);
  }

  /**
   * Makes a link to each peer of a checkpoint that is not there: over the way that led to it until it was removed, or
   * what is sent to it waits until there is one.
   */
  awaitMissing(part: OwnPart | undefined): void {
    for (const [id, direction] of peersOf(this.owner.context.id, part)) {
      if (this.to(id) !== undefined) continue;
      const removed = this.removed.get(id);
      const peer = removed ?? parsePeer(this.owner.context.id, id, { transport: NO_WAY, direction });
      this.add(peer, part).hasLeft = removed !== undefined;
    }
  }
}
