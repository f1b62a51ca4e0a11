/** The ends of channels as a process holds them: with the counters, and what is recorded. */
import type { EventObject } from 'xstate';
import { findRef } from './actor-refs.js';
import type { ReceivingEnd, SendingEnd } from './channel.js';
import { copyPlain } from './copy.js';
import { PanoramaError } from './errors.js';
import type { RecordedMessage } from './global-snapshot.js';
import type { SnapshotUnderWay } from './local-snapshot.js';
import type { Trace } from './trace.js';
import type { PeerHandle } from './xstate-internals.js';

/** What stands behind a peer's proxy: counts what is sent to it, and puts it on the channel. */
export class OutgoingChannel implements PeerHandle {
  /** The channel; undefined while none leads to the peer, as it has left. */
  channel: SendingEnd | undefined;
  /** Messages sent on the channel. */
  sent = 0;

  /** @param onUnsent Is told of an event for a peer that has left. */
  constructor(
    private readonly process: string,
    private readonly peer: string,
    private readonly trace: Trace,
    private readonly onUnsent: (event: EventObject) => void,
  ) {}

  check(event: EventObject): void {
    if (holdsObjects(event)) this.refuseActorRefs(event);
    this.channel?.check?.(event);
  }

  send(event: EventObject): void {
    const { channel, process, trace } = this;
    if (channel === undefined) return this.onUnsent(event);
    this.check(event);
    const seq = ++this.sent;
    channel.send({ type: 'message', seq, event });
    if (trace.isWatched) trace.tell({ type: 'message.sent', process, channel: channel.id, seq, event });
  }

  /** Sends the marker of a snapshot. Returns whether there was a channel to send it on. */
  sendMarker({ id: snapshotId, ticket }: SnapshotUnderWay): boolean {
    const { channel, process, trace } = this;
    if (channel === undefined) return false;
    channel.send({ type: 'marker', seq: this.sent, snapshotId, ticket });
    if (trace.isWatched) trace.tell({ type: 'marker.sent', process, channel: channel.id, snapshotId });
    return true;
  }

  private refuseActorRefs(event: EventObject): void {
    const found = findRef(event);
    if (found === undefined) return;
    throw new PanoramaError(
      'not-recordable',
      `Expected plain data in event "${event.type}" from "${this.process}" to "${this.peer}", got a reference to actor "${found.ref.id}" at ${found.path}. Send its id instead.`,
    );
  }
}

/** The receiving end of a channel: counts what comes in, and records it for the snapshots that want it. */
export class IncomingChannel {
  /** Where messages are recorded at the moment, one for each snapshot that records this channel. */
  readonly recordings: { readonly messages: RecordedMessage[]; readonly snapshot: SnapshotUnderWay }[] = [];

  /**
   * @param position Its place among the incoming channels of the process.
   * @param received Messages received on the channel.
   */
  constructor(
    readonly channel: ReceivingEnd,
    public position: number,
    public received: number,
  ) {}

  startRecording(messages: RecordedMessage[], snapshot: SnapshotUnderWay): void {
    this.recordings.push({ messages, snapshot });
  }

  stopRecording(messages: RecordedMessage[]): void {
    const index = this.recordings.findIndex((recording) => recording.messages === messages);
    if (index >= 0) this.recordings.splice(index, 1);
  }

  /** A message has come in. */
  receive(seq: number, event: EventObject): void {
    this.received++;
    if (this.recordings.length === 0) return;
    for (const { messages, snapshot } of [...this.recordings]) {
      try {
        messages.push({ seq, event: copyPlain(event, `message ${seq} on channel "${this.channel.id}"`) });
        snapshot.countMessage();
      } catch (error) {
        snapshot.abort(error);
      }
    }
  }
}

/** Most events are flat: they need no search. */
function holdsObjects(event: EventObject): boolean {
  for (const key in event) if (typeof (event as unknown as Record<string, unknown>)[key] === 'object') return true;
  return false;
}
