import type { LocksLike } from '../../src/transports/broadcast-channel.js';

interface Request {
  readonly mode: 'exclusive' | 'shared';
  /** Resolves when it has let go of the lock. */
  grant(): Promise<void>;
}

/** Locks as a browser manages them, as far as these tests need it: in order, exclusive or shared, freed when a page dies. */
export function createLocks() {
  const queues = new Map<string, { readonly held: Set<Request>; readonly waiting: Request[] }>();

  function serve(name: string): void {
    const { held, waiting } = queues.get(name)!;
    const [next] = waiting;
    const isFree = held.size === 0 || (next?.mode === 'shared' && [...held].every(({ mode }) => mode === 'shared'));
    if (next === undefined || !isFree) return;
    waiting.shift();
    held.add(next);
    void next.grant().finally(() => {
      held.delete(next);
      serve(name);
    });
    serve(name);
  }

  /** A page: what it has as `navigator.locks`, and its death. */
  function openPage() {
    let isDead = false;
    let die: () => void = () => undefined;
    const death = new Promise<void>((resolve) => (die = resolve));
    const locks: LocksLike = {
      request: (name, { mode = 'exclusive', signal, ifAvailable }, callback) =>
        new Promise((resolve, reject) => {
          const queue = queues.get(name) ?? { held: new Set(), waiting: [] };
          queues.set(name, queue);
          if (ifAvailable && queue.held.size > 0) return resolve(callback(null));
          const request: Request = {
            mode,
            async grant() {
              await new Promise(setImmediate);
              if (isDead) return;
              const result = Promise.resolve(callback({ name }));
              result.then(resolve, reject);
              await Promise.race([result, death]);
            },
          };
          signal?.addEventListener('abort', () => {
            const index = queue.waiting.indexOf(request);
            if (index < 0) return;
            queue.waiting.splice(index, 1);
            reject(new Error('aborted'));
          });
          queue.waiting.push(request);
          serve(name);
        }),
    };
    return {
      locks,
      die() {
        isDead = true;
        die();
      },
    };
  }

  return {
    openPage,
    /** The names of the locks that are held. */
    held: () => [...queues].filter(([, { held }]) => held.size > 0).map(([name]) => name),
  };
}
