/**
 * K. M. Chandy, L. Lamport, *Distributed Snapshots: Determining Global States of Distributed Systems*, ACM TOCS 3(1), 1985.
 *
 * One marker on every channel parts what was sent before the sender recorded from what was sent after. That takes
 * channels that keep order. Nothing is remembered of any message while no snapshot is under way.
 */
import { createProcessMachine, type ProcessEvent } from '../../../machines/index.js';
import { chartOf, type ChartAction } from '../chart-table.js';
import type { Algorithm } from './algorithm.js';
import { ChartedSnapshot, eventsByRegion, regionOf, type Sheet } from './charted-snapshot.js';

/** The algorithm of Chandy and Lamport: a marker on every channel. The default. */
export const chandyLamport: Algorithm = /* @__PURE__ */ createChandyLamport(createProcessMachine);

/** Creates the algorithm of Chandy and Lamport, which decides by this statechart. */
export function createChandyLamport(createMachine: typeof createProcessMachine): Algorithm {
  const chart = chartOf(createMachine);
  return {
    name: 'chandy-lamport',
    needsFifo: true,
    begin: (recorder, snapshot) => new ChandyLamportSnapshot(recorder, chart, snapshot),
  };
}

const MARKER_RECEIVED = /* @__PURE__ */ eventsByRegion('marker.received');

class ChandyLamportSnapshot extends ChartedSnapshot<ProcessEvent['type']> {
  initiate(): void {
    for (const sheet of this.sheets) this.apply(sheet, 'snapshot.initiated');
  }

  /** A marker came in. */
  receive(channel: number): void {
    const own = this.sheetOf(channel);
    const event = MARKER_RECEIVED[regionOf(channel)]!;
    if (!this.isUnrecorded) {
      this.apply(own, event);
      return;
    }
    for (const sheet of this.sheets) this.apply(sheet, sheet === own ? event : 'marker.received.elsewhere');
  }

  forget(): void {
    for (const sheet of this.sheets) this.apply(sheet, 'snapshot.forgotten');
  }

  protected override perform(action: ChartAction, sheet: Sheet<ProcessEvent['type']>): void {
    if (action.type !== 'sendMarkers') super.perform(action, sheet);
    else if (this.failure === undefined) this.markers = this.recorder.sendMarkers(this.snapshot);
  }

  private get isUnrecorded(): boolean {
    return this.sheets[0]!.state.value.state === 'unrecorded';
  }
}
