/** Notices that a connection is dead though no close was reported: a cable pulled, a machine gone. */
import { expected } from '../checks.js';
import { MAX_DELAY_MS } from '../clock.js';

/** What asks the other side whether it is there; the server sends it back. No frame is empty. */
export const ASK = '';

/** How a connection's life is watched. */
export interface PulseOptions {
  /**
   * How often to ask the other side whether it is there, in milliseconds; default 10,000. A connection on which nothing
   * has come by the next time is given up, and made anew. `Infinity`: never.
   */
  readonly heartbeatMs?: number | undefined;
}

const HEARTBEAT_MS = 10_000;

/** The pulse of one connection. */
export interface Pulse {
  /** Something came. */
  heard(): void;
  stop(): void;
}

/** Checks the option. Throws `invalid-argument`. */
export function parseHeartbeat({ heartbeatMs = HEARTBEAT_MS }: PulseOptions): number {
  if (typeof heartbeatMs === 'number' && heartbeatMs > 0) return heartbeatMs;
  return expected('`heartbeatMs` to be a number > 0 or Infinity', heartbeatMs);
}

/**
 * Watches a connection. It goes by its own questions, and not by the time: in a tab in the background timers are slow.
 *
 * @param ask Asks the other side.
 * @param lost The other side has not answered. Called once.
 */
export function createPulse(heartbeatMs: number, ask: () => void, lost: (reason: Error) => void): Pulse {
  let isUnanswered = false;
  const beat = () => {
    if (isUnanswered) {
      clearInterval(timer);
      return lost(new Error(`nothing has come from the other side for ${heartbeatMs} ms`));
    }
    isUnanswered = true;
    ask();
  };
  const timer = heartbeatMs > MAX_DELAY_MS ? undefined : setInterval(beat, heartbeatMs);
  return {
    heard: () => void (isUnanswered = false),
    stop: () => clearInterval(timer),
  };
}
