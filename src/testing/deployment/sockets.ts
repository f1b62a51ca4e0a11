/** Ways between programs, as sockets make them: connections break, are made anew, and lose what was on them. */
import type { Frame, FrameReceiver, FrameSender, Transport } from '../../index.js';
import type { Life } from './life.js';

/** How long until a connection is tried again, in milliseconds; doubles up to the second number. */
const RETRY_MS = [100, 3200] as const;
/** How often an end looks whether the other one is there, in milliseconds: twice in vain, and the connection is over. */
const PULSE_MS = 10_000;

/** What comes in at an end, in order. */
type Incoming =
  | { readonly type: 'up' }
  | { readonly type: 'frame'; readonly frame: Frame }
  /** The other end has closed, or hung up. */
  | { readonly type: 'down'; readonly why: Error };

/** Two ends that are connected. */
interface Connection {
  readonly ends: readonly [End, End];
  /** Whether it leads nowhere any more; perhaps one end does not know that. */
  isBroken: boolean;
}

/** One end: what a life has opened to a program. */
class End {
  connection: Connection | undefined;
  /** Why it is to be told that the connection is over. */
  private lost: Error | undefined;
  private readonly incoming: Incoming[] = [];
  private tries = 0;
  isOpen = true;

  constructor(
    readonly life: Life,
    readonly peer: string,
    private readonly receiver: FrameReceiver,
    private readonly sockets: Sockets,
  ) {
    if (sockets.dials(life.id, peer)) this.dialLater(0);
  }

  /** How much has not arrived yet. */
  get waiting(): number {
    return this.incoming.length;
  }

  /** Whether something can arrive now. */
  get canArrive(): boolean {
    if (!this.isOpen || !this.life.isAwake) return false;
    return this.lost !== undefined || (this.waiting > 0 && !this.sockets.isHeld(this.peer, this.life.id));
  }

  /** The next thing arrives. */
  arrive(): void {
    const next: Incoming = this.lost === undefined ? this.incoming.shift()! : { type: 'down', why: this.lost };
    const { life, receiver } = this;
    if (next.type === 'up') life.attempt(() => receiver.up());
    else if (next.type === 'frame') life.attempt(() => receiver.frame(next.frame));
    else this.goDown(next.why);
  }

  private goDown(why: Error): void {
    if (this.lost === undefined) this.connection = undefined;
    this.lost = undefined;
    const isDialling = this.sockets.dials(this.life.id, this.peer);
    if (isDialling) this.dialLater(RETRY_MS[0]);
    this.life.attempt(() => this.receiver.down(why, isDialling ? RETRY_MS[0] : undefined));
  }

  send(frame: Frame): void {
    const { connection } = this;
    if (!this.isOpen || this.life.isOver || connection === undefined || connection.isBroken) return;
    otherEnd(connection, this).incoming.push({ type: 'frame', frame: copyOf(frame) });
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.sockets.remove(this);
    this.hangUp();
  }

  /** The other end is told, after all that was sent before. */
  hangUp(): void {
    const { connection } = this;
    if (connection === undefined || connection.isBroken) return;
    connection.isBroken = true;
    otherEnd(connection, this).incoming.push({ type: 'down', why: new Error('the other end has hung up') });
  }

  connect(connection: Connection): void {
    this.tries = 0;
    this.connection = connection;
    this.incoming.push({ type: 'up' });
    this.feelPulse(connection, 0);
  }

  /** Its connection is over. */
  lose(why: Error): void {
    this.connection = undefined;
    this.incoming.length = 0;
    this.lost = why;
  }

  private dialLater(delayMs: number): void {
    this.life.host.clock.setTimeout(() => {
      if (!this.isOpen || this.connection !== undefined) return;
      if (this.sockets.connect(this)) return;
      const nextMs = Math.min(RETRY_MS[0] * 2 ** this.tries++, RETRY_MS[1]);
      this.dialLater(nextMs);
      this.receiver.down(new Error(`no connection to "${this.peer}"`), nextMs);
    }, delayMs);
  }

