import type { Control } from '../channel/envelope.js';

/** The peers that a process can send to. */
export interface ReachablePeers {
  /** The ids of the peers to which a channel leads and who are there. */
  peers(): Iterable<string>;
  /** Sends a notice to one of them. */
  send(peer: string, control: Control): void;
}
