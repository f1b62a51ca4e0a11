import type { Frame, FrameReceiver, Transport } from '../../src/index.js';

/** What may happen to a frame on its way, each by its probability. */
export interface Faults {
  readonly lose?: number;
  readonly repeat?: number;
  /** Swaps it with the next one. */
  readonly reorder?: number;
  readonly corrupt?: number;
  /** Holds it for up to 5 ms; others overtake it. */
  readonly delay?: number;
}

const LONGEST_DELAY_MS = 5;

/** A way between two processes in one program, which a test can cut, and which does not carry everything as it should. */
export interface Pipe {
  readonly ends: readonly [Transport, Transport];
  cut(): void;
  restore(): void;
  /** From now on, nothing happens to frames any more. */
  heal(): void;
  /** How much has happened to frames. */
  readonly done: Readonly<Record<keyof Faults, number>>;
  /** Puts anything on the way to the second end, as a frame. */
  inject(value: unknown): void;
}

/**
 * Creates a pipe.
 *
 * @param random Numbers in [0, 1).
 */
export function createPipe(faults: Faults = {}, random: () => number = Math.random, isReliable = false): Pipe {
  const receivers: (FrameReceiver | undefined)[] = [undefined, undefined];
  let isUp = true;
  let isFaulty = true;
  const held: (Frame | undefined)[] = [undefined, undefined];
  const done = { lose: 0, repeat: 0, reorder: 0, corrupt: 0, delay: 0 };
  const happens = (fault: keyof Faults) => {
    const isSo = isFaulty && random() < (faults[fault] ?? 0);
    if (isSo) done[fault]++;
    return isSo;
  };
  const deliver = (to: number, frame: unknown) => {
    const arrive = () => {
      if (isUp) receivers[to]?.frame(structuredClone(frame));
    };
    if (happens('delay')) setTimeout(arrive, random() * LONGEST_DELAY_MS);
    else setImmediate(arrive);
  };
  const pass = (to: number, frame: Frame) => {
    if (happens('lose')) return;
    if (happens('corrupt')) return void setImmediate(() => receivers[to]?.refused(new Error('damaged')));
    deliver(to, frame);
    if (happens('repeat')) deliver(to, frame);
  };
  const send = (to: number, frame: Frame) => {
    if (!isUp) return;
    if (held[to] === undefined && happens('reorder')) {
      held[to] = frame;
      return;
    }
    pass(to, frame);
    if (held[to] !== undefined) pass(to, held[to]);
    held[to] = undefined;
  };
  const end = (own: number): Transport => ({
    losesWhileUp: !isReliable,
    survivesDown: !isReliable,
    open(receiver) {
      receivers[own] = receiver;
      if (isUp) queueMicrotask(() => receiver.up());
      return { send: (frame) => send(1 - own, frame), close: () => void (receivers[own] = undefined) };
    },
  });
  return {
    ends: [end(0), end(1)],
    cut() {
      isUp = false;
      held.fill(undefined);
      for (const receiver of receivers) receiver?.down(new Error('the cable was cut'));
    },
    restore() {
      isUp = true;
      for (const receiver of receivers) receiver?.up();
    },
    heal: () => void (isFaulty = false),
    done,
    inject: (value) => receivers[1]?.frame(value),
  };
}
