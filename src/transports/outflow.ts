/** What has been given to a socket and has not gone out: when to wait, and a sign of life while it shrinks. */

/** A socket, as far as it is needed. One that does not tell is never full. */
export interface BufferingSocket {
  /** Bytes that were given to it and have not gone out. */
  readonly bufferedAmount?: number;
}

/** How much may wait, in bytes: what else is to be said, as an answer to a question, stands behind it. */
const FULL_BYTES = 256 * 1024;
/** How long until it is looked at again, in milliseconds, as nobody tells; doubles up to the second number while nothing moves. */
const LOOK_MS = [1, 50] as const;

/** Watches what one socket has still to send. */
export class Outflow {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lookMs: number = LOOK_MS[0];
  private last = 0;

  /** @param drained Some has gone out, and there is room again. */
  constructor(
    private readonly socket: BufferingSocket,
    private readonly drained: () => void,
  ) {}

  /** Bytes that wait. */
  get waiting(): number {
    return this.socket.bufferedAmount ?? 0;
  }

  get isFull(): boolean {
    return this.waiting > FULL_BYTES;
  }

  /** Something was sent. */
  noteSent(): void {
    if (this.isFull && this.timer === undefined) this.look();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private look(): void {
    const { waiting } = this;
    this.lookMs = waiting < this.last ? LOOK_MS[0] : Math.min(2 * this.lookMs, LOOK_MS[1]);
    this.last = waiting;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.isFull) return this.look();
      this.drained();
    }, this.lookMs);
  }
}
