/** Ways to cut that are wrong, or that pause: what the algorithm is compared with. For a network under a manual schedule. */
import { SNAPSHOT_VERSION, type GlobalSnapshot, type ManualSchedule, type Network } from '../../src/index.js';
import { captureState } from '../../src/testing/index.js';
import { deliverAll } from './network.js';

/**
 * Asks every process for its state, one after another, while the application goes on in between; what is on the channels
 * is asked for last. Wrong: what is paid between two answers is counted twice, or not at all.
 *
 * @param between What the application does before the next one answers.
 */
export function askInTurn(network: Network, between: () => void): GlobalSnapshot {
  return cutAt(network, new Map(Object.keys(network.processes).map((id, turn) => [id, turn])), between);
}

/**
 * Every process records itself at the same time by its own clock, and the clocks are not quite right. Wrong unless they are.
 *
 * @param skews By process, how many steps of the application its clock is behind.
 * @param between One step of the application.
 */
export function atOneTime(network: Network, skews: ReadonlyMap<string, number>, between: () => void): GlobalSnapshot {
  return cutAt(network, skews, between);
}

/** Records each process after so many steps, and the channels when the last one has recorded. */
function cutAt(network: Network, turns: ReadonlyMap<string, number>, between: () => void): GlobalSnapshot {
  const last = Math.max(...turns.values());
  const recorded: [string, GlobalSnapshot['processes'][string]][] = [];
  for (let turn = 0; ; turn++) {
    const now = captureState(network);
    for (const [id, its] of turns) if (its === turn) recorded.push([id, now.processes[id] as never]);
    if (turn === last) return { ...now, version: SNAPSHOT_VERSION, processes: Object.fromEntries(recorded) };
    between();
  }
}

/** What it takes to stop the world: deliveries for which the application had to stand still. */
export interface Pause {
  readonly snapshot: GlobalSnapshot;
  readonly deliveries: number;
}

/** Stops the application, drains the channels, and records everybody. Right, but the application stands still for it. */
export function stopDrainRecord(network: Network, schedule: ManualSchedule): Pause {
  const deliveries = [...schedule.pending().values()].reduce((sum, count) => sum + count, 0);
  deliverAll(schedule);
  return { snapshot: captureState(network), deliveries };
}
