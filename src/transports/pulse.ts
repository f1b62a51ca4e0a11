/** Notices that a connection is dead though no close was reported: a cable pulled, a machine gone. */
import { expected } from '../checks.js';
import { MAX_DELAY_MS } from '../clock.js';

/** What asks the other side whether it is there; the server sends it back. No frame is empty. */
export const ASK = '';

/** How a connection's life is watched. */
export interface PulseOptions {
  /**
   * How often to ask the other side whether it is there, in milliseconds; default 10,000. A connection on which nothing
   * has moved by the next time, in or out, is given up, and made anew: a slow one is not dead. `Infinity`: never.
   */
  readonly heartbeatMs?: number | undefined;
}

const HEARTBEAT_MS = 10_000;

/** The pulse of one connection. */
export interface Pulse {
  /** Something came, or has gone out that was waiting. */
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
 * @param waiting Bytes that wait to go out. That there are fewer is a sign of life: an answer would stand behind what is
 *   under way from the other side, as the question does behind these.
 */
export function createPulse(
  heartbeatMs: number,
  ask: () => void,
  lost: (reason: Error) => void,
  waiting: () => number,
): Pulse {
  let isUnanswered = false;
  let before = 0;
  const beat = () => {
    if (isUnanswered && waiting() >= before) {
      clearInterval(timer);
      return lost(new Error(`nothing has come from the other side for ${heartbeatMs} ms`));
    }
    isUnanswered = true;
    ask();
    before = waiting();
  };
  const timer = heartbeatMs > MAX_DELAY_MS ? undefined : setInterval(beat, heartbeatMs);
  return {
    heard: () => void (isUnanswered = false),
    stop: () => clearInterval(timer),
  };
}
