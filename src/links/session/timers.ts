/** A few timers by name, of each at most one. In Node they do not keep a program from ending. */
export class Timers<TName extends string> {
  private readonly timers = new Map<TName, ReturnType<typeof setTimeout>>();

  has(name: TName): boolean {
    return this.timers.has(name);
  }

  set(name: TName, delayMs: number, run: () => void): void {
    this.cancel(name);
    const timer = setTimeout(() => {
      this.timers.delete(name);
      run();
    }, delayMs);
    (timer as { unref?: () => void }).unref?.();
    this.timers.set(name, timer);
  }

  cancel(name: TName): void {
    clearTimeout(this.timers.get(name));
    this.timers.delete(name);
  }

  cancelAll(): void {
    for (const name of [...this.timers.keys()]) this.cancel(name);
  }
}
