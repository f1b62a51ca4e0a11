/** Which life of a process this is, and which session of it: both are ordered, and the newest one counts. */
import type { Host } from '../../host.js';

/** How long a life has just begun, in milliseconds. */
const NEW_MS = 30_000;

/** Digits of the parts of an id, to base 36: of one length, so that ids compare as what they stand for. */
const DIGITS = { number: 9, nonce: 10, session: 6 } as const;

const digits = (value: number, length: number) => value.toString(36).padStart(length, '0').slice(-length);

/** The form of the id of a session: the number of the life, something of its own, and the number of the session. */
const SESSION_ID = /^[0-9a-z]{9}\.[0-9a-z]{10}\.[0-9a-z]{6}$/;
const LIFE_LENGTH = DIGITS.number + 1 + DIGITS.nonce;

/** Whether something is the id of a session. */
export function isSessionId(value: unknown): value is string {
  return typeof value === 'string' && SESSION_ID.test(value);
}

/** The life that a session is one of. Of two lives of a process, the one whose id is greater is the later one. */
export function lifeOf(session: string): string {
  return session.slice(0, LIFE_LENGTH);
}

/** The number of the life that began last, on each machine: those of one program begin one after another, however fast. */
const newest = new WeakMap<Host, number>();

/**
 * The life of a process in this program. Its number is the time of day at which it began; where clocks differ, and a life
 * that has just begun learns of one with a greater number, it takes one that is greater still.
 */
export class OwnLife {
  id: string;
  private sessions = 0;
  /** The lives of peers that have met it. */
  private readonly metBy = new Set<string>();
  private readonly beganAt: number;

  constructor(private readonly host: Host) {
    this.beganAt = host.clock.now();
    const number = Math.max(Math.trunc(host.timeOfDay()), (newest.get(host) ?? 0) + 1);
    newest.set(host, number);
    this.id = this.create(number);
  }

  /** The id of another session of this life, greater than those before. */
  nextSession(): string {
    return `${this.id}.${digits(++this.sessions, DIGITS.session)}`;
  }

  get isMet(): boolean {
    return this.metBy.size > 0;
  }

  noteMet(peerLife: string): void {
    this.metBy.add(peerLife);
  }

  /**
   * A peer knows a life of this process with a greater number. Returns whether this one has taken a number that is greater
   * still; else it is superseded. It keeps its number if that life of the peer has met it, and so knows which came later;
   * or, unless it has just begun, if any has. Were it enough that anybody has, a peer that was started anew, and remembers
   * nothing, would settle it: where the clock went back, for each life to come as well.
   */
  outbid(other: string, peerLife: string): boolean {
    const isNew = this.host.clock.now() - this.beganAt < NEW_MS;
    if (this.metBy.has(peerLife) || (this.isMet && !isNew)) return false;
    this.id = this.create(parseInt(other, 36) + 1);
    return true;
  }

  private create(number: number): string {
    const { random } = this.host;
    return `${digits(number, DIGITS.number)}.${digits(random() * 2 ** 20 + random(), DIGITS.nonce)}`;
  }
}
