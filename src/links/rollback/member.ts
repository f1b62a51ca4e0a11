/** A process's part in rollbacks: which epoch it is in, whom it has met there, and who has crashed. */
import { Observable } from 'rxjs';
import type { memberMachine, MemberEvent } from '../../../machines/member.js';
import type { Control, Notice } from '../../channel/envelope.js';
import { Decider } from '../../decider.js';
import { messageOf, PanoramaError } from '../../errors.js';
import type { GlobalSnapshot, InputsSaved } from '../../global-snapshot.js';
import { randomId, type Host } from '../../host.js';
import { OrderedSubject } from '../../ordered-subject.js';
import type { Crash } from '../../process/crash.js';
import { tabulate } from '../../state-table.js';
import type { ReachablePeers } from '../peers.js';
import { compareEpochs, FIRST_EPOCH, type Epoch } from '../session/epoch.js';
import { MAX_WHY, type Hello } from '../session/frame.js';
import { lifeOf, type OwnLife } from '../session/life.js';
import type { Standing } from '../session/standing.js';
import { Timers } from '../session/timers.js';
import { CheckpointParts, partOf, peersOf, type OwnPart } from './checkpoint-parts.js';
import { Notices } from './notices.js';

/** How long anybody is waited for before that is told, in milliseconds; it is told again each time after as long. */
const OVERDUE_MS = 30_000;

type EventType = MemberEvent['type'];
type Act = 'fetch' | 'goBack' | 'tellBack' | 'tellStranded' | 'watch' | 'unwatch' | 'tellOverdue' | 'resume';

/** Where a process is in what all decide together; see `memberMachine`. */
export type Standpoint = 'alone' | 'acting' | 'impaired' | 'following' | 'returning' | 'stranded' | 'superseded';

/** What comes with an event. */
interface Told {
  readonly epoch?: Epoch;
  /** Puts in place what was made for it. */
  readonly commit?: () => void;
  readonly cause?: unknown;
}

/** The process that takes part. */
export interface MemberOwner extends ReachablePeers {
  readonly id: string;
  readonly host: Host;
  /** This life of the process. */
  readonly life: OwnLife;
  /** Whether another actor can take the place of its own. */
  readonly isRecoverable: boolean;
  /** Fetches a checkpoint that it does not hold. */
  readonly loadCheckpoint: ((snapshotId: string) => Promise<GlobalSnapshot>) | undefined;
  whenClean(task: () => void): void;
  /** Whether a peer that is gone is not missed. */
  mayPart(peer: string): boolean;
  /** Whether that is so of all its peers: then it may begin anew instead of going back. */
  readonly mayBeginAnew: boolean;
  /**
   * Makes what takes its place. Nothing has changed until the function it returns is called, as the epoch begins.
   *
   * @param part Undefined when there was no such process yet: it begins anew.
   * @throws `does-not-fit`.
   */
  prepare(part: OwnPart | undefined): (epoch: Epoch) => void;
  /** So many of its inputs are in every checkpoint that is kept. */
  noteInputsSaved(count: number): void;
  /** It stays where it is, and so out of touch with everybody. */
  onStranded(error: PanoramaError): void;
  /** It has been waiting for a peer for too long; for the coordinator, if none is named. */
  onOverdue(error: PanoramaError, peer: string | undefined): void;
  /** All is well again. */
  onSettled(): void;
}

/**
 * Epochs spread by the hellos of the links, which are repeated until they are answered: a process that hears of a later epoch
 * goes back to its own part of the checkpoint that the epoch began with, and says hello anew. A crash in the middle of a
 * rollback is another rollback, to a later epoch.
 */
