import type { GlobalSnapshot, RecordedState } from '../index.js';

/** What can be checkpointed: a network, or a process of one that is spread over programs. */
export interface Snapshottable {
  takeSnapshot(options?: {
    readonly timeoutMs?: number | undefined;
    readonly maxMessages?: number | undefined;
    readonly signal?: AbortSignal | undefined;
  }): Promise<GlobalSnapshot<Record<string, RecordedState<unknown>>>>;
  /** Is told that one is safely down, and how many inputs of each process are in all that the store has. */
  checkpointSaved?(snapshotId: string, inputs: Readonly<Record<string, number>>): void;
}
