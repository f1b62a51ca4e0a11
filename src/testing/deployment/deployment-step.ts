/** One step of a simulated deployment, as plain data: what a failing run is recorded as, shrunk to, and replayed from. */
import type { EventObject } from 'xstate';

/** What a program keeps its data on: the store of all, or the log of the inputs of one. */
export type DiskName = string;

/** How a disk is broken: it takes nothing more, answers nothing, or answers with errors. */
export type DiskTrouble = 'full' | 'slow' | 'failing';

/**
 * One thing that happens in a deployment. Lives are named `x`, `x#2`, `x#3`. A step that is not possible when its turn
 * comes is left out.
 */
export type DeploymentStep =
  /** What comes next over the way from a program reaches a life of another. */
  | { readonly do: 'arrive'; readonly at: string; readonly from: string }
  /** A life's process takes the oldest envelope of a channel. */
  | { readonly do: 'deliver'; readonly to: string; readonly channel: string }
  /** The oldest thing that a life has asked of a disk is done. */
  | { readonly do: 'disk'; readonly for: string; readonly disk: DiskName }
  /** Time goes on to the moment in which the next timer is due, and fires it. */
  | { readonly do: 'tick' }
  /** A life takes an event from outside. */
  | { readonly do: 'send'; readonly to: string; readonly event: EventObject }
  /**
   * Lives end in the middle of everything. So many of the things that each has asked of the disks are done nevertheless;
   * `silently`, as when a machine loses its power, nobody is told.
   */
  | { readonly do: 'kill'; readonly lives: readonly string[]; readonly written: number; readonly silently: boolean }
  /** Another life of a program begins, whether or not one runs. */
  | { readonly do: 'start'; readonly program: string }
  /** A life stands still (SIGSTOP), and goes on. */
  | { readonly do: 'pause' | 'resume'; readonly life: string }
  /** The connections between two programs break; both ends are told, or one alone. */
  | { readonly do: 'cut'; readonly between: readonly [string, string]; readonly told: 'both' | 'first' | 'second' }
  /** From one program to another nothing passes; then it does again. */
  | { readonly do: 'hold' | 'free'; readonly from: string; readonly to: string }
  /** The time of day of a program's machine jumps, by milliseconds. */
  | { readonly do: 'jump'; readonly program: string; readonly ms: number }
  | { readonly do: 'break'; readonly disk: DiskName; readonly how: DiskTrouble }
  | { readonly do: 'mend'; readonly disk: DiskName };
