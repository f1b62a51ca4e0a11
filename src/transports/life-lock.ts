/** Locks that tell of the life of a page: the browser frees them when it is gone, however it went. */
import { isSessionId, lifeOf } from '../links/session/life.js';

/** A `LockManager`, as far as it is needed: `navigator.locks`. */
export interface LocksLike {
  request(
    name: string,
    options: { readonly mode?: 'exclusive' | 'shared'; readonly signal?: AbortSignal },
    callback: () => unknown,
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
    if (!isName(name) || !isSessionId(session)) return;
    if (lifeOf(session) < this.life) return; // it is superseded, and may go
    this.life = lifeOf(session);
    if (name === this.watched) return;
    this.stop();
    this.watched = name;
    const { signal } = (this.waiting = new AbortController());
    // A request for a lock that is held is granted when its holder is gone.
    const asked = ask(() =>
      this.locks.request(name, { mode: 'shared', signal }, () => {
        if (this.isWatching(name)) this.freed(name);
      }),
    );
    asked.catch(() => undefined); // it was not needed any more; or this page itself is going
  }

  stop(): void {
    this.watched = undefined;
    this.waiting?.abort();
  }
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && name.startsWith(PREFIX) && name.length <= MAX_NAME;
}

/** Whatever is thrown is a rejection. */
async function ask(request: () => Promise<unknown>): Promise<unknown> {
  return request();
}
