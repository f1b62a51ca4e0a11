/** A process's part in rollbacks: which epoch it is in, whom it has met there, and who has crashed. */
import type { Control, Notice } from '../../channel/envelope.js';
import { messageOf, PanoramaError } from '../../errors.js';
import type { GlobalSnapshot, InputsSaved } from '../../global-snapshot.js';
import { randomId, type Host } from '../../host.js';
import { OrderedSubject } from '../../ordered-subject.js';
import type { Crash } from '../../process/crash.js';
import type { ReachablePeers } from '../peers.js';
import { compareEpochs, FIRST_EPOCH, type Epoch } from '../session/epoch.js';
import { MAX_WHY, type Hello } from '../session/frame.js';
import { lifeOf, type OwnLife } from '../session/life.js';
import type { Standing } from '../session/standing.js';
import { CheckpointParts, partOf, peersOf, type OwnPart } from './checkpoint-parts.js';

/** Notices that are passed on in one epoch: a limit for hostile peers. */
const MAX_TOLD = 100_000;

/** The process that takes part. */
export interface Member extends ReachablePeers {
  readonly id: string;
  readonly host: Host;
  /** This life of the process. */
  readonly life: OwnLife;
  /** Whether another actor can take the place of its own. */
  readonly isRecoverable: boolean;
  /** Fetches a checkpoint that it does not hold. */
  readonly loadCheckpoint: ((snapshotId: string) => Promise<GlobalSnapshot>) | undefined;
  whenClean(task: () => void): void;
  /**
   * Makes what takes its place. Nothing has changed until the function it returns is called.
   *
   * @param part Undefined when there was no such process yet: it begins anew.
   * @throws `does-not-fit`.
   */
  prepare(part: OwnPart | undefined): () => void;
  /** So many of its inputs are in every checkpoint that is kept. */
  noteInputsSaved(count: number): void;
  /** It stays where it is, and so out of touch with everybody. */
  onStranded(error: PanoramaError): void;
}

/**
 * Epochs spread by the hellos of the links, which are repeated until they are answered: a process that hears of a later epoch
 * goes back to its own part of the checkpoint that the epoch began with, and says hello anew. A crash in the middle of a
 * rollback is another rollback, to a later epoch.
 */
export class Rollbacks {
  epoch: Epoch = FIRST_EPOCH;
  readonly crashes = new OrderedSubject<Crash>();
  readonly parts = new CheckpointParts();
  /** By peer: its life in this epoch. A process that comes back has lost what it was: it can join the next epoch only. */
  private readonly livesMet = new Map<string, string>();
  /** What has been passed on in this epoch. */
  private readonly passedOn = new Set<string>();
  private highestEpoch = 0;
  private hasJoinedCheckpoint = false;
  /** The decision that is being followed, while the checkpoint is fetched; or could not be. */
  private followedDecision = '';
  /** The decision that could not be followed, and why. */
  stranding: Hello['stranded'];
  /** Whose links must stand before the process goes on. */
  private awaitedPeers = new Set<string>();
  /** The rollback that this process decided on. */
  private ownDecision: Decision | undefined;

  constructor(private readonly member: Member) {}

  /** Whether there is a coordinator, as far as this process knows. */
  get isCoordinated(): boolean {
    return this.isCoordinator || this.hasJoinedCheckpoint || this.epoch.number > 0;
  }

  private get isCoordinator(): boolean {
    return this.crashes.observed;
  }

  lifeMetOf(peer: string): string | undefined {
    return this.livesMet.get(peer);
  }

  /** Judges a hello, and acts on it when it shows that a process crashed, or rolled back. */
  judge(peer: string, hello: Hello): Standing {
    const order = compareEpochs(hello.epoch, this.epoch);
    const met = this.livesMet.get(peer);
    const isAnother = met !== undefined && met !== lifeOf(hello.session);
    if (order > 0) this.hearOf(hello.epoch);
    // It may never come to this epoch: the checkpoint that began it need not be there any more.
    if (order < 0 && isAnother) this.reportNewLife(peer);
    if (order < 0 && this.awaits(peer) && hello.stranded?.decision === this.epoch.decision) {
      this.reportCrash({ process: peer, error: new Error(hello.stranded.why), isGone: true });
      return 'stranded';
    }
    if (order !== 0) return order > 0 ? 'ahead' : 'behind';
    if (!this.isCoordinated) return 'fits';
    if (hello.met !== undefined && hello.met !== this.member.life.id) {
      if (this.isCoordinator) this.reportNewLife(this.member.id);
      return 'stranger';
    }
    if (!isAnother) return 'fits';
    this.reportNewLife(peer);
    return 'stranger';
  }

