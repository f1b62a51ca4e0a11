import type { Host } from '../../host.js';

/** A few timers by name, of each at most one. */
export class Timers<TName extends string> {
  private readonly timers = new Map<TName, unknown>();

  constructor(private readonly clock: Host['clock']) {}

  has(name: TName): boolean {
    return this.timers.has(name);
  }

  set(name: TName, delayMs: number, run: () => void): void {
    this.cancel(name);
    const timer: unknown = this.clock.setTimeout(() => {
      this.timers.delete(name);
      run();
    }, delayMs);
    this.timers.set(name, timer);
  }

  cancel(name: TName): void {
    if (this.has(name)) this.clock.clearTimeout(this.timers.get(name) as never);
    this.timers.delete(name);
  }

  cancelAll(): void {
    for (const name of [...this.timers.keys()]) this.cancel(name);
  }
}
