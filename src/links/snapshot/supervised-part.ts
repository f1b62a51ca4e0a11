import { supervisorMachine } from '../../../machines/supervisor.js';
import type { Ticket, Notice } from '../../channel/envelope.js';
import { endsOf } from '../../channel/topology.js';
import { PanoramaError } from '../../errors.js';
import type { RecordedState } from '../../global-snapshot.js';
import type { Report } from '../../snapshot/local-snapshot.js';
import type { ParsedSnapshotOptions } from '../../snapshot/options.js';
import type { Outcome, SnapshotSupervisorSpec } from '../../snapshot/snapshot-supervisor.js';
import { OpenSupervisor } from './open-supervisor.js';
import type { Part, Participant } from './part.js';
import { ReportReader } from './report-pieces.js';

/** The part of the supervisor, who is the initiator too. */
export class SupervisedPart implements Part {
  isReported = false;
  readonly supervisor: OpenSupervisor;
  private readonly awaiting = new Map<string, readonly string[]>();
  /** Those that have left, whether a report has named them yet or not. */
  private readonly gone = new Map<string, PanoramaError>();
  /** Between whom there is no channel any more. */
  private readonly partings = new Set<string>();
  private readonly reports = new ReportReader((report) => {
    this.supervisor.countMessage(report.channels.reduce((sum, [, messages]) => sum + messages.length, 0));
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
    this.until = participant.now() + options.leftMs;
    const spec: SnapshotSupervisorSpec = {
      id,
      initiators: [participant.id],
      options,
      processes: [participant.id],
      clock: participant.clock,
      machine: supervisorMachine,
      stillRecording: () => this.stillRecording(),
    };
    this.supervisor = new OpenSupervisor(spec, onEnd);
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
    if (this.isCheckpoint) this.participant.keepPart(this.id, report);
    this.gather(report);
  }

  countMessage(): void {
    this.supervisor.countMessage();
  }

  abort(reason: unknown): void {
    this.supervisor.abort(reason);
  }

  receiveNotice(notice: Notice): void {
    if (notice.kind === 'report') this.reports.add(notice);
    else if (notice.kind === 'awaiting') this.awaiting.set(notice.process, notice.channels);
    else if (notice.kind === 'abort') {
      this.awaiting.set(notice.process, notice.channels);
      const code = notice.code === 'not-recordable' ? 'not-recordable' : 'snapshot-aborted';
      this.abort(new PanoramaError(code, notice.message, { channels: notice.channels }));
    } else if (notice.kind === 'parted') {
      this.notePartingOf(notice.peer, notice.channels, notice.message, notice.process);
    }
  }

  notePartingOf(peer: string, channels: readonly string[], message: string, from = this.participant.id): void {
    this.partings.add(`${from}->${peer}`);
    this.gone.set(peer, new PanoramaError('snapshot-aborted', message, { channels }));
    this.missThoseGone();
  }

  private gather(report: Report): void {
    this.supervisor.report(report);
    this.missThoseGone();
  }

  /**
   * A process that left before it had reported never will, once a report has named it; nor will those to which no channel leads
   * any more, by what is known of all channels.
   */
  private missThoseGone(): void {
    if (!this.isReported || this.gone.size === 0) return;
    const { unreported } = this.supervisor;
    const isParted = (a: string, b: string) => this.partings.has(`${a}->${b}`) || this.partings.has(`${b}->${a}`);
    const isCutOff = unreported.size > 0 && !leadsBeyond(this.supervisor.states, this.participant.id, isParted);
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
    const silent = [...this.supervisor.unreported].filter(([process]) => process !== this.participant.id);
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
