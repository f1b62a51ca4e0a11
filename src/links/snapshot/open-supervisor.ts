import { endsOf } from '../../channel/topology.js';
import type { RecordedState } from '../../global-snapshot.js';
import { SnapshotSupervisor } from '../../snapshot/snapshot-supervisor.js';
import { completeHalfReported } from './half-reported-channels.js';

/**
 * A supervisor that does not know beforehand who takes part. Reports name each process's channels, and so the processes at
 * their other ends: when every process that was named has reported, the snapshot is complete.
 */
export class OpenSupervisor extends SnapshotSupervisor {
  /** The channels, as far as they are known, that lead to processes which have not reported. */
  get unreported(): ReadonlyMap<string, readonly string[]> {
    const silent = [...this.named].filter((process) => !this.states.has(process));
    const channels = Array.from(this.states.values(), ({ sent }) => Object.keys(sent)).flat();
    return new Map(silent.map((process) => [process, channels.filter((id) => endsOf(id)[1] === process)]));
  }

  protected override gathered(process: string, state: RecordedState): void {
    const named = this.nameAll(process, state);
    const isLast = this.states.size === this.named.size;
    const half = isLast ? completeHalfReported(this.states, this.channels) : undefined;
    if (half === undefined) this.tell({ type: 'report.received', named });
    else this.abort(`channel "${half}" came or went, with messages on it, while the snapshot was under way`);
  }

  /** Learns of the processes that a report names. Returns how many of them no report had named before. */
  private nameAll(process: string, { sent, received }: RecordedState): number {
    const before = this.named.size;
    this.named.add(process);
    for (const id in sent) this.named.add(endsOf(id)[1]);
    for (const id in received) this.named.add(endsOf(id)[0]);
    return this.named.size - before;
  }
}
