/** Who waits for whom at the table, as a global snapshot tells it. */
import type { SnapshotOf } from 'xstate-panorama';
import type config from './network.js';
import type { Philosopher } from './network.js';
import { SIDES, type PhilosopherEvent } from './philosopher.js';

export type TableSnapshot = SnapshotOf<typeof config.processes>;

/** One waits for another, who has the fork that he lacks. */
export interface Wait {
  readonly waiting: Philosopher;
  readonly holder: Philosopher;
}

/** Whether a neighbour's fork is on its way. */
function isForkInFlight({ channels }: TableSnapshot, from: Philosopher, to: Philosopher): boolean {
  return channels[`${from}->${to}`]!.messages.some(({ event }) => (event as PhilosopherEvent).type === 'FORK');
}

/**
 * Who waits for whom: the hungry wait for the neighbours who have the forks that they lack.
 *
 * @param areMessagesHeeded Whether a fork in flight counts: nobody waits for one who has sent it already.
 */
export function waitsIn(snapshot: TableSnapshot, areMessagesHeeded = true): Wait[] {
  const ids = Object.keys(snapshot.processes) as Philosopher[];
  return ids.flatMap((waiting) => {
    const { value, context } = snapshot.processes[waiting].snapshot;
    if (value !== 'hungry') return [];
    return SIDES.filter((side) => !context.forks[side])
      .map((side) => context.neighbours[side] as Philosopher)
      .filter((holder) => !areMessagesHeeded || !isForkInFlight(snapshot, holder, waiting))
      .map((holder) => ({ waiting, holder }));
  });
}

/** Some who wait for each other in a circle: as each needs both forks, none of them will ever eat. */
export function circleOf(waits: readonly Wait[]): Philosopher[] | undefined {
  const holdersOf = (id: Philosopher) => waits.filter(({ waiting }) => waiting === id).map(({ holder }) => holder);
  const search = (path: readonly Philosopher[], done: Set<Philosopher>): Philosopher[] | undefined => {
    const last = path.at(-1)!;
    for (const next of holdersOf(last)) {
      if (path.includes(next)) return path.slice(path.indexOf(next));
      if (done.has(next)) continue;
      const found = search([...path, next], done);
      if (found !== undefined) return found;
    }
    done.add(last);
    return undefined;
  };
  const done = new Set<Philosopher>();
  for (const { waiting } of waits) {
    const found = done.has(waiting) ? undefined : search([waiting], done);
    if (found !== undefined) return found;
  }
  return undefined;
}
