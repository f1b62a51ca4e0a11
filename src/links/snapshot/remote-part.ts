import type { Ticket, Notice } from '../../channel/envelope.js';
import { wait } from '../../clock.js';
import type { DistributiveOmit } from '../../distributive-omit.js';
import { messageOf, PanoramaError } from '../../errors.js';
import type { Report } from '../../snapshot/local-snapshot.js';
import type { Part, Participant } from './part.js';
import { piecesOf } from './report-pieces.js';
import { ReportRouting } from './report-routing.js';

/** When a process says which channels it awaits a marker on, as a part of the time that was left when it joined. */
const AWAITING_AT = 0.75;

/** The part of everybody else. */
export class RemotePart implements Part {
  isReported = false;
  private messages = 0;
  private readonly routing: ReportRouting;
  private readonly until: number;
  private stopWaiting: () => void = () => undefined;

  constructor(
    readonly id: string,
    private readonly given: Ticket,
    private readonly participant: Participant,
    parent: string,
    private readonly onTimeout: () => void,
  ) {
    this.until = participant.now() + given.leftMs;
    this.routing = new ReportRouting(participant, given.supervisor, parent);
    this.wait(given.leftMs * AWAITING_AT, () => {
      if (!this.isReported) this.tell({ kind: 'awaiting', channels: participant.stillRecording(id) });
      this.wait(given.leftMs, () => this.onTimeout());
    });
  }

  get ticket(): Ticket {
    return { ...this.given, leftMs: Math.max(0, this.until - this.participant.now()) };
  }

  report({ state, channels, markers }: Report): void {
    if (this.isReported) return; // it was given up
    this.isReported = true;
    if (this.given.isCheckpoint) this.participant.keepPart(this.id, { state, channels });
    const pieces = piecesOf(channels);
    pieces.forEach((piece, part) => {
      const first = part === 0 ? { state, markers } : { markers: 0 };
      this.tell({ kind: 'report', part, parts: pieces.length, channels: piece, ...first });
    });
    this.participant.forget(this.id);
  }

  countMessage(): void {
    if (++this.messages <= this.given.maxMessages) return;
    this.abort(`more than ${this.given.maxMessages} messages were in flight to "${this.participant.id}"`);
  }

  abort(reason: unknown): void {
    const isOurs = reason instanceof PanoramaError;
    this.tell({
      kind: 'abort',
      code: isOurs ? reason.code : 'snapshot-aborted',
      message: messageOf(reason),
      channels: isOurs && reason.channels.length > 0 ? reason.channels : this.participant.stillRecording(this.id),
    });
    this.isReported = true;
    this.participant.forget(this.id);
  }

  receiveNotice(notice: Notice, fromPeer: string): void {
    this.routing.deliver({ type: 'control', snapshotId: this.id, notice }, fromPeer);
  }

  notePartingOf(peer: string, channels: readonly string[], message: string): void {
    this.tell({ kind: 'parted', peer, channels, message });
  }

  /** What was to go by way of a peer that has left goes another way. */
  leaveParent(peer: string): void {
    this.routing.goAround(peer);
  }

  close(): void {
    this.stopWaiting();
  }

  private tell(said: DistributiveOmit<Notice, 'process'>): void {
    const notice = { ...said, process: this.participant.id } as Notice;
    this.routing.deliver({ type: 'control', snapshotId: this.id, notice }, undefined);
  }

  private wait(ms: number, run: () => void): void {
    this.stopWaiting();
    this.stopWaiting = wait(ms, run, this.participant.clock);
  }
}
