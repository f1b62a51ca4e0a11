import type { GlobalSnapshot, RecordedState } from '../index.js';

/** How many inputs the processes had taken in checkpoints: what of their logs is needed to go back to them. */
export class SavedInputs {
  private readonly counts = new Map<string, Readonly<Record<string, number>>>();

  note({ id, processes }: GlobalSnapshot<Record<string, RecordedState<unknown>>>): void {
    const taken = Object.entries(processes).map(([process, { inputs = 0 }]) => [process, inputs] as const);
    this.counts.set(id, Object.fromEntries(taken));
  }

  /**
   * How many inputs of each process are in all these checkpoints. Newer ones may have fewer, after a rollback. Of none,
   * when some of the checkpoints were saved by an earlier run: what they need is not known until they are removed.
   *
   * @param ids All that the store has.
   */
  inAll(ids: readonly string[]): Readonly<Record<string, number>> {
    for (const id of this.counts.keys()) if (!ids.includes(id)) this.counts.delete(id);
    const all = ids.map((id) => this.counts.get(id));
    if (all.includes(undefined)) return {};
    const inAll = new Map<string, number>();
    for (const process of new Set(all.flatMap((counts) => Object.keys(counts!)))) {
      const least = Math.min(...all.map((counts) => counts![process] ?? 0));
      if (least > 0) inAll.set(process, least);
    }
    return Object.fromEntries(inAll);
  }
}
