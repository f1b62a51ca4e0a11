/** Keeps what comes from outside while the application stands still for the sake of a snapshot. */
export class Standstill {
  /** The snapshots that want it; undefined while none does. */
  private snapshotIds: Set<string> | undefined;
  private held: (() => void)[] | undefined;

  /** Whether the application stands still. */
  get isOn(): boolean {
    return this.snapshotIds !== undefined;
  }

  begin(snapshotId: string): void {
    this.snapshotIds = (this.snapshotIds ?? new Set()).add(snapshotId);
  }

  /** Returns what has come since, once no snapshot wants it any more. */
  end(snapshotId: string): readonly (() => void)[] | undefined {
    this.snapshotIds?.delete(snapshotId);
    if (this.snapshotIds !== undefined && this.snapshotIds.size > 0) return undefined;
    const held = this.held ?? [];
    this.snapshotIds = this.held = undefined;
    return held;
  }

  /** Does something now, or when the application goes on. */
  whenGoing(task: () => void): void {
    if (this.isOn) (this.held ??= []).push(task);
    else task();
  }
}