  /** A link stands. */
  noteConnected(peer: string, life: string): void {
    this.livesMet.set(peer, life);
    this.awaitedPeers.delete(peer);
    this.tellIfBack();
  }

  /** Whether the process cannot go on from the checkpoint before a peer has come back to it, too. */
  awaits(peer: string): boolean {
    return this.awaitedPeers.has(peer);
  }

  /** A peer has left of its own accord: it may come back. */
  noteLeft(peer: string): void {
    this.livesMet.delete(peer);
  }

  // Checkpoints.

  /** Why the process cannot take part in a checkpoint. */
  joinCheckpoint(): PanoramaError | undefined {
    if (!this.member.isRecoverable) return new PanoramaError('not-recordable', whyNotRecoverable(this.member.id));
    this.hasJoinedCheckpoint = true;
    return undefined;
  }

  /** A checkpoint is safely down. */
  announceSaved(snapshotId: string, inputs?: InputsSaved): void {
    this.noteSaved(snapshotId, inputs);
    this.pass({ type: 'control', snapshotId, notice: { kind: 'saved', process: this.member.id, inputs } }, undefined);
  }

  private noteSaved(snapshotId: string, inputs: InputsSaved = {}): void {
    this.parts.commit(snapshotId);
    const saved = inputs[this.member.id];
    if (saved !== undefined) this.member.noteInputsSaved(Math.min(saved, this.parts.inputs));
  }

  // Crashes.

  /** A process has crashed, as far as this one can tell. */
  reportCrash(crash: Crash): void {
    if (!this.isCoordinated) return;
    const { process: peer, error, isGone, hasLeft } = crash;
    const message = messageOf(error);
    const notice: Notice = { kind: 'crashed', process: this.member.id, peer, message, isGone, hasLeft };
    const isNews = this.pass({ type: 'control', snapshotId: this.epoch.snapshotId, notice }, undefined);
    if (isNews) this.member.whenClean(() => this.crashes.next(crash));
  }

  private reportNewLife(process: string): void {
    this.reportCrash({ process, error: new Error('its program was started anew'), isGone: false });
  }

  /** A notice has come in. Returns whether it was about rollbacks. */
  receiveNotice(control: Control, from: string): boolean {
    const { notice, snapshotId } = control;
    if (notice.kind !== 'saved' && notice.kind !== 'crashed' && notice.kind !== 'recovered') return false;
    if (!this.pass(control, from)) return true;
    if (notice.kind === 'saved') this.noteSaved(snapshotId, notice.inputs);
    else if (notice.kind === 'recovered') this.memberIsBack(notice.process, notice.decision);
    else {
      const { peer: process, message, isGone, hasLeft } = notice;
      this.crashes.next({ process, error: new Error(message), isGone, ...(hasLeft && { hasLeft }) });
    }
    return true;
  }

  /** Passes a notice on to everybody, each once. Returns whether it was news. */
  private pass(control: Control, from: string | undefined): boolean {
    const { notice } = control;
    const subject = notice.kind === 'crashed' ? notice.peer : notice.kind === 'recovered' ? notice.process : '';
    const key = `${notice.kind} ${control.snapshotId} ${subject}`;
    if (this.passedOn.has(key) || this.passedOn.size >= MAX_TOLD) return false;
    this.passedOn.add(key);
    for (const peer of this.member.peers()) if (peer !== from) this.member.send(peer, control);
    return true;
  }

  // Going back.

  /** Decides that everybody goes back to a checkpoint. Settles when they have. */
  decide(snapshot: GlobalSnapshot): Promise<void> {
    const { id } = this.member;
    if (!this.member.isRecoverable) throw new PanoramaError('invalid-argument', whyNotRecoverable(id));
    if (snapshot.processes[id] === undefined) {
      throw new PanoramaError(
        'does-not-fit',
        `Expected a snapshot with process "${id}", got one of ${Object.keys(snapshot.processes).join(', ')}.`,
      );
    }
    const number = Math.max(this.epoch.number, this.highestEpoch) + 1;
    const epoch = { number, decision: randomId(this.member.host), snapshotId: snapshot.id };
    const back = new Promise<void>((resolve, reject) => {
      const decided = { decision: epoch.decision, awaited: new Set(Object.keys(snapshot.processes)), resolve, reject };
      this.member.whenClean(() => {
        try {
          this.enter(epoch, partOf(id, snapshot), decided);
        } catch (error) {
          reject(error as Error);
        }
      });
    });
    return back;
  }

