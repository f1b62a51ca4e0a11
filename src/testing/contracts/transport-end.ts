/** One end of a transport under test. It runs wherever it must: in this program, in a page, in a worker. */
import { assign, setup, type AnyEventObject, type EventObject } from 'xstate';
import {
  createManualSchedule,
  createProcess,
  type GlobalSnapshot,
  type SnapshotOptions,
  type Transport,
} from '../../index.js';

/** How an end is started: its process's id and that of its peer, and what is unusual. */
export interface TransportEndOptions {
  readonly id: string;
  readonly peer: string;
  /** As of a peer's options. */
  readonly maxBuffered?: number | undefined;
  /** Whether it takes nothing that comes in; default false. */
  readonly holds?: boolean | undefined;
}

/** What happened to an end's link: the type of the event, and the code of its error. */
export interface TransportEndEvent {
  readonly type: string;
  readonly code?: string | undefined;
}

/** What the contract asks of an end. All of it is plain data, and may come from another program. */
export interface TransportEnd {
  /** Sends these numbers to the peer, in one step; with each, so many characters. */
  sendNumbers(from: number, to: number, padding?: number): void;
  /** How many numbers came in, and which. */
  count(): number;
  got(): readonly number[];
  /** How many characters came with the numbers. */
  padding(): number;
  /** Events that came in and are no numbers. */
  others(): readonly EventObject[];
  /** What happened to its link, oldest first. */
  told(): readonly TransportEndEvent[];
  /** How much came in that it did not take. */
  held(): number;
  takeSnapshot(options?: SnapshotOptions): Promise<GlobalSnapshot>;
  stop(): void;
}

/** Counts what comes, and sends as many numbers as it is told. */
const counter = /* @__PURE__ */ setup({
  types: {
    context: {} as {
      readonly got: readonly number[];
      readonly padding: number;
      readonly others: readonly EventObject[];
    },
    events: {} as
      | { type: 'NUMBER'; n: number; text?: string }
      | { type: 'SEND'; from: number; to: number; peer: string; padding: number },
  },
}).createMachine({
  context: { got: [], padding: 0, others: [] },
  on: {
    NUMBER: {
      actions: assign({
        got: ({ context, event }) => [...context.got, event.n],
        padding: ({ context, event }) => context.padding + (event.text?.length ?? 0),
      }),
    },
    SEND: {
      actions: ({ event, system }) => {
        const peer = system.get(event.peer) as { send(event: AnyEventObject): void };
        const padding = event.padding > 0 ? { text: 'te漢"'.repeat(event.padding / 4) } : {};
        for (let n = event.from; n <= event.to; n++) peer.send({ type: 'NUMBER', n, ...padding });
      },
    },
    '*': { actions: assign({ others: ({ context, event }) => [...context.others, event as EventObject] }) },
  },
});

/**
 * Starts the process of an end, in whatever program the end is; see {@link TransportPlace}.
 *
 * @param transport This end's.
 */
export function startTransportEnd(
  transport: Transport,
  { id, peer, maxBuffered, holds = false }: TransportEndOptions,
): TransportEnd {
  const schedule = createManualSchedule();
  const process = createProcess(counter, {
    id,
    peers: { [peer]: { transport, maxBuffered } },
    schedule: holds ? schedule : undefined,
  });
  const told: TransportEndEvent[] = [];
  process.links$.subscribe((event) =>
    told.push({ type: event.type, code: 'error' in event ? event.error.code : undefined }),
  );
  process.start();
  return {
    sendNumbers: (from, to, padding = 0) => process.send({ type: 'SEND', from, to, peer, padding }),
    count: () => process.actor.getSnapshot().context.got.length,
    got: () => process.actor.getSnapshot().context.got,
    padding: () => process.actor.getSnapshot().context.padding,
    others: () => process.actor.getSnapshot().context.others,
    told: () => told,
    held: () => schedule.pending().get(`${peer}->${id}`) ?? 0,
    takeSnapshot: (options) => process.takeSnapshot(options),
    stop: () => process.stop(),
  };
}
