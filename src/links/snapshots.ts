/** The part of a process in snapshots that span programs. No process knows more than its own channels. */
import { supervisorMachine } from '../../machines/index.js';
import type { Control, Marker, Notice, Ticket } from '../envelope.js';
import { PanoramaError } from '../errors.js';
import type { GlobalSnapshot, RecordedState } from '../global-snapshot.js';
import type { OwnPart } from './kept-parts.js';
import type { Report, SnapshotUnderWay } from '../local-snapshot.js';
import type { ActorOptionsOfNetwork, ParsedSnapshotOptions } from '../options.js';
import { createSnapshotId, Supervision, type Outcome } from '../supervision.js';
import { endsOf } from '../topology.js';
import { Courier, type Way } from './courier.js';
import { joinHalves } from './halves.js';
import { piecesOf, ReportReader } from './report-pieces.js';

/** Ids of ended snapshots that are remembered, so that a late marker does not begin them anew. */
const ENDED_IDS = 4096;
/** When a process says which channels it awaits a marker on, as a part of the time that was left when it joined. */
const AWAITING_AT = 0.75;

/** The process that takes part. */
export interface Participant extends Way {
  readonly id: string;
  readonly clock: ActorOptionsOfNetwork['clock'];
  /** The time in milliseconds, of whatever clock. */
  now(): number;
  stillRecording(snapshotId: string): readonly string[];
  initiate(snapshot: SnapshotUnderWay): void;
  forget(snapshotId: string): void;
  ended(snapshotId: string, outcome: Outcome): void;
  /** Joins a checkpoint; or says why it cannot. */
  joinCheckpoint(): PanoramaError | undefined;
  /** Keeps its own part of a checkpoint. */
  keep(snapshotId: string, part: OwnPart): void;
}

/** All snapshots in which a process takes part at the moment. */
export class Snapshots {
  private readonly parts = new Map<string, Part>();
  private readonly endedIds = new Set<string>();

  constructor(private readonly participant: Participant) {}

  /** The process records spontaneously, and supervises. */
  begin(
    options: ParsedSnapshotOptions,
    isCheckpoint: boolean,
    onBegin: (snapshotId: string) => void,
  ): Promise<GlobalSnapshot> {
    const id = createSnapshotId();
    const part = new SupervisedPart(id, options, isCheckpoint, this.participant, (outcome) => {
      this.end(id);
      this.participant.ended(id, outcome);
    });
    this.parts.set(id, part);
    onBegin(id);
    this.participant.initiate(part);
    return part.supervision.result;
  }

  /**
   * The snapshot that a marker belongs to, in which the process takes part from the first one on until it has reported
   * or given up. A marker after that is of a channel that came later, or of a snapshot that is about to end.
   */
  join({ snapshotId, ticket }: Pick<Marker, 'snapshotId' | 'ticket'>, fromPeer: string): SnapshotUnderWay | undefined {
    const known = this.parts.get(snapshotId);
    if (known !== undefined) return known.isReported ? undefined : known;
    if (ticket === undefined || this.endedIds.has(snapshotId)) return undefined;
    const part = new RemotePart(snapshotId, ticket, this.participant, fromPeer, () => this.forget(snapshotId));
    this.parts.set(snapshotId, part);
    const refusal = ticket.isCheckpoint ? this.participant.joinCheckpoint() : undefined;
    if (refusal === undefined) return part;
    part.abort(refusal);
    return undefined;
  }

  /** A notice has come in. */
  take({ snapshotId, notice }: Control, fromPeer: string): void {
    const part = this.parts.get(snapshotId);
    if (part === undefined) return;
    if (notice.kind !== 'ended') part.take(notice, fromPeer);
    else if (part instanceof RemotePart) this.end(snapshotId, fromPeer); // the supervisor knows when it has ended
  }

  /** Snapshots that have been recorded here and have not ended: a channel that is joined now must carry their markers. */
  get underWay(): readonly SnapshotUnderWay[] {
    return [...this.parts.values()];
  }

  /** A peer has gone, and its channels: what was still recording cannot complete any more. */
  parted(peer: string, channels: readonly string[], why: string): void {
    const message = `${why} (${channels.join(', ')})`;
    for (const part of [...this.parts.values()]) {
      if (part instanceof RemotePart) part.leaveParent(peer);
      if (part.isReported) part.parted(peer, channels, message);
      else part.abort(new PanoramaError('snapshot-aborted', message, { channels }));
    }
  }

