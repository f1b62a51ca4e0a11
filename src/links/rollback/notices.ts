import type { Control } from '../../channel/envelope.js';
import type { ReachablePeers } from '../peers.js';

/** Notices that are passed on in one epoch: a limit for hostile peers. */
const MAX_PASSED = 100_000;

/** What everybody is to know of: who hears of it passes it on, each notice once in an epoch. */
export class Notices {
  private readonly passedOn = new Set<string>();

  constructor(private readonly way: ReachablePeers) {}

  /**
   * Passes a notice on to all peers but the one that it came from. Returns whether it was news.
   *
   * @param from Undefined for one of the process's own.
   */
  pass(control: Control, from?: string): boolean {
    const key = keyOf(control);
    if (this.passedOn.has(key) || this.passedOn.size >= MAX_PASSED) return false;
    this.passedOn.add(key);
    for (const peer of this.way.peers()) if (peer !== from) this.way.send(peer, control);
    return true;
  }

  /** Another epoch has begun. */
  clear(): void {
    this.passedOn.clear();
  }
}

function keyOf({ notice, snapshotId }: Control): string {
  const subject = notice.kind === 'crashed' ? notice.peer : notice.kind === 'recovered' ? notice.process : '';
  return `${notice.kind} ${snapshotId} ${subject}`;
}
