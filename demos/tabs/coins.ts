import type { SnapshotOf } from 'xstate-panorama';
import type network from './network.js';

/** A global snapshot of any number of tabs. */
export type TabsSnapshot = SnapshotOf<Record<string, (typeof network.processes)['red']>>;

/** The coins that each tab has in a snapshot. */
export function coinsOfTabs({ processes }: TabsSnapshot): [id: string, coins: number][] {
  return Object.entries(processes).map(([id, { snapshot }]) => [id, snapshot.context.coins]);
}

/** The coins that are on their way between tabs. */
export function coinsInFlight({ channels }: Pick<TabsSnapshot, 'channels'>): number {
  const events = Object.values(channels).flatMap(({ messages }) => messages.map(({ event }) => event));
  return events.reduce((sum, event) => sum + (event.type === 'COINS' ? event.count : 0), 0);
}

/** All coins in a snapshot. */
export function allCoins(snapshot: TabsSnapshot): number {
  return coinsOfTabs(snapshot).reduce((sum, [, coins]) => sum + coins, coinsInFlight(snapshot));
}