  private feelPulse(connection: Connection, missed: number): void {
    this.life.host.clock.setTimeout(() => {
      if (this.connection !== connection || !this.isOpen) return;
      const isThere = !connection.isBroken && this.sockets.isReachable(this, otherEnd(connection, this));
      if (isThere || missed === 0) return this.feelPulse(connection, isThere ? 0 : 1);
      breakUp(connection, [this], new Error('the other end does not answer'));
    }, PULSE_MS);
  }
}

/** All ways of a deployment. */
export class Sockets {
  private readonly ends = new Set<End>();
  /** Directions in which nothing passes, as `from->to`. */
  private readonly held = new Set<string>();

  /** @param programs In their order: each listens to those after it. */
  constructor(private readonly programs: readonly string[]) {}

  [Symbol.iterator](): Iterator<End> {
    return this.ends[Symbol.iterator]();
  }

  /** The transport of a life to a program. */
  transport(life: Life, peer: string): Transport {
    return {
      losesWhileUp: false,
      survivesDown: true,
      open: (receiver): FrameSender => {
        const end = new End(life, peer, receiver, this);
        this.ends.add(end);
        return { send: (frame) => end.send(frame), close: () => end.close() };
      },
    };
  }

  dials(from: string, to: string): boolean {
    return this.programs.indexOf(from) > this.programs.indexOf(to);
  }

  isHeld(from: string, to: string): boolean {
    return this.held.has(`${from}->${to}`);
  }

  hold(from: string, to: string): void {
    this.held.add(`${from}->${to}`);
  }

  free(from: string, to: string): void {
    this.held.delete(`${from}->${to}`);
  }

  freeAll(): void {
    this.held.clear();
  }

  isReachable(end: End, other: End): boolean {
    const isHeld = this.isHeld(end.life.id, end.peer) || this.isHeld(end.peer, end.life.id);
    return other.isOpen && other.life.isAwake && !isHeld;
  }

  /** Connects an end to the newest life that listens; what that was connected to before is over. */
  connect(end: End): boolean {
    const listening = [...this.ends].filter(({ life, peer }) => life.id === end.peer && peer === end.life.id);
    const other = listening.findLast((one) => this.isReachable(end, one));
    if (other === undefined) return false;
    if (other.connection !== undefined) breakUp(other.connection, other.connection.ends, new Error('connected anew'));
    const connection: Connection = { ends: [end, other], isBroken: false };
    for (const one of connection.ends) one.connect(connection);
    return true;
  }

  /** Breaks the connections between two programs. Returns whether there were any. */
  cut(first: string, second: string, told: 'both' | 'first' | 'second'): boolean {
    const ends = [...this.ends].filter(({ life, peer }) => life.id === first && peer === second);
    const connections = ends.flatMap(({ connection }) => (connection?.isBroken === false ? connection : []));
    for (const connection of connections) {
      const hears = ({ life }: End) => told === 'both' || life.id === (told === 'first' ? first : second);
      breakUp(connection, connection.ends.filter(hears), new Error('ECONNRESET: connection reset by peer'));
    }
    return connections.length > 0;
  }

  /** A life has ended; the others are told, or not. */
  abandon(life: Life, isTold: boolean): void {
    for (const end of [...this.ends].filter((one) => one.life === life)) {
      end.isOpen = false;
      this.ends.delete(end);
      if (isTold) end.hangUp();
      else if (end.connection !== undefined) breakUp(end.connection, [], new Error('nobody is told'));
    }
  }

  remove(end: End): void {
    this.ends.delete(end);
  }
}

const otherEnd = ({ ends }: Connection, end: End): End => ends.find((one) => one !== end)!;

/**
 * A connection leads nowhere any more.
 *
 * @param told The ends that hear so at once.
 */
function breakUp(connection: Connection, told: readonly End[], why: Error): void {
  connection.isBroken = true;
  for (const end of told) if (end.connection === connection) end.lose(why);
}

/** What is sent is the receiver's own. */
function copyOf(frame: Frame): Frame {
  return frame.type === 'data' ? { ...frame, items: structuredClone(frame.items) } : frame;
}
