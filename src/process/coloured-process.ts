/** What a process does beside, in an algorithm without markers: it colours what it sends, and may stand still. */
import type { EventObject } from 'xstate';
import type { Colour, Message } from '../channel/envelope.js';
import type { ColouringRecorder, CountingSnapshot } from '../snapshot/local-snapshot.js';
import { OutgoingChannel, type IncomingChannel } from './endpoints.js';
import { Process } from './process.js';
import { Standstill } from './standstill.js';

/** A process whose messages have colours. */
export class ColouredProcess extends Process implements ColouringRecorder {
  declare protected outgoing: Map<string, ColouredChannel>;
  declare protected locals: readonly CountingSnapshot[];
  private readonly standstill = new Standstill();

  /** Hands the actor an event from outside; later, if the application stands still. */
  override send(event: EventObject): void {
    this.standstill.whenGoing(() => super.send(event));
  }

  override sendInput(event: EventObject): void {
    this.standstill.whenGoing(() => super.sendInput(event));
  }

  turnRed(snapshotId: string, isCounted: boolean): number {
    let controlMessages = 0;
    for (const end of this.outgoing.values()) if (end.turnRed(snapshotId, isCounted)) controlMessages++;
    return controlMessages;
  }

  turnWhite(snapshotId: string): void {
    for (const end of this.outgoing.values()) end.turnWhite(snapshotId);
  }

  stopApplication(snapshotId: string): void {
    this.standstill.begin(snapshotId);
  }

  resumeApplication(snapshotId: string): void {
    const held = this.standstill.end(snapshotId);
    if (held === undefined) return;
    for (const { channel } of this.incoming) channel.putBack?.();
    for (const send of held) this.spec.program.stack.whenClean(() => this.standstill.whenGoing(send));
  }

  override startRecording(position: number, local: CountingSnapshot): void {
    super.startRecording(position, local);
    const end = this.incoming[position]!;
    for (const message of end.channel.aside ?? []) recordWhite(end, message, local);
  }

  protected override createOutgoing(peer: string): ColouredChannel {
    return new ColouredChannel(this, peer);
  }

  protected override receiveMessage(end: IncomingChannel, message: Message): void {
    const reddened = message.colours?.map((colour) => this.meet(end, colour)) ?? [];
    for (const local of this.locals) if (local.isRecording(end.position)) recordWhite(end, message, local);
    if (this.standstill.isOn) end.channel.setAside?.(message);
    else this.handOver(end, message);
    // After the message was handed over: a subscriber told of the complete snapshot may take the next one.
    for (const local of reddened) if (local !== undefined) this.settle(local);
    for (const local of this.locals) {
      if (this.locals.includes(local) && local.count(end.position)) this.settle(local);
    }
  }
}

/** Records a message, but for one that was sent after its sender had recorded. */
function recordWhite(end: IncomingChannel, message: Message, local: CountingSnapshot): void {
  if (!message.colours?.some(({ snapshotId }) => snapshotId === local.snapshot.id)) end.record(message, local);
}

/** The sending end of a channel on which messages have colours. */
class ColouredChannel extends OutgoingChannel {
  /** The snapshots for which the process is red, while there are some. */
  private colours: readonly Colour[] | undefined;

  protected override messageOf(seq: number, event: EventObject): Message {
    const { colours } = this;
    const message = super.messageOf(seq, event);
    return colours === undefined ? message : { ...message, colours };
  }

  /**
   * Colours what is sent from here on, and sends a control message of that colour. Returns whether there was a channel to
   * send it on.
   *
   * @param isCounted Whether the colour tells how many messages were sent before.
   */
  turnRed(snapshotId: string, isCounted: boolean): boolean {
    const { channel, sent } = this;
    if (channel === undefined) return false;
    const colour: Colour = isCounted ? { snapshotId, whites: sent } : { snapshotId };
    this.colours = [...(this.colours ?? []), colour];
    channel.send({ type: 'colour', seq: sent, ...colour });
    const { id: process, trace } = this.holder;
    if (trace.isWatched) trace.tell({ type: 'control.sent', process, channel: channel.id, snapshotId });
    return true;
  }

  /** Colours what is sent no more. */
  turnWhite(snapshotId: string): void {
    const left = this.colours?.filter((colour) => colour.snapshotId !== snapshotId);
    this.colours = left?.length === 0 ? undefined : left;
  }
}