  /** Gives up all that this process supervises, and forgets the rest. */
  stop(why: string): void {
    for (const part of [...this.parts.values()]) if (part instanceof SupervisedPart) part.abort(why);
    for (const id of [...this.parts.keys()]) this.forget(id);
  }

  /** Forgets, and tells everybody else, once. */
  private end(snapshotId: string, toldBy?: string): void {
    if (!this.forget(snapshotId)) return;
    const notice: Notice = { kind: 'ended', process: this.participant.id };
    for (const peer of this.participant.peers()) {
      if (peer !== toldBy) this.participant.send(peer, { type: 'control', snapshotId, notice });
    }
  }

  /** @returns Whether the process took part in it. */
  private forget(snapshotId: string): boolean {
    const part = this.parts.get(snapshotId);
    if (part === undefined) return false;
    this.parts.delete(snapshotId);
    this.endedIds.add(snapshotId);
    if (this.endedIds.size > ENDED_IDS)
      for (const oldest of [...this.endedIds].slice(0, 1)) this.endedIds.delete(oldest);
    part.close();
    this.participant.forget(snapshotId);
    return true;
  }
}

/** What a process does for one snapshot. */
interface Part extends SnapshotUnderWay {
  readonly isReported: boolean;
  take(notice: Notice, fromPeer: string): void;
  /** A peer has gone after this process has reported. */
  parted(peer: string, channels: readonly string[], message: string): void;
  close(): void;
}

/** The part of the supervisor, who is the initiator too. */
class SupervisedPart implements Part {
  isReported = false;
  readonly supervision: Supervision;
  private readonly awaiting = new Map<string, readonly string[]>();
  /** Who has left, whether anybody has named it yet or not. */
  private readonly gone = new Map<string, PanoramaError>();
  /** Between whom there is no channel any more. */
  private readonly partings = new Set<string>();
  private readonly reports = new ReportReader((report) => {
    this.supervision.countMessage(report.channels.reduce((sum, [, messages]) => sum + messages.length, 0));
    this.awaiting.delete(report.process);
    this.gather(report);
  });
  private readonly until: number;

  constructor(
    readonly id: string,
    private readonly options: ParsedSnapshotOptions,
    private readonly isCheckpoint: boolean,
    private readonly participant: Participant,
    onEnd: (outcome: Outcome) => void,
  ) {
    this.until = participant.now() + options.timeoutMs;
    const spec = {
      id,
      initiators: [participant.id],
      options,
      processes: [participant.id],
      clock: participant.clock,
      machine: supervisorMachine,
      stillRecording: () => this.stillRecording(),
      joinHalves,
    };
    this.supervision = new Supervision(spec, onEnd);
  }

  get ticket(): Ticket {
    const { id: supervisor } = this.participant;
    return {
      supervisor,
      leftMs: Math.max(0, this.until - this.participant.now()),
      maxMessages: this.options.maxMessages,
      isCheckpoint: this.isCheckpoint,
    };
  }

  report(report: Report): void {
    this.isReported = true;
    if (this.isCheckpoint) this.participant.keep(this.id, report);
    this.gather(report);
  }

  countMessage(): void {
    this.supervision.countMessage();
  }

  abort(reason: unknown): void {
    this.supervision.abort(reason);
  }

  take(notice: Notice): void {
    if (notice.kind === 'report') this.reports.take(notice);
    else if (notice.kind === 'awaiting') this.awaiting.set(notice.process, notice.channels);
    else if (notice.kind === 'abort') {
      this.awaiting.set(notice.process, notice.channels);
      const code = notice.code === 'not-recordable' ? 'not-recordable' : 'snapshot-aborted';
      this.abort(new PanoramaError(code, notice.message, { channels: notice.channels }));
    } else if (notice.kind === 'parted') {
      this.parted(notice.peer, notice.channels, notice.message, notice.process);
    }
  }

  parted(peer: string, channels: readonly string[], message: string, from = this.participant.id): void {
    this.partings.add(`${from}->${peer}`);
    this.gone.set(peer, new PanoramaError('snapshot-aborted', message, { channels }));
    this.missThoseGone();
  }

