/** A process that has crashed. */
export interface Crash {
  readonly process: string;
  /** What its machine threw, or how it came to be known that it is gone. */
  readonly error: unknown;
  /**
   * Whether its program is gone, as far as can be told, or of no use: its thread has exited, its page's lock was freed, its
   * link has failed, it is silent, it cannot go back to the checkpoint.
   */
  readonly isGone: boolean;
  /** Whether it had left in order since the checkpoint that all have just gone back to, which cannot do without it. */
  readonly hasLeft?: boolean | undefined;
}
