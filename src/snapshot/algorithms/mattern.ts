/**
 * F. Mattern, *Efficient Algorithms for Distributed Snapshots and Global Virtual Time Approximation*, JPDC 18(4), 1993.
 *
 * Messages are coloured. A red one, and a control message on every channel, tells how many white ones its sender had sent
 * there: when as many have come in, the channel is done. Nothing is remembered of any message while no snapshot is under
 * way; meanwhile a number for each incoming channel, and the white messages that were in flight.
 */
import { createColouringMachine } from '../../../machines/index.js';
import type { ChannelCounter } from '../../global-snapshot.js';
import { ColouredProcess } from '../../process/coloured-process.js';
import { chartOf } from '../chart-table.js';
import type { Algorithm } from './algorithm.js';
import { ColouredSnapshot } from './coloured-snapshot.js';

/** The algorithm of Mattern: coloured messages; each process counts for itself what has yet to come. */
export const mattern: Algorithm = /* @__PURE__ */ createMattern(createColouringMachine);

/** Creates the algorithm of Mattern, which decides by this statechart. */
export function createMattern(createMachine: typeof createColouringMachine, name = 'mattern'): Algorithm {
  const chart = chartOf(createMachine);
  return {
    name,
    needsFifo: false,
    Process: ColouredProcess,
    begin: (recorder, snapshot) => new CountedSnapshot(recorder, chart, snapshot),
  };
}

class CountedSnapshot extends ColouredSnapshot {
  protected readonly isCounted = true;
  /** How many messages had come in on each channel when the process recorded: all of them white. */
  private received: readonly number[] | undefined;

  override receive(channel: number, whites: number): void {
    super.receive(channel);
    if (this.state === undefined) return;
    // Counters stand in the order of the channels.
    this.received ??= Object.values(this.state.received).map(numberOf);
    this.expect(channel, whites - this.received[channel]!);
  }
}

/** How many messages a counter counts. */
function numberOf({ count, beyond = [] }: ChannelCounter): number {
  return count + beyond.length;
}
