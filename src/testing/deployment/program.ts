/** What a program of a simulated deployment is, and the machine that it runs on. */
import type { EventObject } from 'xstate';
import type { CheckpointStore } from '../../checkpoint/index.js';
import type { Clock, createProcess, Transport } from '../../index.js';
import type { InputStore } from '../../recovery/index.js';
import type { Random } from '../../schedule/random.js';

/** What a program has of the simulated world. All that it does must follow from this, or the run does not repeat. */
export interface ProgramEnvironment {
  /** The program's name, and the id of its process. */
  readonly id: string;
  /** Which life of the program this is: 1 for the first. */
  readonly life: number;
  /**
   * Makes the program's one process, as `createProcess` does, on this machine: with its clock, and a schedule of its own.
   *
   * @throws `invalid-argument` for another id than the program's, and for a second process.
   */
  readonly createProcess: typeof createProcess;
  /**
   * The way to another program, as by a socket: what is sent into a connection that breaks is lost, and it is made anew.
   * Of two programs, the one that was named later connects to the other.
   *
   * @throws `invalid-argument` for another name than that of another program.
   */
  link(program: string): Transport;
  /** The checkpoints and the register that all programs share. What was not safely down when a program was killed may be lost. */
  readonly store: CheckpointStore;
  /** The log of this program's inputs: the same for all its lives, of which the newest to use it has it. */
  readonly inputs: InputStore;
  /** Time, for `supervise` and for whatever else waits: begins with each life, and stands for nobody. */
  readonly clock: Clock & { now(): number };
  /** The time of day in milliseconds, as this machine knows it: it differs from the others', and jumps. */
  timeOfDay(): number;
  readonly random: Random;
  /**
   * Starts another life of a program, as `restart` of `supervise` does; whether or not one runs.
   *
   * @throws `invalid-argument` for a name that is no program's.
   */
  start(program: string): void;
  /** Ends this life at once, without a good-bye, as `process.exit()` does. */
  exit(): void;
}

/** What a program gives back once it runs. */
export interface RunningProgram {
  /** Takes an event from outside: `log.send` of `logInputs`, say. From when it resolves, the event counts. */
  readonly send?: ((event: never) => unknown) | undefined;
}

/** A program: creates its process, starts it, supervises, logs inputs, as it does in the real world. */
export type Program = (environment: ProgramEnvironment) => RunningProgram | void | Promise<RunningProgram | void>;

/** The programs of a deployment by their names. */
export type Programs = Readonly<Record<string, Program>>;

/** An event from outside, and the program that it is for. */
export interface DeploymentEvent<TId extends string = string> {
  readonly to: TId;
  readonly event: EventObject;
}
