/** One picture of several networks, processes alone, and programs: what they have adds up. */
import type { TraceEvent } from '../trace.js';
import type { Redact } from './plain.js';
import type { InspectorEvent, InspectorEventOf } from './protocol.js';

/** Which processes and channels there are. */
export type Layout = Pick<InspectorEventOf<'network.described'>, 'processes' | 'channels'>;

/** What state they are in. */
export type State = Pick<InspectorEventOf<'network.captured'>, 'processes' | 'channels'>;

/** One who has a part in the picture. */
export interface PictureSource {
  readonly layout: Layout;
  readonly state: State;
  /** Whether this process runs there. */
  has(process: string): boolean;
}

/** What a guest says: that its layout or its state has changed as a whole, or what happened. */
export type GuestNews = 'layout' | 'state' | InspectorEvent;

/** A guest's place in an inspector's picture. */
export interface GuestPlace {
  /** What is left out of everything, if anything is. */
  readonly redact: Redact | undefined;
  tell(news: GuestNews): void;
  leave(): void;
}

/** Brings what several sources tell into one order. */
export interface EventOrder {
  take(source: object, event: TraceEvent | InspectorEvent): void;
  /** Passes on what is held back. */
  flush(): void;
}

/**
 * Creates such an order.
 *
 * @param isSentElsewhere Whether what comes on this channel is sent by another source than this one.
 * @param emit Takes the events in their order.
 */
export type CreateEventOrder = (
  isSentElsewhere: (channel: string, source: object) => boolean,
  emit: (event: TraceEvent | InspectorEvent) => void,
) => EventOrder;

/** Adds layouts up: a process has the chart of the first that knows more of it than its name. */
export function addLayouts(layouts: readonly Layout[]): Layout {
  const processes = new Map<string, Layout['processes'][number]>();
  const channels = new Map<string, Layout['channels'][number]>();
  for (const layout of layouts) {
    for (const process of layout.processes) {
      if (processes.get(process.id)?.chart === undefined) processes.set(process.id, process);
    }
    for (const channel of layout.channels) channels.set(channel.id, channel);
  }
  return { processes: [...processes.values()], channels: [...channels.values()] };
}

/** Adds states up: what a later one says of a process holds. */
export function addStates(states: readonly State[]): State {
  return {
    processes: Object.assign({}, ...states.map(({ processes }) => processes)) as State['processes'],
    channels: Object.assign({}, ...states.map(({ channels }) => channels)) as State['channels'],
  };
}
