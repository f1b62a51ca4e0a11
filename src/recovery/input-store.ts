import type { EventObject } from 'xstate';
import { describe, PanoramaError } from '../errors.js';

/** An event from outside, as it was logged. */
export interface LoggedInput {
  /** 1 for the first event that was ever logged; without gaps. */
  readonly seq: number;
  readonly event: EventObject;
}

/**
 * Where the events from outside of one process are kept, until every checkpoint that may be gone back to has them.
 * Every implementation passes `inputStoreContract` of `xstate-panorama/testing/contracts`.
 *
 * A store object takes the log over with its first call. From then on every call of an earlier one, in this program or in
 * another, rejects with `superseded`, one that was under way too: what it did not say to be safe by then is in the log if
 * the successor found it there, and otherwise never will be.
 */
export interface InputStore {
  /** Puts an event down behind all others; when it resolves, it is safe. Returns its number. */
  append(event: EventObject): Promise<number>;
  /** The events after this number, oldest first, at most so many. */
  readAfter(seq: number, limit: number): Promise<readonly LoggedInput[]>;
  /** Removes the events up to this number; the others keep theirs. */
  trim(upTo: number): Promise<void>;
}

/** What a store rejects with, once another one has taken the log over. */
export function superseded(place: string): PanoramaError {
  return new PanoramaError(
    'superseded',
    `Expected the log of inputs ${describe(place)} to be this life's own, got one that another life of the process has taken over. Stop, or start anew with another store.`,
  );
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
