import { type ChannelPair, type NetworkConfig } from 'xstate-panorama';
import { philosopher } from './philosopher.js';

const table = ['plato', 'hypatia', 'kant', 'arendt', 'zhuangzi'] as const;

/** A philosopher's id. */
export type Philosopher = (typeof table)[number];

const seatBeside = (id: Philosopher, step: number) => table[(table.indexOf(id) + step + table.length) % table.length]!;

/** The neighbours of each place. */
export const neighboursOf = (id: Philosopher) => ({ left: seatBeside(id, -1), right: seatBeside(id, 1) });

/** How long the quickest thinker thinks, and how much longer each seat further on takes, in milliseconds. */
const THINK_MS = 10;
const THINK_MORE_MS = 2;
/** How long a philosopher eats, in milliseconds. */
const EAT_MS = 10;

const sit = (id: Philosopher) => ({
  logic: philosopher,
  // At the beginning each fork lies to the left of somebody.
  input: {
    neighbours: neighboursOf(id),
    forks: { left: true, right: false },
    thinkMs: THINK_MS + THINK_MORE_MS * table.indexOf(id),
    eatMs: EAT_MS,
  },
});

/** Five philosophers round a table, five forks between them; a channel each way between neighbours. */
export default {
  processes: Object.fromEntries(table.map((id) => [id, sit(id)])) as Record<Philosopher, ReturnType<typeof sit>>,
  channels: table.flatMap((from) =>
    Object.values(neighboursOf(from)).map((to): ChannelPair<Philosopher> => [from, to]),
  ),
} satisfies NetworkConfig;
