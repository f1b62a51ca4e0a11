/**
 * Keeps what must run on a clean stack until no process of the network is in the middle of a step:
 * docs/traps.md#in-the-middle-of-a-macrostep.
 */
export class CleanStack {
  private depth = 0;
  private readonly waiting: (() => void)[] = [];

  /** A step begins, perhaps within another. */
  enter(): void {
    this.depth++;
  }

  /** It ends; as the outermost one does, what waited is run. */
  leave(): void {
    if (--this.depth > 0) return;
    for (let task = this.waiting.shift(); task !== undefined; task = this.waiting.shift()) task();
  }

  /** Does something as one step. */
  within(run: () => void): void {
    this.enter();
    try {
      run();
    } finally {
      this.leave();
    }
  }

  /** Whether no process is in the middle of a step. */
  get isClean(): boolean {
    return this.depth === 0;
  }

  /** Runs a task now, or as the outermost step ends. */
  whenClean(task: () => void): void {
    if (this.isClean) task();
    else this.waiting.push(task);
  }
}