export class Member {
  epoch: Epoch = FIRST_EPOCH;
  /** The decision that could not be followed, and why. */
  stranding: Hello['stranded'];
  readonly parts = new CheckpointParts();
  private readonly decider: Decider<EventType, Act, Standpoint, Told>;
  private readonly crashes = new OrderedSubject<Crash>();
  private readonly notices: Notices;
  private readonly timers: Timers<'overdue'>;
  /** By peer: its life in this epoch. A process that comes back has lost what it was: it can join the next epoch only. */
  private readonly livesMet = new Map<string, string>();
  /** Peers that were lost in this epoch, and whose links must stand again before all is well. */
  private readonly awaited = new Set<string>();
  private isCoordinator = false;
  private highestEpoch = 0;
  /** The decision that is being followed, while the checkpoint is fetched; or could not be. */
  private followedDecision = '';
  /** The rollback that this process decided on. */
  private ownDecision: Decision | undefined;

  /** @param origin The snapshot that the process goes on from, if there is one. */
  constructor(
    private readonly owner: MemberOwner,
    origin: GlobalSnapshot | undefined,
    machine: typeof memberMachine,
  ) {
    this.notices = new Notices(owner);
    this.timers = new Timers(owner.host.clock);
    this.decider = new Decider(() => tabulate(machine), this.acts);
    const part = origin && partOf(owner.id, origin);
    if (part === undefined) return;
    this.epoch = { ...FIRST_EPOCH, snapshotId: origin!.id };
    this.parts.keep(origin!.id, part);
  }

  private readonly acts: Readonly<Record<Act, (told: Told) => void>> = {
    fetch: ({ epoch }) => void this.fetch(epoch!),
    goBack: ({ commit }) => commit!(),
    tellBack: () => this.tellBack(),
    tellStranded: ({ epoch, cause }) => this.tellStranded(epoch!, cause),
    watch: () => this.watch(),
    unwatch: () => this.timers.cancelAll(),
    tellOverdue: () => this.tellOverdue(),
    resume: () => this.owner.onSettled(),
  };

  private decide(type: EventType, told: Told = {}): void {
    this.decider.decide(type, told);
  }

  /** Whether the process can be rolled back. */
  get isRecoverable(): boolean {
    return this.owner.isRecoverable;
  }

  get standpoint(): Standpoint {
    return this.decider.value;
  }

  /** Whether there is a coordinator, as far as this process knows. */
  get isCoordinated(): boolean {
    return this.standpoint !== 'alone';
  }

  /** Whether nobody is waited for. */
  get isSettled(): boolean {
    return ['alone', 'acting', 'superseded'].includes(this.standpoint);
  }

  /** Whom it waits for, in words. */
  get waitsFor(): string | undefined {
    if (this.isSettled) return undefined;
    const peers = [...this.awaited].map((peer) => `"${peer}"`).join(', ');
    return `process "${this.owner.id}" is ${this.standpoint}, in epoch ${this.epoch.number}, and waits for ${peers || 'its checkpoint'}`;
  }

  /** Who crashes, here and elsewhere: who asks sees to it. */
  get crashes$(): Observable<Crash> {
    return new Observable((subscriber) => {
      this.decide('coordinator.heard');
      return this.crashes.subscribe(subscriber);
    });
  }

  /** Says who sees to crashes: this process, whose decisions alone count from now on; another one; or nobody any more. */
  coordinatedBy(who: 'this' | 'another' | 'nobody'): void {
    this.isCoordinator = who === 'this';
    if (who !== 'nobody') this.decide('coordinator.heard');
    if (who === 'this') this.awaitOrigin();
    if (who !== 'nobody') return;
    const notice: Notice = { kind: 'uncoordinated', process: this.owner.id };
    this.notices.pass({ type: 'control', snapshotId: this.epoch.snapshotId, notice });
    this.decide('coordinator.left');
  }

  /** A coordinator that goes on from a snapshot waits for those who are in it. */
  private awaitOrigin(): void {
    if (this.epoch.number > 0) return;
    const peers = peersOf(this.owner.id, this.parts.get(this.epoch.snapshotId));
    for (const peer of peers.keys()) if (!this.livesMet.has(peer) && !this.owner.mayPart(peer)) this.noteLost(peer);
  }

  /** Another life acts in this one's place: who sees to crashes here is told, and does so no more. */
  supersede(error: PanoramaError): void {
    this.decide('life.superseded');
    this.crashes.error(error);
  }

