/** The ends of channels as a process holds them: with the counters, and what is recorded. */
import type { EventObject } from 'xstate';
import type { Channel, ReceivingEnd, SendingEnd } from '../channel/channel.js';
import type { Envelope, Message } from '../channel/envelope.js';
import { LightSubscriber } from '../channel/light-subscriber.js';
import { PanoramaError } from '../errors.js';
import type { ChannelCounter, RecordedMessage } from '../global-snapshot.js';
import type { LocalSnapshot, SnapshotUnderWay } from '../snapshot/local-snapshot.js';
import type { Trace } from '../trace.js';
import { findRef } from './actor-refs.js';
import { copyPlain } from './copy-plain.js';
import type { PeerHandle } from './xstate-internals.js';

/** The process that holds the ends, as far as they know it. */
export interface Holder {
  readonly id: string;
  readonly trace: Trace;
  /** Takes what comes in on a channel. */
  receive(end: IncomingChannel, envelope: Envelope): void;
  /** Called with an event for a peer that has left. */
  unsent(peer: string, event: EventObject): void;
}

/** What stands behind a peer's proxy: counts what is sent to it, and puts it on the channel. */
export class OutgoingChannel implements PeerHandle {
  /** The channel; undefined while none leads to the peer, as it has left. */
  channel: SendingEnd | undefined;
  /** Messages sent on the channel. */
  sent = 0;

  constructor(
    protected readonly holder: Holder,
    private readonly peer: string,
  ) {}

  check(event: EventObject): void {
    if (holdsObjects(event)) this.refuseActorRefs(event);
    this.channel?.check?.(event);
  }

  send(event: EventObject): void {
    const { channel, holder } = this;
    if (channel === undefined) return holder.unsent(this.peer, event);
    this.check(event);
    const seq = ++this.sent;
    channel.send(this.messageOf(seq, event));
    const { id: process, trace } = holder;
    if (trace.isWatched) trace.tell({ type: 'message.sent', process, channel: channel.id, seq, event });
  }

  /** What carries an event. */
  protected messageOf(seq: number, event: EventObject): Message {
    return { type: 'message', seq, event };
  }

  /** Sends the marker of a snapshot. Returns whether there was a channel to send it on. */
  sendMarker({ id: snapshotId, ticket }: SnapshotUnderWay): boolean {
    const { channel } = this;
    if (channel === undefined) return false;
    channel.send({ type: 'marker', seq: this.sent, snapshotId, ticket });
    const { id: process, trace } = this.holder;
    if (trace.isWatched) trace.tell({ type: 'marker.sent', process, channel: channel.id, snapshotId });
    return true;
  }

  private refuseActorRefs(event: EventObject): void {
    const found = findRef(event);
    if (found === undefined) return;
    throw new PanoramaError(
      'not-recordable',
      `Expected plain data in event "${event.type}" from "${this.holder.id}" to "${this.peer}", got a reference to actor "${found.ref.id}" at ${found.path}. Send its id instead.`,
    );
  }
}

/** The receiving end of a channel: counts what comes in. */
export class IncomingChannel extends LightSubscriber<Envelope> {
  /** Messages received before the first gap. */
  private received: number;
  /** Sequence numbers received past that gap; undefined on a channel that keeps order, which has none. */
  private readonly beyond: Set<number> | undefined;

  /**
   * @param position Its place among the incoming channels of the process; -1 when that has parted with it.
   * @param received Messages received on the channel; with `beyond` on one that does not keep order.
   */
  constructor(
    private readonly holder: Holder,
    readonly channel: ReceivingEnd,
    public position: number,
    received: ChannelCounter,
  ) {
    super();
    this.received = received.count;
    this.beyond = received.beyond && new Set(received.beyond);
  }

  next(envelope: Envelope): void {
    this.holder.receive(this, envelope);
  }

  /** What was received. */
  get counter(): ChannelCounter {
    const { received: count, beyond } = this;
    return beyond === undefined ? { count } : { count, beyond: [...beyond].sort((a, b) => a - b) };
  }

  /** Records a message that comes in, or has come in and was set aside, for a snapshot that wants it. */
  record({ seq, event }: Message, local: LocalSnapshot): void {
    const { snapshot } = local;
    try {
      local.record(this.position, copyMessage(this.channel.id, seq, event));
      snapshot.countMessage();
    } catch (error) {
      snapshot.abort(error);
    }
  }

  /** Counts a message that the process takes. */
  receive(seq: number): void {
    const { beyond } = this;
    if (beyond === undefined) {
      this.received++;
      return;
    }
    beyond.add(seq);
    while (beyond.delete(this.received + 1)) this.received++;
  }
}

function copyMessage(channel: string, seq: number, event: EventObject): RecordedMessage {
  return { seq, event: copyPlain(event, `message ${seq} on channel "${channel}"`) };
}

/** Copies of the messages that are on a channel, oldest first. */
export function copyMessages({ id, messages }: Pick<Channel, 'id' | 'messages'>): RecordedMessage[] {
  return messages.map(({ seq, event }) => copyMessage(id, seq, event));
}

/** Most events are flat: they need no search. */
function holdsObjects(event: EventObject): boolean {
  for (const key in event) if (typeof (event as unknown as Record<string, unknown>)[key] === 'object') return true;
  return false;
}

/** What stands for a process to which no channel leads: sending to it is an error that says so. */
export function strangerHandle(process: string, name: string, peers: ReadonlyMap<string, unknown>): PeerHandle {
  const refuseSend = () => {
    const known = [...peers.keys()].slice(0, 10).join(', ') || 'none';
    throw new PanoramaError(
      'no-channel',
      `Expected process "${process}" to send to a process that a channel leads to (${known}), got "${name}". Add ["${process}", "${name}"] to \`channels\`.`,
    );
  };
  return { check: refuseSend, send: refuseSend };
}
