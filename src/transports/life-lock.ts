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

/** How an end of a way learns of the other's end. */
export interface LifeLineOptions {
  /** Resolves when all that the peer had posted has come in: a good-bye may be on its way. Rejects where nothing can. */
  drained(): Promise<void>;
  /** The peer has let go of its lock. */
  gone(): void;
  /** Whether both ends have the same locks for certain; else a lock that nobody holds is taken for one of another origin. */
  readonly sharesLocks: boolean;
}

/** What the two ends of a way know of each other's life: each holds a lock as long as it lives, and watches the other's. */
export class LifeLine {
  /** The name of this end's lock, once it is held. */
  name: string | undefined;
  private readonly lock: LifeLock | undefined;
  private readonly watch: LifeWatch | undefined;

  /** @param locks Undefined where there are none: then nothing is known. */
  constructor(
    locks: LocksLike | undefined,
    id: string,
    private readonly options: LifeLineOptions,
  ) {
    this.lock = locks && takeLifeLock(locks, id);
    this.watch = locks && new LifeWatch(locks, (name) => void this.freed(name));
  }

  /** Resolves when this end holds its lock, so that the peer can be told of it; or when there is none to be had. */
  async held(): Promise<void> {
    try {
      await this.lock?.held;
      this.name = this.lock?.name;
    } catch {
      // Locks are refused, as to documents without an origin.
    }
  }

  /** Anything has come from the peer: in this session, with the name of its lock. Both may be anything. */
  heard(name: unknown, session: unknown): void {
    if (this.options.sharesLocks) this.watch?.watch(name, session);
    else void this.watch?.watchIfHeld(name, session);
  }

  end(): void {
    this.watch?.stop();
    this.lock?.release();
  }

  private async freed(name: string): Promise<void> {
    try {
      await this.options.drained();
    } catch {
      return; // the way leads nowhere
    }
    if (!this.watch!.isWatching(name)) return;
    this.watch!.stop();
    this.options.gone();
  }
}

/** A lock that says of its holder: I live. */
interface LifeLock {
  readonly name: string;
  /** Resolves when it is held; rejects where there can be no locks. */
  readonly held: Promise<void>;
  release(): void;
}

/** Takes a lock of which there is no second one, for one life of a process. */
function takeLifeLock(locks: LocksLike, id: string): LifeLock {
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
class LifeWatch {
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
