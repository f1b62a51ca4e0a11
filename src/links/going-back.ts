/** How a process alone in its program goes back: another actor takes the place of its own, and its links begin anew. */
import type { Actor, AnyActorLogic } from 'xstate';
import type { Control } from '../channel/envelope.js';
import type { PanoramaError } from '../errors.js';
import type { RecordedState } from '../global-snapshot.js';
import type { Host } from '../host.js';
import { copyPlain } from '../process/copy-plain.js';
import type { Link } from './link.js';
import type { LinkEvents } from './link-events.js';
import type { LinkedContext } from './linked-context.js';
import type { LinkedProcessConfig } from './linked-process-config.js';
import type { Links } from './links.js';
import type { PeerChannels } from './peer-channels.js';
import type { PeeredProcess } from './peered-process.js';
import { channelsWith, peersOf, type OwnPart } from './rollback/checkpoint-parts.js';
import type { Epoch } from './session/epoch.js';
import type { MemberOwner } from './rollback/member.js';
import type { OwnLife } from './session/life.js';

/** The rest of the process. */
export interface GoingBackOwner {
  /** Makes a process, without an actor yet. */
  createProcess(restoreFrom: RecordedState | undefined): PeeredProcess;
  /** It is about to go back to what this epoch begins with. */
  onGoingBack(epoch: Epoch): void;
  /** The other actor is there, and has yet to be started. */
  onReplaced(process: PeeredProcess): void;
  onInputsSaved(count: number): void;
  /** All is well again. */
  onSettled(): void;
}

/** A process's own part in a rollback. */
export class GoingBack implements MemberOwner {
  readonly id: string;
  readonly host: Host;
  readonly life: OwnLife;

  constructor(
    private readonly context: LinkedContext,
    private readonly spec: Pick<LinkedProcessConfig, 'loadCheckpoint' | 'remake' | 'recreate'>,
    private readonly links: Links,
    private readonly channels: PeerChannels,
    private readonly events: LinkEvents,
    private readonly owner: GoingBackOwner,
  ) {
    ({ id: this.id, host: this.host, life: this.life } = context);
  }

  get isRecoverable(): boolean {
    return this.spec.remake !== undefined;
  }

  get loadCheckpoint(): LinkedProcessConfig['loadCheckpoint'] {
    return this.spec.loadCheckpoint;
  }

  mayPart(peer: string): boolean {
    return this.links.to(peer)?.mayPart ?? false;
  }

  get mayBeginAnew(): boolean {
    return [...this.links].every(({ mayPart }) => mayPart);
  }

  peers(): string[] {
    return this.links.peers();
  }

  send(peer: string, control: Control): void {
    this.links.send(peer, control);
  }

  whenClean(task: () => void): void {
    this.context.stack.whenClean(task);
  }

  prepare(part: OwnPart | undefined): (epoch: Epoch) => void {
    this.links.awaitMissing(part);
    const next = this.owner.createProcess(part?.state);
    const recorded = peersOf(this.id, part);
    const isBygone = ({ hasLeft, peerId }: Link) => hasLeft && !recorded.has(peerId);
    const bygone = [...this.links].filter(isBygone);
    const awaited = [...this.links].filter((link) => !bygone.includes(link));
    const links = awaited.map((link) => [link, link.createIncoming(next)] as const);
    for (const [link, incoming] of links) this.channels.begin(next, link, incoming, part);
    this.spec.remake!(next, part && copyPlain(part.state.snapshot, `processes.${this.id}`));
    const commit = (epoch: Epoch) => {
      const { process } = this.context;
      this.context.process = next;
      this.owner.onGoingBack(epoch);
      (process.actor as Actor<AnyActorLogic> | undefined)?.stop(); // it may still be waiting for one
      for (const [link, incoming] of links) {
        const { sent, received } = channelsWith(link.peerId, this.id, part);
        link.goBack(incoming, sent, received);
        this.events.forgive(link.peer.name);
      }
      for (const link of bygone) link.goBackWithout();
      this.channels.dropRests();
      this.tell(epoch, part);
      for (const [link] of links) link.open();
      if (this.spec.recreate !== undefined) return this.spec.recreate();
      this.owner.onReplaced(next);
      next.start();
    };
    // A subscriber may want to go back once more.
    return (epoch) => this.context.stack.within(() => commit(epoch));
  }

  private tell({ number, snapshotId }: Epoch, part: OwnPart | undefined): void {
    this.context.trace.tellOf(() => {
      const channels = Object.fromEntries(part?.channels.map(([id, messages]) => [id, { messages }]) ?? []);
      const own = part === undefined ? {} : { [this.id]: part.state };
      return {
        type: 'network.rolled-back',
        epoch: number,
        snapshot: { id: snapshotId, processes: own, channels },
      };
    });
  }

  noteInputsSaved(count: number): void {
    this.owner.onInputsSaved(count);
  }

  onSettled(): void {
    this.owner.onSettled();
  }

  onStranded(error: PanoramaError): void {
    this.events.tell({ type: 'link.failed', peer: this.id, error });
  }

  onOverdue(error: PanoramaError, peer = this.id): void {
    this.events.tell({ type: 'link.overdue', peer, error });
  }
}
