/** Keeps what comes from outside while the application stands still for the sake of a snapshot. */
export class Standstill {
  private readonly snapshotIds = new Set<string>();
  private readonly held: (() => void)[] = [];

  /** Whether the application stands still. */
  get isOn(): boolean {
    return this.snapshotIds.size > 0;
  }

  begin(snapshotId: string): void {
    this.snapshotIds.add(snapshotId);
  }

  /** Returns what has come since, once no snapshot wants it any more. */
  end(snapshotId: string): readonly (() => void)[] | undefined {
    this.snapshotIds.delete(snapshotId);
    return this.isOn ? undefined : this.held.splice(0);
  }

  /** Does something now, or when the application goes on. */
  whenGoing(task: () => void): void {
    if (this.isOn) this.held.push(task);
    else task();
  }
}