  private gather(report: Report): void {
    this.supervision.report(report);
    this.missThoseGone();
  }

  /**
   * Whoever went before it had reported never will, once somebody has named it; nor will those whom no channel leads to
   * any more, by what is known of all channels.
   */
  private missThoseGone(): void {
    if (!this.isReported || this.gone.size === 0) return;
    const { unreported } = this.supervision;
    const isParted = (a: string, b: string) => this.partings.has(`${a}->${b}`) || this.partings.has(`${b}->${a}`);
    const isCutOff = unreported.size > 0 && !leadsBeyond(this.supervision.states, this.participant.id, isParted);
    const missed = [...this.gone].find(([peer]) => isCutOff || unreported.has(peer));
    if (missed === undefined) return;
    const [peer, error] = missed;
    this.awaiting.set(peer, error.channels);
    this.abort(error);
  }

  close(): void {
    this.gone.clear();
    this.reports.clear();
  }

  /** What the processes have told, and for those that told nothing, whatever leads to them. */
  private stillRecording(): string[] {
    const own = this.participant.stillRecording(this.id);
    const silent = [...this.supervision.unreported].filter(([process]) => process !== this.participant.id);
    const channels = silent.flatMap(([process, leading]) => this.awaiting.get(process) ?? leading);
    const told = [...this.awaiting.values()].flat();
    return [...new Set([...(this.isReported ? [] : own), ...told, ...channels])];
  }
}

/** Whether the channels that were reported lead from a process to one that has not reported, whichever way they lead. */
function leadsBeyond(
  states: ReadonlyMap<string, RecordedState>,
  from: string,
  isParted: (a: string, b: string) => boolean,
): boolean {
  const reached = new Set([from]);
  for (const process of reached) {
    const state = states.get(process);
    if (state === undefined) return true;
    for (const id of [...Object.keys(state.sent), ...Object.keys(state.received)]) {
      const other = endsOf(id).find((end) => end !== process);
      if (other !== undefined && !isParted(process, other)) reached.add(other);
    }
  }
  return false;
}

/** The part of everybody else. */
class RemotePart implements Part {
  isReported = false;
  private messages = 0;
  private readonly courier: Courier;
  private readonly until: number;
  private timer: unknown;

  constructor(
    readonly id: string,
    private readonly given: Ticket,
    private readonly participant: Participant,
    parent: string,
    private readonly onTimeout: () => void,
  ) {
    this.until = participant.now() + given.leftMs;
    this.courier = new Courier(participant, given.supervisor, parent);
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
    if (this.given.isCheckpoint) this.participant.keep(this.id, { state, channels });
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
      message: reason instanceof Error ? reason.message : String(reason),
      channels: isOurs && reason.channels.length > 0 ? reason.channels : this.participant.stillRecording(this.id),
    });
    this.isReported = true;
    this.participant.forget(this.id);
  }

  take(notice: Notice, fromPeer: string): void {
    this.courier.deliver({ type: 'control', snapshotId: this.id, notice }, fromPeer);
  }

  parted(peer: string, channels: readonly string[], message: string): void {
    this.tell({ kind: 'parted', peer, channels, message });
  }

  /** What was to go by way of a peer that has left goes another way. */
  leaveParent(peer: string): void {
    this.courier.parted(peer);
  }

  close(): void {
    this.stopWaiting();
  }

  private tell(said: DistributiveOmit<Notice, 'process'>): void {
    const notice = { ...said, process: this.participant.id } as Notice;
    this.courier.deliver({ type: 'control', snapshotId: this.id, notice }, undefined);
  }

  private wait(ms: number, run: () => void): void {
    this.stopWaiting();
    const clock = this.participant.clock ?? globalThis;
    if (ms < MAX_DELAY_MS) this.timer = clock.setTimeout(run, ms);
  }

  private stopWaiting(): void {
    const clock = this.participant.clock ?? globalThis;
    if (this.timer !== undefined) clock.clearTimeout(this.timer as never);
    this.timer = undefined;
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** Longer delays overflow what `setTimeout` takes. */
const MAX_DELAY_MS = 2 ** 31 - 1;
