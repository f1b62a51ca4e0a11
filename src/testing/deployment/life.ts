/** One life of a program: all that is gone when it is killed. */
import type { Host } from '../../host.js';
import type { CreatedProcess } from '../../index.js';
import { createRandom, type Random } from '../../schedule/random.js';
import type { SimulatedClock } from '../simulated-clock.js';
import { SimulatedSchedule } from '../simulated-schedule.js';
import type { RunningProgram } from './program.js';

/** The world, as far as a machine knows it. */
export interface Surroundings {
  readonly clock: SimulatedClock;
  /** The time of day of a program's machine, in milliseconds. */
  timeOfDay(program: string): number;
  /** What a life does has thrown. */
  onThrown(life: Life, error: unknown): void;
}

interface Timer {
  readonly dueAt: number;
  readonly run: () => void;
  /** Its number in the world; undefined while the life stands still. */
  inWorld: number | undefined;
}

/** A life, and the machine that it runs on. */
export class Life {
  readonly name: string;
  readonly host: Host;
  readonly random: Random;
  readonly schedule = new SimulatedSchedule();
  /** Its process, once it has made one. */
  process: CreatedProcess | undefined;
  program: RunningProgram | undefined;
  /** What it does, and what comes of it: nothing of that matters any more once it has ended. */
  isOver = false;
  isPaused = false;
  /** Whether its process has stopped: by itself, or as another life acts in its place. */
  hasStopped = false;
  private readonly timers = new Map<number, Timer>();
  private lastTimer = 0;
  /** What came while it stood still. */
  private readonly missed: (() => void)[] = [];

  constructor(
    readonly id: string,
    readonly number: number,
    seed: number,
    private readonly world: Surroundings,
  ) {
    this.name = nameOf(id, number);
    this.random = createRandom(seed);
    const startedAt = world.clock.now();
    this.host = {
      clock: {
        now: () => world.clock.now() - startedAt,
        setTimeout: (run, delayMs) => this.setTimeout(run, delayMs),
        clearTimeout: (id: never) => this.clearTimeout(id),
      },
      timeOfDay: () => world.timeOfDay(id),
      random: () => this.random.integer(0, 2 ** 32 - 1),
      task: (run) => queueMicrotask(() => this.attempt(run)),
    };
  }

  /** Whether it does anything now. */
  get isAwake(): boolean {
    return !this.isOver && !this.isPaused;
  }

  /** How many timers it has set. */
  get pendingTimers(): number {
    return this.timers.size;
  }

  /** Does something in this life, now. */
  attempt(run: () => unknown): void {
    if (this.isOver) return;
    try {
      run();
    } catch (error) {
      this.world.onThrown(this, error);
    }
  }

  /** Does something in this life, now or when it goes on. */
  whenAwake(run: () => void): void {
    if (this.isPaused) this.missed.push(run);
    else this.attempt(run);
  }

  pause(): void {
    this.isPaused = true;
    for (const timer of this.timers.values()) this.withdraw(timer);
  }

  resume(): void {
    this.isPaused = false;
    for (const run of this.missed.splice(0)) this.attempt(run);
    for (const [id, timer] of [...this.timers].sort(([, a], [, b]) => a.dueAt - b.dueAt)) this.arm(id, timer);
  }

  end(): void {
    this.isOver = true;
    this.missed.length = 0;
    for (const timer of this.timers.values()) this.withdraw(timer);
    this.timers.clear();
  }

  private setTimeout(run: () => void, delayMs: number): number {
    const id = ++this.lastTimer;
    if (this.isOver) return id;
    const timer: Timer = { dueAt: this.world.clock.now() + Math.max(0, delayMs || 0), run, inWorld: undefined };
    this.timers.set(id, timer);
    if (!this.isPaused) this.arm(id, timer);
    return id;
  }

  private clearTimeout(id: number): void {
    const timer = this.timers.get(id);
    if (timer === undefined) return;
    this.withdraw(timer);
    this.timers.delete(id);
  }

  private arm(id: number, timer: Timer): void {
    const { clock } = this.world;
    timer.inWorld = clock.setTimeout(() => {
      this.timers.delete(id);
      this.attempt(timer.run);
    }, timer.dueAt - clock.now());
  }

  private withdraw(timer: Timer): void {
    if (timer.inWorld !== undefined) this.world.clock.clearTimeout(timer.inWorld);
    timer.inWorld = undefined;
  }
}

/** The name of a life. */
const nameOf = (program: string, number: number) => (number === 1 ? program : `${program}#${number}`);
