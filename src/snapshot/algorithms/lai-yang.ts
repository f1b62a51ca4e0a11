/**
 * T. H. Lai, T. H. Yang, *On Distributed Snapshots*, Information Processing Letters 25, 1987.
 *
 * Messages are coloured, no more. What was in flight on a channel is the difference of two sets: what its sender had sent
 * when it recorded, and what its receiver had received. In the paper each process remembers both sets, with the messages
 * themselves, and sends them along with its state. Here sequence numbers name the sets: so nothing is remembered of any
 * message while no snapshot is under way, and the messages of the difference are taken as they come in, white, at a
 * process that is red. The supervisor, to which all states are reported, tells each process once how many to wait for.
 */
import { createColouringMachine } from '../../../machines/index.js';
import type { RecordedState } from '../../global-snapshot.js';
import { ColouredProcess } from '../../process/coloured-process.js';
import { chartOf, type ProcessChart } from '../chart-table.js';
import type { Recorder, SnapshotUnderWay } from '../local-snapshot.js';
import type { Algorithm } from './algorithm.js';
import { ColouredSnapshot } from './coloured-snapshot.js';
import { Differences } from './differences.js';

/** The algorithm of Lai and Yang: coloured messages; the supervisor tells each process how many to wait for. */
export const laiYang: Algorithm = /* @__PURE__ */ createLaiYang(createColouringMachine);

/** Creates the algorithm of Lai and Yang, which decides by this statechart. */
export function createLaiYang(createMachine: typeof createColouringMachine): Algorithm {
  const chart = chartOf(createMachine);
  /** What the supervisor of each snapshot knows. */
  const known = new WeakMap<SnapshotUnderWay, Differences>();
  return {
    name: 'lai-yang',
    needsFifo: false,
    Process: ColouredProcess,
    begin(recorder, snapshot) {
      const differences = known.get(snapshot) ?? new Differences();
      known.set(snapshot, differences);
      return new DifferenceSnapshot(recorder, chart, snapshot, differences);
    },
  };
}

class DifferenceSnapshot extends ColouredSnapshot {
  protected readonly isCounted = false;

  constructor(
    recorder: Recorder,
    chart: ProcessChart,
    snapshot: SnapshotUnderWay,
    private readonly differences: Differences,
  ) {
    super(recorder, chart, snapshot);
  }

  override initiate(): void {
    this.turn(() => super.initiate());
  }

  override receive(channel: number): void {
    this.turn(() => super.receive(channel));
  }

  /** Tells the supervisor of the process's state when it has been recorded: not before the statechart is done with it. */
  private turn(act: () => void): void {
    const isWhite = this.state === undefined;
    act();
    if (isWhite && this.state !== undefined) this.tellState(this.state);
  }

  private tellState(state: RecordedState): void {
    this.differences.recorded(state, (inFlight) => {
      this.controlMessages++;
      for (const [channel, whites] of inFlight.entries()) this.expect(channel, whites);
      this.recorder.settle(this);
    });
  }
}
