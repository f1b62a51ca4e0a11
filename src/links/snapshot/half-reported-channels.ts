import { endsOf } from '../../channel/topology.js';
import type { ChannelCounter, ChannelState, RecordedState } from '../../global-snapshot.js';

type States = ReadonlyMap<string, RecordedState>;

/**
 * Completes channels that one end reports and the other does not: they came or went while the snapshot was under way,
 * and one end recorded before that, one after. If nothing was on a channel, it was empty all the while; else it cannot be
 * part of any cut.
 *
 * @param states What everybody has reported.
 * @param channels The channel states, completed in place like the counters.
 * @returns The first channel that cannot be completed.
 */
export function completeHalfReported(states: States, channels: Record<string, ChannelState>): string | undefined {
  for (const [id, count] of halves(states)) {
    if (count > 0 || (channels[id]?.messages.length ?? 0) > 0) return id;
    const [from, to] = endsOf(id);
    for (const counters of [states.get(from)!.sent, states.get(to)!.received]) {
      (counters as Record<string, ChannelCounter>)[id] ??= { count: 0 };
    }
    channels[id] = { messages: [] };
  }
  return undefined;
}

/** The channels that only one end reports, with what that has counted. */
function* halves(states: States): Generator<[id: string, count: number]> {
  for (const { sent, received } of states.values()) {
    for (const id in sent) {
      if (!Object.hasOwn(states.get(endsOf(id)[1])!.received, id)) yield [id, sent[id]!.count];
    }
    for (const id in received) {
      if (!Object.hasOwn(states.get(endsOf(id)[0])!.sent, id)) yield [id, received[id]!.count];
    }
  }
}
