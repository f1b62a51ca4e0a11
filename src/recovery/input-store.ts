import type { EventObject } from 'xstate';

/** An event from outside, as it was logged. */
export interface LoggedInput {
  /** 1 for the first event that was ever logged; without gaps. */
  readonly seq: number;
  readonly event: EventObject;
}

/**
 * Where the events from outside of one process are kept, until every checkpoint that may be gone back to has them.
 * Every implementation passes `inputStoreContract` of `xstate-panorama/testing/contracts`. One log at a time writes into it.
 */
export interface InputStore {
  /** Puts an event down behind all others; when it resolves, it is safe. Returns its number. */
  append(event: EventObject): Promise<number>;
  /** The events after this number, oldest first, at most so many. */
  readAfter(seq: number, limit: number): Promise<readonly LoggedInput[]>;
  /** Removes the events up to this number; the others keep theirs. */
  trim(upTo: number): Promise<void>;
}

/** Creates a store that lasts as long as the program. */
export function createMemoryInputStore(): InputStore {
  let inputs: LoggedInput[] = [];
  let last = 0;
  return {
    append(event) {
      inputs.push({ seq: ++last, event: structuredClone(event) });
      return Promise.resolve(last);
    },
    readAfter: (seq, limit) => Promise.resolve(structuredClone(after(inputs, seq, limit))),
    trim(upTo) {
      inputs = inputs.filter((input) => input.seq > upTo);
      return Promise.resolve();
    },
  };
}

/** Some of a list of inputs without gaps. */
export function after(inputs: readonly LoggedInput[], seq: number, limit: number): LoggedInput[] {
  const start = Math.max(0, seq + 1 - (inputs[0]?.seq ?? 1));
  return inputs.slice(start, start + limit);
}
