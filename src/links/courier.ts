/** How a notice finds the supervisor when nobody knows the way. */
import type { Control } from '../envelope.js';

/** Notices that are carried for one snapshot: a limit for hostile peers. */
const MAX_SEEN = 1_000_000;

/** The peers that a process can send to. */
export interface Way {
  /** The ids of the peers to which a channel leads and who are there. */
  peers(): Iterable<string>;
  /** Sends a notice to one of them. */
  send(peer: string, control: Control): void;
}

/**
 * Carries the notices of one snapshot towards its supervisor: straight if a channel leads there; else to the parent, from
 * whom the first marker came, if a channel leads back; else to everybody, each notice once. What was given to a parent
 * who then leaves may not have gone on from there: it goes to everybody else.
 */
export class Courier {
  private readonly seen = new Set<string>();
  /** What the parent was given. */
  private entrusted: Control[] = [];

  constructor(
    private readonly way: Way,
    private readonly supervisor: string,
    private readonly parent: string,
  ) {}

  /** @param from The peer who passed it on; undefined for one of the process's own. */
  deliver(control: Control, from: string | undefined): void {
    const key = keyOf(control);
    if (this.seen.has(key) || this.seen.size >= MAX_SEEN) return;
    this.seen.add(key);
    const peers = new Set(this.way.peers());
    const [one] = [this.supervisor, this.parent].filter((peer) => peers.has(peer));
    if (one !== undefined && one === this.parent && one !== this.supervisor) this.entrusted.push(control);
    for (const peer of one === undefined ? peers : [one]) if (peer !== from) this.way.send(peer, control);
  }

  /** A peer has left. */
  parted(peer: string): void {
    if (peer !== this.parent) return;
    for (const control of this.entrusted) for (const other of this.way.peers()) this.way.send(other, control);
    this.entrusted = [];
  }
}

function keyOf({ notice }: Control): string {
  const { kind, process } = notice;
  return `${kind} ${process} ${kind === 'report' ? notice.part : kind === 'parted' ? notice.peer : ''}`;
}
