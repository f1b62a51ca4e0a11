import { ring, type NetworkConfig } from 'xstate-panorama';
import { station } from './station.js';

/** The stations' numbers, in the order of the ring. */
export const numbers = [3, 8, 5, 9, 1, 7] as const;

const names = ['s3', 's8', 's5', 's9', 's1', 's7'] as const;

/** A station's id: its number with an s. */
export type StationId = (typeof names)[number];

const open = (id: StationId) => {
  const seat = names.indexOf(id);
  const next = names[(seat + 1) % names.length]!;
  // Those with low numbers wake first.
  return { logic: station, input: { number: numbers[seat]!, next, wakeMs: 10 + 4 * numbers[seat]! } };
};

/** Six stations in a one-way ring. */
export default {
  processes: Object.fromEntries(names.map((id) => [id, open(id)])) as Record<StationId, ReturnType<typeof open>>,
  channels: ring(names),
} satisfies NetworkConfig;
