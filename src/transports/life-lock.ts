/** Locks that tell of the life of a page or a worker: they are freed when it is gone, however it went. */
import { isSessionId, lifeOf } from '../links/session/life.js';

/** A `LockManager`, as far as it is needed: `navigator.locks`. */
export interface LocksLike {
  request(
    name: string,
    options: {
      readonly mode?: 'exclusive' | 'shared';
      readonly signal?: AbortSignal;
      readonly ifAvailable?: boolean;
    },
    callback: (lock: unknown) => unknown,
  ): Promise<unknown>;
}

/** What the names of these locks begin with: no other lock is ever asked for. */
const PREFIX = 'xstate-panorama ';
const MAX_NAME = 1000;

/** A lock that says of its holder: I live. */
export interface LifeLock {
  readonly name: string;
  /** Resolves when it is held; rejects where there can be no locks. */
  readonly held: Promise<void>;
  release(): void;
}

/** Takes a lock of which there is no second one, for one life of a process. */
export function takeLifeLock(locks: LocksLike, id: string): LifeLock {
  const name = `${PREFIX}${id} ${crypto.randomUUID()}`;
  let release: () => void = () => undefined;
  const life = new Promise<void>((resolve) => (release = resolve));
  const held = new Promise<void>((resolve, reject) => {
    const hold = () => {
      resolve();
      return life;
    };
    ask(() => locks.request(name, {}, hold)).catch(reject);
  });
  return { name, held, release };
}

/** Watches the lock of one peer, whichever that is at the time: of its newest life. */
export class LifeWatch {
  private watched: string | undefined;
  private life = '';
  private waiting: AbortController | undefined;

  /** @param freed The lock has been freed: its holder has let go of it, or is gone. */
  constructor(
    private readonly locks: LocksLike,
    private readonly freed: (name: string) => void,
  ) {}

  isWatching(name: string): boolean {
    return this.watched === name;
  }

  /**
   * @param name What the peer says is the name of its lock; it may be anything.
   * @param session The session in which the peer says so; it may be anything.
   */
  watch(name: unknown, session: unknown): void {
    if (this.note(name, session)) this.wait();
  }

  /** As {@link watch}, unless nobody holds the lock: the peer's locks are not these then, but those of another origin. */
  async watchIfHeld(name: unknown, session: unknown): Promise<void> {
    if (!this.note(name, session)) return;
    const asked = ask(() =>
      this.locks.request(name as string, { mode: 'shared', ifAvailable: true }, (lock) => lock === null),
    );
    const isHeld = await asked.catch(() => false);
    if (isHeld && this.isWatching(name as string)) this.wait();
  }

  stop(): void {
    this.watched = undefined;
    this.waiting?.abort();
  }

  /** Returns whether there is another lock to be watched than before. */
  private note(name: unknown, session: unknown): boolean {
    if (!isName(name) || !isSessionId(session)) return false;
    if (lifeOf(session) < this.life) return false; // it is superseded, and may go
    this.life = lifeOf(session);
    if (name === this.watched) return false;
    this.stop();
    this.watched = name;
    return true;
  }

  private wait(): void {
    const name = this.watched!;
    const { signal } = (this.waiting = new AbortController());
    // A request for a lock that is held is granted when its holder is gone.
    const asked = ask(() =>
      this.locks.request(name, { mode: 'shared', signal }, () => {
        if (this.isWatching(name)) this.freed(name);
      }),
    );
    asked.catch(() => undefined); // it was not needed any more; or this page itself is going
  }
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && name.startsWith(PREFIX) && name.length <= MAX_NAME;
}

/** Whatever is thrown is a rejection. */
async function ask(request: () => Promise<unknown>): Promise<unknown> {
  return request();
}
