/** One picture of several networks, processes alone, and programs: what they have adds up. */
import type { InspectorEventOf } from './protocol.js';

/** Which processes and channels there are. */
export type Layout = Pick<InspectorEventOf<'network.described'>, 'processes' | 'channels'>;

/** What state they are in. */
export type State = Pick<InspectorEventOf<'network.captured'>, 'processes' | 'channels'>;

/** Adds layouts up: a process that one of them knows by name alone has the chart that another one gives it. */
export function addLayouts(layouts: readonly Layout[]): Layout {
  const processes = new Map<string, Layout['processes'][number]>();
  const channels = new Map<string, Layout['channels'][number]>();
  for (const layout of layouts) {
    for (const process of layout.processes) {
      if (process.chart !== undefined || !processes.has(process.id)) processes.set(process.id, process);
    }
    for (const channel of layout.channels) channels.set(channel.id, channel);
  }
  return { processes: [...processes.values()], channels: [...channels.values()] };
}

/** Adds states up. */
export function addStates(states: readonly State[]): State {
  return {
    processes: Object.assign({}, ...states.map(({ processes }) => processes)) as State['processes'],
    channels: Object.assign({}, ...states.map(({ channels }) => channels)) as State['channels'],
  };
}