  // Who is met.

  lifeMetOf(peer: string): string | undefined {
    return this.livesMet.get(peer);
  }

  /** Whether a hello is that of another life of a peer than was met in this epoch. */
  isAnother(peer: string, { session }: Hello): boolean {
    const met = this.livesMet.get(peer);
    return met !== undefined && met !== lifeOf(session);
  }

  /** Judges a hello, and acts on it when it shows that a process crashed, or rolled back. */
  judge(peer: string, hello: Hello): Standing {
    const order = compareEpochs(hello.epoch, this.epoch);
    const isAnother = this.isAnother(peer, hello);
    if (order > 0) this.hearOf(hello.epoch);
    // It may never come to this epoch: the checkpoint that began it need not be there any more.
    if (order < 0 && isAnother) this.reportNewLife(peer);
    if (order < 0 && this.awaits(peer) && hello.stranded?.decision === this.epoch.decision) {
      this.reportCrash({ process: peer, error: new Error(hello.stranded.why), isGone: true });
      return 'stranded';
    }
    if (order !== 0) return order > 0 ? 'ahead' : 'behind';
    if (!this.isCoordinated) return 'fits';
    if (hello.met !== undefined && hello.met !== this.owner.life.id) {
      if (this.isCoordinator) this.reportNewLife(this.owner.id);
      return 'stranger';
    }
    if (!isAnother && !this.hasBegunElsewhere(peer, hello.epoch)) return 'fits';
    this.reportNewLife(peer);
    return 'stranger';
  }

  /**
   * Whether a peer that was never rolled back does not go on from the snapshot that this process goes on from, and which
   * has a state of it: whatever the channels count, its state is another one.
   */
  private hasBegunElsewhere(peer: string, { snapshotId }: Epoch): boolean {
    if (this.epoch.number > 0 || snapshotId === this.epoch.snapshotId || this.owner.mayPart(peer)) return false;
    return peersOf(this.owner.id, this.parts.get(this.epoch.snapshotId)).has(peer);
  }

  /** A link stands. */
  noteConnected(peer: string, life: string): void {
    this.livesMet.set(peer, life);
    this.awaited.delete(peer);
    this.noteIfBack();
  }

  /** A peer is lost: there is to be a rollback. */
  noteLost(peer: string): void {
    this.awaited.add(peer);
    this.decide('peer.lost');
  }

  /** Whether the process cannot go on before a peer is there, too. */
  awaits(peer: string): boolean {
    return this.awaited.has(peer);
  }

  /** A peer has left of its own accord: it may come back. */
  noteLeft(peer: string): void {
    this.livesMet.delete(peer);
  }

  private noteIfBack(): void {
    if (this.awaited.size === 0) this.decide('peers.back');
  }

  // Checkpoints.

  /** Why the process cannot take part in a checkpoint. */
  joinCheckpoint(): PanoramaError | undefined {
    if (!this.owner.isRecoverable) return new PanoramaError('not-recordable', whyNotRecoverable(this.owner.id));
    this.decide('coordinator.heard');
    return undefined;
  }

  /** A checkpoint is safely down. */
  announceSaved(snapshotId: string, inputs?: InputsSaved): void {
    this.noteSaved(snapshotId, inputs);
    this.notices.pass({ type: 'control', snapshotId, notice: { kind: 'saved', process: this.owner.id, inputs } });
  }

  private noteSaved(snapshotId: string, inputs: InputsSaved = {}): void {
    this.parts.commit(snapshotId);
    const saved = inputs[this.owner.id];
    if (saved !== undefined) this.owner.noteInputsSaved(Math.min(saved, this.parts.inputs));
  }

  // Crashes.

  /** A process has crashed, as far as this one can tell. */
  reportCrash(crash: Crash): void {
    if (!this.isCoordinated) return;
    const { process: peer, error, isGone, hasLeft } = crash;
    const message = messageOf(error);
    const notice: Notice = { kind: 'crashed', process: this.owner.id, peer, message, isGone, hasLeft };
    const isNews = this.notices.pass({ type: 'control', snapshotId: this.epoch.snapshotId, notice });
    if (isNews) this.owner.whenClean(() => this.crashes.next(crash));
  }

