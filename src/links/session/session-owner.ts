import type { Envelope } from '../../channel/envelope.js';
import type { ActorOptionsOfNetwork } from '../../clock.js';
import type { PanoramaError } from '../../errors.js';
import type { Host } from '../../host.js';
import type { DeliveryLimits, DeliveryOwner } from './delivery.js';
import { PROTOCOL, type Hello } from './frame.js';
import type { OwnLife } from './life.js';
import type { Standing } from './standing.js';

/** How a peer parts: of its own accord, without a word, or by being another life of itself. */
export type Parting = { readonly how: 'left' | 'replaced' } | { readonly how: 'gone'; readonly reason: unknown };

/** The owner that a session serves. */
export interface SessionOwner extends DeliveryLimits {
  /** The ids of the two processes, and which channels there are. */
  readonly from: string;
  readonly to: string;
  readonly sends: boolean;
  readonly receives: boolean;
  /** How long the peer may be silent once it has answered, in milliseconds of the clock; undefined: for ever. */
  readonly silenceMs: number | undefined;
  readonly clock: ActorOptionsOfNetwork['clock'];
  readonly host: Host;
  /** This life of the process. */
  readonly life: OwnLife;
  /** The most envelopes that wait to be sent or acknowledged. */
  readonly maxBuffered: number;
  /** The sequence numbers of the first message that this session sends, and of the next one that it is to get. */
  describeChannels(): Pick<Hello, 'next' | 'expects'>;
  /** Whether a new session of the peer can be taken now. */
  mayMeet(hello: Hello): boolean;
  /** What a hello says of the process: in which epoch it is, and whom it has met there. */
  describeSelf(): Pick<Hello, 'met' | 'epoch' | 'stranded'>;
  /** Whether the sender of a hello is in the same epoch. */
  judge(hello: Hello): Standing;
  /** Why the channels of a peer that is new do not go on where those here do; undefined when they do. */
  misfitOf(hello: Hello): string | undefined;
  /** The peer has answered. */
  onConnected(hello: Hello): void;
  /** An envelope has come in, in order. Throws when that is not so after all. */
  onReceived(envelope: Envelope): void;
  /** Something that came in was not a frame of this link, and was dropped. */
  onRefused(error: PanoramaError): void;
  /** Much is waiting for the peer; or not any more. */
  onBacklog: DeliveryOwner['onBacklog'];
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
  /** It has broken, or is over. */
  onFailed(error: PanoramaError): void;
  /** A later life of the process acts in place of this one. */
  onSuperseded(by: string): void;
  /** This life of the process, which nobody has met yet, has taken another number. */
  onOutbid(): void;
}

/** What a session says of itself and of its owner. */
export function helloFrom(
  owner: SessionOwner,
  session: Pick<Hello, 'session' | 'of' | 'received' | 'isConnected'>,
): Hello {
  const { from, to, sends, receives } = owner;
  const said = { ...owner.describeChannels(), ...owner.describeSelf(), ...session };
  return { panorama: PROTOCOL, type: 'hello', from, to, sends, receives, ...said };
}
