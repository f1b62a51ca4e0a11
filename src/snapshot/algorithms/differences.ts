import type { ChannelCounter, RecordedState } from '../../global-snapshot.js';

/** Takes how many messages were in flight on each incoming channel of a process, in the order of its counters. */
type Tell = (inFlight: readonly number[]) => void;

/** A process that has recorded and waits for the states of those who send to it. */
interface Waiting {
  readonly received: RecordedState['received'];
  /** How many of its channels' senders have not recorded yet. */
  unknown: number;
  readonly tell: Tell;
}

/** What the supervisor of one snapshot knows by the recorded states: on each channel, what was sent and not received. */
export class Differences {
  /** By channel. */
  private readonly sent = new Map<string, number>();
  /** By incoming channel. */
  private readonly waiting = new Map<string, Waiting>();

  /**
   * A process has recorded its state.
   *
   * @param tell Called once, when the states of all senders to the process are known; never when it has none.
   */
  recorded({ sent, received }: RecordedState, tell: Tell): void {
    const ids = Object.keys(received);
    const process: Waiting = { received, unknown: ids.length, tell };
    for (const id of ids) {
      if (this.sent.has(id)) process.unknown--;
      else this.waiting.set(id, process);
    }
    if (ids.length > 0 && process.unknown === 0) this.finish(process);
    for (const [id, { count }] of Object.entries(sent)) this.learn(id, count);
  }

  private learn(id: string, count: number): void {
    this.sent.set(id, count);
    const process = this.waiting.get(id);
    if (process === undefined) return;
    this.waiting.delete(id);
    if (--process.unknown === 0) this.finish(process);
  }

  private finish({ received, tell }: Waiting): void {
    tell(Object.entries(received).map(([id, counter]) => difference(this.sent.get(id)!, counter)));
  }
}

/** How many of the messages 1, 2, … `sent` were not received. */
function difference(sent: number, { count, beyond = [] }: ChannelCounter): number {
  return sent - count - beyond.filter((seq) => seq <= sent).length;
}
