import type { ChannelPair } from 'xstate-panorama';

/** So many channels from every process, near and far; strongly connected. */
export function sparseChannels(ids: readonly string[], each: number): ChannelPair[] {
  return ids.flatMap((from, index) =>
    Array.from({ length: each }, (_, step): ChannelPair => [from, ids[(index + 7 ** step) % ids.length]!]),
  );
}
