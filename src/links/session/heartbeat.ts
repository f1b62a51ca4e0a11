/** Notices that nothing is heard of a peer any more. */
import type { ActorOptionsOfNetwork } from '../../clock.js';

/** Questions that may go without an answer. */
const QUESTIONS = 3;

/** What a heartbeat is made with. */
export interface HeartbeatOptions {
  /** How long a peer may be silent, in milliseconds of the clock. */
  readonly silenceMs: number;
  readonly clock: ActorOptionsOfNetwork['clock'];
  /** Asks the peer whether it is there. */
  ask(): void;
  /** It has not answered. */
  silent(): void;
}

/**
 * Asks again and again, and counts questions without an answer rather than time: a process that was asleep itself, as a page in
 * the background with throttled timers is, takes no peer for dead. Answers come by events, which are not throttled.
 */
export class Heartbeat {
  private timer: unknown;
  private unanswered = 0;

  constructor(private readonly options: HeartbeatOptions) {}

  /** Anything has come from the peer, or has gone out that was waiting. */
  heard(): void {
    this.unanswered = 0;
  }

  start(): void {
    this.stop();
    this.unanswered = 0;
    this.wait();
  }

  stop(): void {
    const clock = this.options.clock ?? globalThis;
    if (this.timer !== undefined) clock.clearTimeout(this.timer as never);
    this.timer = undefined;
  }

  private wait(): void {
    const { clock = globalThis, silenceMs } = this.options;
    this.timer = clock.setTimeout(() => this.beat(), silenceMs / QUESTIONS);
    (this.timer as { unref?: () => void }).unref?.();
  }

  private beat(): void {
    this.timer = undefined;
    if (this.unanswered === QUESTIONS) return this.options.silent();
    this.unanswered++;
    this.options.ask();
    this.wait();
  }
}
