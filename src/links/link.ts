/** A link to one peer: two channels over one session. */
import type { EventObject } from 'xstate';
import { Channel, type Receiver, type SendingEnd } from '../channel/channel.js';
import type { Envelope } from '../channel/envelope.js';
import { channelId, type ChannelDescription } from '../channel/topology.js';
import type { DistributiveOmit } from '../distributive-omit.js';
import { PanoramaError } from '../errors.js';
import { copyPlain } from '../process/copy-plain.js';
import type { Crash } from '../process/crash.js';
import type { LinkEvent, LinkEvents } from './link-events.js';
import type { LinkedContext } from './linked-context.js';
import type { ParsedPeer } from './options.js';
import type { Member } from './rollback/member.js';
import { isReserved, type Hello } from './session/frame.js';
import { lifeOf } from './session/life.js';
import type { Backlog } from './session/outbox.js';
import type { Parting, SessionOwner } from './session/session-owner.js';
import { Session } from './session/session.js';
import type { Standing } from './session/standing.js';
import { sizeOf } from './session/size-of.js';

/** The process that a link belongs to. */
export interface LinkOwner {
  readonly context: LinkedContext;
  readonly member: Member;
  readonly events: LinkEvents;
  /** The link has a peer, at last or anew, or has it no more: its channels come or go, and messages count from 1. */
  onJoined(link: Link): void;
  onParted(link: Link, why: string): void;
  /** Its peer is lost, and a rollback is to bring both back: its channels stay, and nothing arrives over them until then. */
  onLost(link: Link, why: string): void;
  /** As far as this link can tell, its peer has crashed. */
  onCrashed(link: Link, crash: Omit<Crash, 'process'>): void;
  /** By what this link's peer says, a later life of the process acts in place of this one. */
  onSuperseded(link: Link, by: string): void;
  /** This life of the process has taken another number: all links begin anew. */
  onOutbid(): void;
}

/** One link of a process; made anew only when the peer is added anew. */
export class Link {
  /** The channel that leads to the peer; undefined on a link that only receives. */
  readonly outgoing: SendingEnd | undefined;
  /** The channel on which the peer's envelopes wait for the process; undefined on a link that only sends. */
  incoming: Channel | undefined;
  readonly peerId: string;
  /** Whether the process counts the peer's channels among its own. */
  isJoined = true;
  /** Whether the peer has said good-bye, or was said good-bye to, and has not come back. */
  hasLeft = false;
  private session: Session;
  private nextSeq: number;
  /** Envelopes on the incoming channel that came of a snapshot, and not over the session. */
  private restoredCount: number;
  /** Whether it has had no peer yet in this epoch. */
  private isFresh = true;
  /** Since when, by the clock of the process, it has had no way to the peer; and how often one was sought. */
  private waitingSince = 0;
  private tries = 0;
  /** Messages that were sent before the session began. */
  private sentBefore: number;

  /**
   * @param sent Messages that were sent on the outgoing channel before.
   * @param received Messages that have come in on the incoming channel before.
   * @param inFlight Messages that a snapshot has in flight on it.
   * @param isRestored Whether these counts must fit the peer's.
   */
  constructor(
    public peer: ParsedPeer,
    private readonly owner: LinkOwner,
    sent: number,
    received: number,
    inFlight: number,
    private isRestored: boolean,
  ) {
    this.peerId = peer.id;
    this.sentBefore = sent;
    this.nextSeq = received + inFlight + 1;
    this.restoredCount = inFlight;
    this.session = this.createSession();
    this.incoming = this.createIncoming(owner.context.process);
    if (peer.direction !== 'receive') {
      const id = channelId(owner.context.id, peer.id);
      this.outgoing = {
        id,
        send: (envelope) => this.session.push(envelope),
        check: (event) => {
          if (isReserved(event)) {
            throw new PanoramaError(
              'not-recordable',
              `Expected an event of the application for channel "${id}", got XState's own "${event.type}". Rename it.`,
            );
          }
          if (!isFlat(event)) copyPlain(event, `event "${event.type}" on channel "${id}"`);
          this.refuseLarge(event, id);
        },
      };
    }
  }

  get isConnected(): boolean {
    return this.session.isConnected;
  }

  /** What is waiting for the peer. */
  get backlog(): Backlog {
    return this.session.backlog;
  }

  /** Its channels, as they stand in a topology. */
  get channels(): ChannelDescription[] {
    const { id: own } = this.owner.context;
    const { peerId } = this;
    return this.channelIds.map((id) => {
      const [from, to] = id === this.outgoing?.id ? [own, peerId] : [peerId, own];
      return { id, from, to, fifo: true };
    });
  }

  /** The ids of its channels. */
  get channelIds(): string[] {
    return [this.outgoing?.id, this.incoming?.id].filter((id) => id !== undefined);
  }

