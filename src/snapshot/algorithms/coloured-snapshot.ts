import type { ColouringEvent } from '../../../machines/index.js';
import type { ChartAction } from '../chart-table.js';
import type { ColouringRecorder, CountingSnapshot } from '../local-snapshot.js';
import { ChartedSnapshot, eventsByRegion, regionOf, type Sheet } from './charted-snapshot.js';

const WHITES_RECEIVED = /* @__PURE__ */ eventsByRegion('whites.received');

/**
 * A local snapshot by colours: white messages that come in when the process is red are the channel's state, which is
 * known when as many have come as there were. How many there were is learnt differently by each algorithm.
 */
export abstract class ColouredSnapshot extends ChartedSnapshot<ColouringEvent['type']> implements CountingSnapshot {
  declare protected readonly recorder: ColouringRecorder;
  /** Whether a colour tells how many messages were sent on its channel before. */
  protected abstract readonly isCounted: boolean;
  /** By position of each channel: how many white messages were in flight when the process recorded, once that is known. */
  private readonly inFlight: (number | undefined)[] = [];

  initiate(): void {
    this.applyEverywhere('snapshot.initiated');
  }

  /** Something red came in, or is about to. */
  receive(_channel: number, _whites?: number): void {
    if (this.state === undefined) this.applyEverywhere('red.received');
  }

  count(channel: number): boolean {
    const isLast = this.state !== undefined && this.messagesOn(channel).length === this.inFlight[channel];
    if (isLast) this.apply(this.sheetOf(channel), WHITES_RECEIVED[regionOf(channel)]!);
    return isLast;
  }

  forget(): void {
    this.applyEverywhere('snapshot.forgotten');
  }

  /** It has become known how many white messages were in flight on a channel. */
  protected expect(channel: number, whites: number): void {
    if (this.inFlight[channel] !== undefined) return;
    this.inFlight[channel] = whites;
    this.count(channel);
  }

  protected override perform(action: ChartAction, sheet: Sheet<ColouringEvent['type']>): void {
    const { id } = this.snapshot;
    switch (action.type) {
      case 'turnRed':
        if (this.failure === undefined) this.controlMessages += this.recorder.turnRed(id, this.isCounted);
        return;
      case 'turnWhite':
        return this.recorder.turnWhite(id);
      case 'stopApplication':
        return this.recorder.stopApplication(id);
      case 'resumeApplication':
        return this.recorder.resumeApplication(id);
      default:
        return super.perform(action, sheet);
    }
  }

  private applyEverywhere(event: ColouringEvent['type']): void {
    for (const sheet of this.sheets) this.apply(sheet, event);
  }
}