  /** Gives up the rollback that this process decided on. */
  stop(why: string): void {
    this.ownDecision?.reject(new PanoramaError('recovery-failed', `The rollback was given up: ${why}.`));
    this.ownDecision = undefined;
    this.crashes.complete();
  }

  private hearOf(epoch: Epoch): void {
    this.highestEpoch = Math.max(this.highestEpoch, epoch.number);
    if (this.isCoordinator) {
      const error = new Error(`the others are in epoch ${epoch.number} already: the coordinator was started anew`);
      return this.reportCrash({ process: this.member.id, error, isGone: false });
    }
    if (this.followedDecision === epoch.decision) return;
    this.followedDecision = epoch.decision;
    void this.follow(epoch);
  }

  private async follow(epoch: Epoch): Promise<void> {
    const { snapshotId } = epoch;
    const { id, loadCheckpoint } = this.member;
    try {
      if (!this.member.isRecoverable) throw new Error(whyNotRecoverable(id));
      const kept = this.parts.get(snapshotId);
      if (kept === undefined && loadCheckpoint === undefined) {
        throw new Error(
          `process "${id}" does not hold it. Start it anew with \`snapshot\`, or give it \`loadCheckpoint\``,
        );
      }
      const part = kept ?? partOf(id, await loadCheckpoint!(snapshotId));
      this.member.whenClean(() => this.enterOrStrand(epoch, part));
    } catch (error) {
      this.strand(epoch, error);
    }
  }

  private enterOrStrand(epoch: Epoch, part: OwnPart | undefined): void {
    try {
      this.enter(epoch, part, undefined);
    } catch (error) {
      this.strand(epoch, error);
    }
  }

  private strand({ number, snapshotId, decision }: Epoch, cause: unknown): void {
    const why = messageOf(cause).slice(0, MAX_WHY);
    this.stranding = { decision, why: `it cannot go back: ${why}` };
    const message = `Expected process "${this.member.id}" to go back to checkpoint ${snapshotId} for epoch ${number}, got: ${why.replace(/\.$/, '')}. Until then it is out of touch with the others.`;
    this.member.onStranded(new PanoramaError('recovery-failed', message, { cause }));
  }

  private enter(epoch: Epoch, part: OwnPart | undefined, decided: Decision | undefined): void {
    if (compareEpochs(epoch, this.epoch) <= 0) return;
    const commit = this.member.prepare(part);
    const superseded = this.ownDecision;
    this.epoch = epoch;
    this.ownDecision = decided;
    this.stranding = undefined;
    this.livesMet.clear();
    this.passedOn.clear();
    if (part !== undefined) {
      if (this.parts.get(epoch.snapshotId) === undefined) this.parts.keep(epoch.snapshotId, part);
      this.parts.rewind(epoch.snapshotId);
    }
    this.awaitedPeers = new Set(peersOf(this.member.id, part).keys());
    commit();
    superseded?.reject(
      new PanoramaError('recovery-failed', `The rollback was superseded by that to epoch ${epoch.number}.`),
    );
    this.tellIfBack();
  }

  private tellIfBack(): void {
    const { number, decision, snapshotId } = this.epoch;
    if (number === 0 || this.awaitedPeers.size > 0) return;
    const { id } = this.member;
    const notice: Notice = { kind: 'recovered', process: id, decision };
    if (this.pass({ type: 'control', snapshotId, notice }, undefined)) this.memberIsBack(id, decision);
  }

  private memberIsBack(process: string, decision: string): void {
    const { ownDecision } = this;
    if (ownDecision?.decision !== decision) return;
    ownDecision.awaited.delete(process);
    if (ownDecision.awaited.size > 0) return;
    this.ownDecision = undefined;
    ownDecision.resolve();
  }
}

/** A rollback that was decided on here. */
interface Decision {
  readonly decision: string;
  /** Those that have not said yet that they are back. */
  readonly awaited: Set<string>;
  resolve(): void;
  reject(error: PanoramaError): void;
}

/** Why a process that something else created cannot be rolled back. */
function whyNotRecoverable(id: string): string {
  return `Expected process "${id}" to be one that can be rolled back, got one whose actor something else created (\`attachProcess\`, \`withPeers\`), without \`recreate\`. Give it \`recreate\`, or use \`createProcess\`.`;
}
