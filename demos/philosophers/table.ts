import { type ChannelPair, type NetworkConfig } from 'xstate-panorama';
import { philosopher } from './philosopher.js';

/** Who sits at a table, in the order of the seats. */
const five = ['plato', 'hypatia', 'kant', 'arendt', 'zhuangzi'] as const;

/** A philosopher's id. */
export type Philosopher = (typeof five)[number];

/** The neighbours of each place at a table. */
function neighboursAt<TId extends string>(table: readonly TId[], id: TId) {
  const beside = (step: number) => table[(table.indexOf(id) + step + table.length) % table.length]!;
  return { left: beside(-1), right: beside(1) };
}

/** The neighbours of each place. */
export const neighboursOf = (id: Philosopher) => neighboursAt(five, id);

/** How long the quickest thinker thinks, and how much longer each seat further on takes, in milliseconds. */
const THINK_MS = 10;
const THINK_MORE_MS = 2;
/** How long a philosopher eats, in milliseconds. */
const EAT_MS = 10;

/**
 * Philosophers round a table, as many forks between them, and a channel each way between neighbours.
 *
 * @param table Who sits there, three or more, in the order of the seats.
 */
function tableOf<const TId extends string>(table: readonly TId[], logic = philosopher) {
  const sit = (id: TId, seat: number) => ({
    logic,
    // At the beginning each fork lies to the left of somebody.
    input: {
      neighbours: neighboursAt(table, id),
      forks: { left: true, right: false },
      thinkMs: THINK_MS + THINK_MORE_MS * seat,
      eatMs: EAT_MS,
    },
  });
  return {
    processes: Object.fromEntries(table.map((id, seat) => [id, sit(id, seat)])) as Record<TId, ReturnType<typeof sit>>,
    channels: table.flatMap((from) =>
      Object.values(neighboursAt(table, from)).map((to): ChannelPair<TId> => [from, to]),
    ),
  } satisfies NetworkConfig;
}

/** Five philosophers. */
export default tableOf(five);

/** Three who do not count their meals: so there is an end to what can happen at their table. */
export const three = tableOf(
  ['plato', 'kant', 'arendt'],
  philosopher.provide({ actions: { countMeal: () => undefined } }),
);
