/** One step of a simulated run, as plain data: what a failing run is recorded as, shrunk to, and replayed from. */
import type { AnyOutsideEvent } from './outside-event.js';

/** One thing that the world does to a network. A step that is not possible when its turn comes is left out. */
export type SimulationStep =
  /**
   * Hands over the oldest envelope of a channel: by its id, or the n-th of those with something pending, modulo. Where no
   * order is kept, the one at `index`, modulo; default 0, the oldest.
   */
  | { readonly do: 'deliver'; readonly channel: string | number; readonly index?: number }
  /** Sends an event from outside. */
  | ({ readonly do: 'send' } & AnyOutsideEvent)
  /** Goes to the moment in which the next timer is due, and fires it. */
  | { readonly do: 'tick' }
  /** Lets promises settle that have nothing more to wait for. */
  | { readonly do: 'settle' }
  /**
   * Begins a snapshot; `within` in the middle of the step that next sends a message. Initiators from which the markers do
   * not reach everybody, or none, leave the choice to the supervisor.
   */
  | { readonly do: 'snapshot'; readonly initiators: readonly string[]; readonly within?: boolean }
  /** Gives up the n-th snapshot under way, modulo. */
  | { readonly do: 'abort'; readonly snapshot: number }
  /** Stops a process. */
  | { readonly do: 'stop'; readonly process: string }
  /** Goes back to the last complete snapshot. */
  | { readonly do: 'rollback' };