  private reportNewLife(process: string): void {
    this.reportCrash({ process, error: new Error('its program was started anew'), isGone: false });
  }

  /** A notice has come in. Returns whether it was about rollbacks. */
  receiveNotice(control: Control, from: string): boolean {
    const { notice, snapshotId } = control;
    if (!KINDS.has(notice.kind)) return false;
    if (!this.notices.pass(control, from)) return true;
    if (notice.kind === 'saved') this.noteSaved(snapshotId, notice.inputs);
    else if (notice.kind === 'recovered') this.noteBack(notice.process, notice.decision);
    else if (notice.kind === 'uncoordinated') this.decide('coordinator.left');
    else if (notice.kind === 'crashed') {
      const { peer: process, message, isGone, hasLeft } = notice;
      this.crashes.next({ process, error: new Error(message), isGone, ...(hasLeft && { hasLeft }) });
    }
    return true;
  }

  // Going back.

  /**
   * Decides that everybody goes back to a checkpoint. Settles when they have.
   *
   * @param number That of the epoch, at the least.
   */
  rollBack(snapshot: GlobalSnapshot, number = 1): Promise<void> {
    const { id, host } = this.owner;
    if (!this.owner.isRecoverable) throw new PanoramaError('invalid-argument', whyNotRecoverable(id));
    if (snapshot.processes[id] === undefined) {
      throw new PanoramaError(
        'does-not-fit',
        `Expected a snapshot with process "${id}", got one of ${Object.keys(snapshot.processes).join(', ')}.`,
      );
    }
    const next = Math.max(number, Math.max(this.epoch.number, this.highestEpoch) + 1);
    const epoch = { number: next, decision: randomId(host), snapshotId: snapshot.id };
    return new Promise((resolve, reject) => {
      const decision = { decision: epoch.decision, awaited: new Set(Object.keys(snapshot.processes)), resolve, reject };
      this.owner.whenClean(() => {
        try {
          this.enter(epoch, partOf(id, snapshot), decision);
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  }

  /** Those that have not come back to what this process has decided on; or, before that, to what it goes on from. */
  get missing(): readonly string[] {
    return [...(this.ownDecision?.awaited ?? this.awaited)];
  }

  /** Gives up the rollback that this process decided on. */
  stop(why: string): void {
    this.timers.cancelAll();
    this.ownDecision?.reject(new PanoramaError('recovery-failed', `The rollback was given up: ${why}.`));
    this.ownDecision = undefined;
    this.crashes.complete();
  }

  private hearOf(epoch: Epoch): void {
    this.highestEpoch = Math.max(this.highestEpoch, epoch.number);
    if (this.isCoordinator) {
      const error = new Error(`the others are in epoch ${epoch.number} already: the coordinator was started anew`);
      return this.reportCrash({ process: this.owner.id, error, isGone: false });
    }
    if (this.followedDecision === epoch.decision) return;
    this.followedDecision = epoch.decision;
    this.decide('epoch.heard', { epoch });
  }

  private async fetch(epoch: Epoch): Promise<void> {
    const { snapshotId } = epoch;
    const { id, loadCheckpoint } = this.owner;
    try {
      if (!this.owner.isRecoverable) throw new Error(whyNotRecoverable(id));
      const kept = this.parts.get(snapshotId);
      const isAnew = kept === undefined && loadCheckpoint === undefined && this.owner.mayBeginAnew;
      if (isAnew && !this.owner.life.isMet) return this.adopt(epoch);
      if (isAnew) return this.owner.whenClean(() => this.enterOrRefuse(epoch, undefined));
      if (kept === undefined && loadCheckpoint === undefined) {
        throw new Error(
          `process "${id}" does not hold it. Start it anew with \`snapshot\`, or give it \`loadCheckpoint\``,
        );
      }
      const part = kept ?? partOf(id, await loadCheckpoint!(snapshotId));
      this.owner.whenClean(() => this.enterOrRefuse(epoch, part));
    } catch (cause) {
      this.decide('epoch.refused', { epoch, cause });
    }
  }

  /** Nobody has met it yet: it joins as it is. */
  private adopt(epoch: Epoch): void {
    this.epoch = epoch;
    this.stranding = undefined;
    this.decide('epoch.adopted');
  }

  private enterOrRefuse(epoch: Epoch, part: OwnPart | undefined): void {
    try {
      this.enter(epoch, part, undefined);
    } catch (cause) {
      this.decide('epoch.refused', { epoch, cause });
    }
  }

  private enter(epoch: Epoch, part: OwnPart | undefined, decision: Decision | undefined): void {
    if (compareEpochs(epoch, this.epoch) <= 0) return;
    const replace = this.owner.prepare(part);
    const commit = () => {
      const superseded = this.ownDecision;
      this.epoch = epoch;
      this.ownDecision = decision;
      this.stranding = undefined;
      this.livesMet.clear();
      this.notices.clear();
      if (part !== undefined) {
        if (this.parts.get(epoch.snapshotId) === undefined) this.parts.keep(epoch.snapshotId, part);
        this.parts.rewind(epoch.snapshotId);
      }
      this.awaited.clear();
      for (const peer of peersOf(this.owner.id, part).keys()) {
        if (this.owner.mayPart(peer)) this.vouchFor(peer);
        else this.awaited.add(peer);
      }
      replace(epoch);
      superseded?.reject(
        new PanoramaError('recovery-failed', `The rollback was superseded by that to epoch ${epoch.number}.`),
      );
      this.noteIfBack();
    };
    this.decide('epoch.entered', { commit });
  }

  private tellBack(): void {
    this.vouchFor(this.owner.id);
  }

  /** Tells everybody that a process is back, or need not be waited for. */
  private vouchFor(id: string): void {
    const { decision, snapshotId } = this.epoch;
    const notice: Notice = { kind: 'recovered', process: id, decision };
    if (this.notices.pass({ type: 'control', snapshotId, notice })) this.noteBack(id, decision);
  }

  private noteBack(process: string, decision: string): void {
    const { ownDecision } = this;
    if (ownDecision?.decision !== decision) return;
    ownDecision.awaited.delete(process);
    if (ownDecision.awaited.size > 0) return;
    this.ownDecision = undefined;
    ownDecision.resolve();
  }

  // What does not go on.

  private tellStranded({ number, snapshotId, decision }: Epoch, cause: unknown): void {
    const why = messageOf(cause).slice(0, MAX_WHY - 50);
    this.stranding = { decision, why: `it cannot go back: ${why}` };
    const message = `Expected process "${this.owner.id}" to go back to checkpoint ${snapshotId} for epoch ${number}, got: ${why.replace(/\.$/, '')}. Until then it is out of touch with the others.`;
    this.owner.onStranded(new PanoramaError('recovery-failed', message, { cause }));
  }

  private watch(): void {
    this.timers.set('overdue', OVERDUE_MS, () => {
      this.watch();
      this.decide('wait.overdue');
    });
  }

  private tellOverdue(): void {
    if (this.awaited.size === 0) this.owner.onOverdue(this.overdue('the checkpoint'), undefined);
    for (const peer of this.awaited) this.owner.onOverdue(this.overdue(`process "${peer}"`), peer);
  }

  private overdue(what: string): PanoramaError {
    const { owner, standpoint } = this;
    return new PanoramaError(
      'recovery-failed',
      `Expected ${what} to be there again within ${OVERDUE_MS} ms, got nothing; process "${owner.id}" is ${standpoint}, in epoch ${this.epoch.number}. See whether it runs, and whether a coordinator does (\`supervise\`).`,
    );
  }
}

/** The notices about rollbacks. */
const KINDS: ReadonlySet<Notice['kind']> = new Set(['saved', 'crashed', 'recovered', 'uncoordinated']);

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
