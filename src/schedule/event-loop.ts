/** The event loop, as far as deliveries have to do with it. */
import { Queue } from './queue.js';

/**
 * Runs a step again and again, each in a task of its own so that timers, signals and I/O act in between.
 *
 * @param step Returns whether there is more to do.
 */
export function createLoop(step: () => boolean): { wake(): void } {
  let isAwake = false;
  const turn = () => {
    let isMore = true; // also when the step throws: what is waiting is not lost with the error
    try {
      isMore = step();
    } finally {
      isAwake = isMore;
      if (isMore) nextTask(turn);
    }
  };
  return {
    wake() {
      if (isAwake) return;
      isAwake = true;
      nextTask(turn);
    },
  };
}

/** Runs a function in a task of its own: `setImmediate` where there is one, a message to oneself in browsers. */
export const nextTask: (run: () => void) => void = /* @__PURE__ */ (() => {
  const { setImmediate } = globalThis as { setImmediate?: (run: () => void) => unknown };
  if (setImmediate !== undefined) return (run: () => void) => void setImmediate(run);
  if (typeof MessageChannel === 'undefined') return (run: () => void) => void setTimeout(run);
  const { port1, port2 } = new MessageChannel();
  const waiting = new Queue<() => void>();
  port1.onmessage = () => waiting.shift()?.();
  return (run: () => void) => {
    waiting.push(run);
    port2.postMessage(null);
  };
})();