  /** What goes in pieces has to be put together again, in the peer's memory. */
  private refuseLarge(event: EventObject, channel: string): void {
    const { transport, maxMessageBytes } = this.peer;
    if (transport.text === undefined) return;
    const bytes = sizeOf(event);
    if (bytes <= maxMessageBytes) return;
    throw new PanoramaError(
      'not-recordable',
      `Expected an event of at most ${maxMessageBytes} bytes for channel "${channel}", got "${event.type}" of about ${Math.round(bytes)}. Send it in parts, or raise \`maxMessageBytes\` on both sides.`,
    );
  }

  open(): void {
    this.waitingSince = this.owner.context.now();
    this.session.open();
  }

  /** @param lingers Whether what is waiting may take a moment to go out. */
  close(lingers: boolean): void {
    this.session.close(lingers);
  }

  /** Another life of this process acts in its place. */
  supersede(by: string): void {
    this.session.supersede(by);
  }

  /** A new channel on which the peer's envelopes wait; undefined on a link that only sends. */
  createIncoming(receiver: Receiver): Channel | undefined {
    const { schedule, id } = this.owner.context;
    return this.peer.direction === 'send' ? undefined : new Channel(channelId(this.peerId, id), schedule, receiver);
  }

  /** The process goes back, and the peer, which has left, with it only if it comes again. */
  goBackWithout(): void {
    this.isFresh = true;
    this.session.restart();
  }

  /** The process goes back: the channels count from there, and nothing of what is under way arrives. */
  goBack(incoming: Channel | undefined, sent: number, received: number): void {
    this.incoming?.close();
    this.incoming = incoming;
    const wasThere = this.isJoined;
    this.sentBefore = sent;
    this.restoredCount = incoming?.size ?? 0;
    this.nextSeq = received + this.restoredCount + 1;
    this.isJoined = this.isFresh = this.isRestored = true;
    if (this.session.isOver) this.session = this.createSession();
    else this.session.restart();
    if (this.mayPart && !wasThere) return this.partFromChannels(`process "${this.peerId}" was not there`);
    if (this.hasLeft) this.session.awaitReturn();
  }

  /** How many messages have been sent and received on its channels, as it joins. */
  get counts(): { readonly sent: number; readonly received: number } {
    return { sent: this.sentBefore, received: this.nextSeq - 1 };
  }

  /** Begins anew: this life of the process has taken another number. */
  restart(): void {
    this.session.restart();
  }

  /** Goes on over another way; its peer may be another life of the same process. */
  reroute(peer: ParsedPeer): void {
    this.peer = peer;
    if (!this.session.isOver) return this.session.reroute(peer.transport);
    this.session = this.createSession();
    this.open();
  }

  private createSession(): Session {
    return new Session(this.sessionOwner(), this.peer.transport, this.owner.context.sessionMachine);
  }

  private sessionOwner(): SessionOwner {
    const { owner, peer } = this;
    return {
      from: owner.context.id,
      to: peer.id,
      sends: peer.direction !== 'receive',
      receives: peer.direction !== 'send',
      maxBuffered: peer.maxBuffered,
      maxBufferedBytes: peer.maxBufferedBytes,
      maxMessageBytes: peer.maxMessageBytes,
      silenceMs: peer.silenceMs,
      clock: owner.context.clock,
      host: owner.context.host,
      life: owner.context.life,
      onSilent: () => this.tell({ type: 'link.silent' }),
      onMissed: () => {
        const error = new Error('it had left since, and does not answer');
        owner.onCrashed(this, { error, isGone: true, hasLeft: true });
      },
      describeChannels: () => ({ next: this.sentBefore + 1, expects: this.nextSeq }),
      mayMeet: (hello: Hello) => this.mayMeet(hello),
      describeSelf: () => {
        const { epoch, stranding: stranded } = owner.member;
        return { epoch, stranded, met: owner.member.lifeMetOf(peer.id) };
      },
      judge: (hello: Hello) => this.judge(hello),
      misfitOf: (hello: Hello) => this.misfitOf(hello),
      onConnected: (hello: Hello) => this.peerConnected(hello),
      onReceived: (envelope: Envelope) => this.receiveEnvelope(envelope),
      onRefused: (error: PanoramaError) => this.tell({ type: 'link.refused', error }),
      onBacklog: (type, backlog) => this.tell({ type, backlog }),
      onCut: (reason: unknown) => {
        this.waitingSince = owner.context.now();
        this.tell({ type: 'link.cut', reason });
      },
      onWaiting: (reason: unknown, nextMs: number | undefined) => {
        const waitedMs = owner.context.now() - this.waitingSince;
        this.tell({ type: 'link.waiting', reason, tries: ++this.tries, waitedMs, nextMs });
      },
      onParted: (how: Parting, unsent: number) => this.peerParted(how, unsent),
      onFailed: (error: PanoramaError) => {
        this.lose(error.message);
        this.tell({ type: 'link.failed', error });
        // While the way stands, so does the peer's program.
        this.tellCrash({ error, isGone: this.session.isOver });
      },
      onSuperseded: (by: string) => owner.onSuperseded(this, by),
      onOutbid: () => owner.onOutbid(),
    };
  }

