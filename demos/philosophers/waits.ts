/** Who waits for whom at the table. */
import type { SnapshotOf } from 'xstate-panorama';
import { deadlocked, type ProcessState } from 'xstate-panorama/detect';
import config, { three, type Philosopher } from './table.js';
import { SIDES, type PhilosopherContext } from './philosopher.js';

export type TableSnapshot = SnapshotOf<typeof config.processes>;

/** The neighbours who have the forks that a philosopher lacks, as far as he knows. */
const holdersFor = ({ forks, neighbours }: PhilosopherContext) =>
  SIDES.filter((side) => !forks[side]).map((side) => neighbours[side]);

/** The hungry wait for all of those whose forks they lack: the AND model. */
const waitsFor = ({ state }: Pick<ProcessState<typeof config.processes>, 'state'>) =>
  state.value === 'hungry' && { allOf: holdersFor(state.context) };

/** Deadlock: a fork in flight counts, as nobody waits for one who has sent it already. */
export const deadlock = deadlocked(config.processes, { waitsFor, grants: ({ event }) => event.type === 'FORK' });

/** The same at the table of three. */
export const deadlockOfThree = deadlocked(three.processes, { waitsFor, grants: ({ event }) => event.type === 'FORK' });

/** The same for one who looks at the recorded states alone. */
export const deadlockInStatesAlone = deadlocked(config.processes, { waitsFor, grants: () => false });

/** Whether a fork is on its way from one to another. */
export function isForkInFlight({ channels }: TableSnapshot, from: string, to: string): boolean {
  return channels[`${from}->${to}`]!.messages.some(({ event }) => event.type === 'FORK');
}

/** For whom a philosopher waits in a snapshot. */
export function holdersIn(snapshot: TableSnapshot, id: Philosopher): string[] {
  const { value, context } = snapshot.processes[id].snapshot;
  if (value !== 'hungry') return [];
  return holdersFor(context).filter((holder) => !isForkInFlight(snapshot, holder, id));
}
