import type { Envelope } from '../../channel/envelope.js';
import type { ActorOptionsOfNetwork } from '../../clock.js';
import type { PanoramaError } from '../../errors.js';
import { PROTOCOL, type Hello } from './frame.js';
import type { Standing } from './standing.js';

/** How a peer parts: of its own accord, without a word, or by being another life of itself. */
export type Parting = { readonly how: 'left' | 'replaced' } | { readonly how: 'gone'; readonly reason: unknown };

/** The owner that a session serves. */
export interface SessionOwner {
  /** The ids of the two processes, and which channels there are. */
  readonly from: string;
  readonly to: string;
  readonly sends: boolean;
  readonly receives: boolean;
  /** How long the peer may be silent once it has answered, in milliseconds of the clock; undefined: for ever. */
  readonly silenceMs: number | undefined;
  readonly clock: ActorOptionsOfNetwork['clock'];
  /** The most envelopes that wait to be sent or acknowledged. */
  readonly maxBuffered: number;
  /** The sequence number of the first message that this session sends. */
  nextSeq(): number;
  /** Whether a new peer can be taken now: what the last one sent has been delivered. */
  isReady(): boolean;
  /** What a hello says of the process: which life of it this is, and in which epoch. */
  describeSelf(): Pick<Hello, 'life' | 'met' | 'epoch' | 'stranded'>;
  /** Whether the sender of a hello is in the same epoch. */
  judge(hello: Hello): Standing;
  /** The peer has answered. Throws when its channels do not fit. @param isNew Whether this life of it never did before. */
  onConnected(hello: Hello, isNew: boolean): void;
  /** An envelope has come in, in order. Throws when that is not so after all. */
  onReceived(envelope: Envelope): void;
  /** Something that came in was not a frame of this link, and was dropped. */
  onRefused(error: PanoramaError): void;
  /** The way is cut, for now. */
  onCut(reason: unknown): void;
  /** It could not be opened, or restored. */
  onWaiting(reason: unknown, nextMs: number | undefined): void;
  /** The peer has parted: so many envelopes did not reach it. */
  onParted(how: Parting, unsent: number): void;
  /** Nothing was heard of the peer for too long. */
  onSilent(): void;
  /** A peer that had left is needed again, and does not answer. */
  onMissed(): void;
  /** It is over. */
  onFailed(error: PanoramaError): void;
}

/** What a session says of itself and of its owner. */
export function helloFrom(
  owner: SessionOwner,
  session: Pick<Hello, 'session' | 'of' | 'received' | 'isConnected'>,
): Hello {
  const { from, to, sends, receives } = owner;
  const next = owner.nextSeq();
  return { panorama: PROTOCOL, type: 'hello', from, to, sends, receives, next, ...owner.describeSelf(), ...session };
}