  private judge(hello: Hello): Standing {
    const { member } = this.owner;
    if (this.mayPart && member.isAnother(this.peerId, hello)) member.noteLeft(this.peerId);
    return member.judge(this.peerId, hello);
  }

  /** A session of the peer that is new is taken when what the last one sent has been delivered. */
  private mayMeet({ next, expects }: Hello): boolean {
    if (!this.isFresh && this.incoming !== undefined && this.incoming.size > 0) return false;
    const isAnew = next === 1 && expects === 1;
    const { sent, received } = this.counts;
    // It has nothing of what went between it and here: nor has this end, from now on.
    if (this.mayPart && isAnew && sent + received > 0) this.forget(`process "${this.peerId}" came anew`);
    return true;
  }

  private peerConnected(hello: Hello): void {
    this.isRestored = this.isFresh = this.hasLeft = false;
    this.tries = 0;
    if (!this.isJoined) this.join();
    this.owner.member.noteConnected(this.peerId, lifeOf(hello.session));
    this.tell({ type: 'link.connected' });
  }

  private misfitOf({ sends, receives, next }: Hello): string | undefined {
    const { direction } = this.peer;
    const expected = direction === 'both' ? [true, true] : [direction === 'receive', direction === 'send'];
    if (sends !== expected[0] || receives !== expected[1]) {
      return 'one side sends where the other does not receive. Give both the opposite `direction`';
    }
    if (this.incoming === undefined || next === this.nextSeq) return undefined;
    return this.isRestored
      ? `the peer goes on with message ${next}, and message ${this.nextSeq} is next here. Restore both from one snapshot`
      : `the peer goes on with message ${next}, and this process knows none. It was restored, or has known another life of this process: restore or restart both`;
  }

  /** The end-to-end check: whatever lies between, messages count up by one, and a marker tells how many there were. */
  private receiveEnvelope(envelope: Envelope): void {
    if (this.incoming === undefined) throw new Error('this link only sends');
    if (envelope.type !== 'control') {
      const seq = envelope.type === 'message' ? envelope.seq : envelope.seq + 1;
      if (seq !== this.nextSeq) throw new Error(`message ${this.nextSeq} was next, got ${seq}`);
      if (envelope.type === 'message') this.nextSeq++;
    }
    this.incoming.send(envelope);
  }

  /** The process takes the next envelope. */
  giveCredit(): void {
    if (this.restoredCount > 0) this.restoredCount--;
    else this.session.giveCredit();
  }

  private peerParted(parting: Parting, unsent: number): void {
    const { how } = parting;
    const lost = unsent > 0 ? `; ${unsent} envelopes had not reached it` : '';
    const why = `process "${this.peerId}" ${WORDS[how]}${lost}`;
    if (how === 'left') this.part(why);
    else this.lose(why);
    if (how === 'gone') {
      const { reason } = parting;
      this.tell({ type: 'link.gone', reason });
      return this.tellCrash({ error: reason, isGone: true });
    }
    this.tell({ type: `link.${how}` });
    if (how === 'replaced') return this.tellCrash({ error: new Error('its program was started anew'), isGone: false });
    this.hasLeft = true;
    this.owner.member.noteLeft(this.peerId);
    if (this.owner.member.awaits(this.peerId)) this.session.awaitReturn();
  }

  /** Whether a peer that is gone is not missed. */
  get mayPart(): boolean {
    return this.peer.onLoss === 'part';
  }

  private tellCrash(crash: Omit<Crash, 'process'>): void {
    if (this.mayPart) this.owner.member.noteLeft(this.peerId);
    else this.owner.onCrashed(this, crash);
  }

  /** Parts from a peer that did not leave by itself; where somebody sees to crashes, that is undone by a rollback. */
  private lose(why: string): void {
    const { member } = this.owner;
    if (!member.isCoordinated || this.mayPart) this.part(why);
    else if (this.isJoined) this.owner.onLost(this, why);
  }

  private part(why: string): void {
    if (this.isJoined) this.forget(why);
  }

  /** Whoever comes next begins anew. */
  private forget(why: string): void {
    this.partFromChannels(why);
    this.sentBefore = 0;
    this.nextSeq = 1;
  }

  private partFromChannels(why: string): void {
    if (!this.isJoined) return;
    this.isJoined = false;
    this.owner.onParted(this, why);
  }

  private join(): void {
    this.isJoined = true;
    this.incoming = this.createIncoming(this.owner.context.process);
    this.restoredCount = 0;
    this.owner.onJoined(this);
  }

  private tell(event: DistributiveOmit<LinkEvent, 'peer'>): void {
    this.owner.events.tell({ ...event, peer: this.peer.name } as LinkEvent);
  }
}

const WORDS = { left: 'left', replaced: 'was started anew', gone: 'is gone' };

/** Most events are: there is nothing in them to be refused. */
function isFlat(event: EventObject): boolean {
  for (const key in event) {
    const value = (event as unknown as Record<string, unknown>)[key];
    if (typeof value === 'object' || typeof value === 'function' || typeof value === 'symbol') return false;
  }
  return true;
}
