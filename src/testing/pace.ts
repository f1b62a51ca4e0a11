import type { SimulationProgress } from './simulation-options.js';

/** How often a simulation says how far it has come, and gives way to the event loop, in milliseconds. */
const PROGRESS_MS = 100;

/** How a simulation is told about, and ended early. */
interface PaceOptions {
  readonly runs: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: SimulationProgress) => void) | undefined;
}

/** The pace of a simulation: now and then it gives way. */
export class Pace {
  private readonly startedAt = performance.now();
  private lastProgressAt = this.startedAt;

  constructor(private readonly options: PaceOptions) {}

  get durationMs(): number {
    return performance.now() - this.startedAt;
  }

  /** Gives way to timers and signals, and says how far it has come; now and then. @throws The signal's reason. */
  async breathe(runs: number, failures: number): Promise<void> {
    const { signal, onProgress, runs: of } = this.options;
    const now = performance.now();
    if (now - this.lastProgressAt >= PROGRESS_MS) {
      await new Promise((resolve) => setTimeout(resolve));
      this.lastProgressAt = performance.now();
      onProgress?.({ runs, of, runsPerSecond: (runs * 1000) / (now - this.startedAt), failures });
    }
    signal?.throwIfAborted();
  }
}
