import type { AnyActorLogic, SnapshotFrom } from 'xstate';
import { PanoramaError } from '../../errors.js';
import type { AnyGlobalSnapshot, RecordedState } from '../../global-snapshot.js';
import type { EventOf, LogicOf, ProcessConfig } from '../../process/process-config.js';
import type { Fails, MessageInFlight, Property } from '../property.js';
import { messagesOf, stateOf } from '../read.js';
import { isPassive, type ActivityOptions } from '../terminated.js';
import { minimalDeadlock } from './minimal-deadlock.js';
import { reduce, type Blocked } from './wait-graph.js';
import { declaredWait, parseWait, type Wait } from './waits.js';

type Processes = Readonly<Record<string, ProcessConfig>>;

/** A process as it is asked what it waits for: its id, its state with tags and meta, and all that it recorded. */
export type ProcessState<TProcesses extends Processes = Processes> = {
  readonly [K in keyof TProcesses & string]: {
    readonly id: K;
    readonly state: SnapshotFrom<LogicOf<TProcesses[K]>>;
    readonly recorded: RecordedState<unknown>;
  };
}[keyof TProcesses & string];

/** Who waits for whom, and what ends it. */
export interface DeadlockOptions<TProcesses extends Processes = Processes> extends Pick<ActivityOptions, 'isPassive'> {
  /**
   * What a passive process waits for; something falsy when it does not. Default: what its states declare, either
   * `meta: { waitsFor: { allOf | anyOf | atLeast, of } }` or tags `waits-for:ID`.
   */
  readonly waitsFor?: ((process: ProcessState<TProcesses>) => Wait | Fails) | undefined;
  /**
   * Whether a message in flight to a waiting process, from one that it waits for, gives it what it waits for: a reply, a
   * resource. It then waits for that one no more. Default: every message does.
   */
  readonly grants?:
    | ((
        message: MessageInFlight<EventOf<LogicOf<TProcesses[keyof TProcesses]>>>,
        receiver: ProcessState<TProcesses>,
      ) => boolean)
    | undefined;
}

/** A deadlock, with as little as shows it. Plain data; {@link formatDeadlock} makes text of it. */
export interface Deadlock {
  readonly snapshotId: string;
  /**
   * The least of it: these wait for one another, and without any one of them the others could go on. In the k-of-n model
   * that is made sure of up to 200 processes.
   */
  readonly processes: readonly string[];
  /** Who of them waits for whom of them. */
  readonly edges: readonly { readonly from: string; readonly to: string }[];
  /** What each of them still needs: so many more of these processes. */
  readonly waits: Readonly<Record<string, Blocked>>;
  /** What is in flight to them; none of it helps. */
  readonly messages: readonly MessageInFlight[];
  /** All processes that wait for ever, those that wait for the ones above included. */
  readonly stuck: readonly string[];
}

/**
 * The property *deadlocked*: some processes wait for one another, for ever.
 *
 * A process is blocked when it is passive and waits; all others may act, and grant whatever they are asked for. What is in
 * flight counts: a granting message has ended a wait already, though its receiver does not know yet, so a deadlock in the
 * recorded states alone may be a phantom. In the AND model (`allOf`) a deadlock is a cycle, in the OR model (`anyOf`) a
 * knot, and in general (`atLeast`) what cannot be reduced; models may be mixed. Linear in the number of waits.
 *
 * Stable as long as no events come from outside, and nothing ends a wait but what `waitsFor` and `grants` say.
 *
 * @param processes The processes as in the network's config: their logic knows the tags and meta of states.
 * @param options Who waits for whom, and what ends it.
 */
export function deadlocked<const TProcesses extends Processes>(
  processes: TProcesses,
  options: DeadlockOptions<TProcesses> = {},
): Property<AnyGlobalSnapshot, Deadlock> {
  const {
    waitsFor = declared,
    grants = () => true,
    isPassive: passive = isPassive,
  } = options as unknown as DeadlockOptions;
  const wait = (process: ProcessState, inbox: readonly MessageInFlight[], numbers: ReadonlyMap<string, number>) => {
    const { id, recorded } = process;
    const wait = passive(recorded, id) && waitsFor(process);
    if (!wait) return undefined;
    const granted = new Set(inbox.filter((message) => grants(message, process)).map(({ from }) => from));
    return parseWait(id, wait, numbers, (other) => granted.has(other));
  };
  return (snapshot) => {
    const messages = messagesOf(snapshot);
    const inboxes = byReceiver(messages);
    const ids = Object.keys(snapshot.processes);
    const numbers = new Map(ids.map((id, number) => [id, number]));
    const graph = ids.map((id) =>
      wait(processState(processes, id, snapshot.processes[id]!), inboxes.get(id) ?? [], numbers),
    );
    const stuck = reduce(graph);
    if (stuck.size === 0) return undefined;
    const names = (numbers: Iterable<number>) => Array.from(numbers, (number) => ids[number]!);
    const waits = minimalDeadlock(graph, stuck).map((process): [string, Blocked] => {
      const { need, of } = graph[process]!;
      return [ids[process]!, { need, of: names(of) }];
    });
    return witnessOf(snapshot.id, waits, names(stuck), messages);
  };
}

function witnessOf(
  snapshotId: string,
  waits: readonly (readonly [id: string, blocked: Blocked])[],
  stuck: readonly string[],
  messages: readonly MessageInFlight[],
): Deadlock {
  const processes = new Set(waits.map(([id]) => id));
  return {
    snapshotId,
    processes: [...processes],
    edges: waits.flatMap(([from, { of }]) => of.filter((to) => processes.has(to)).map((to) => ({ from, to }))),
    waits: Object.fromEntries(waits),
    messages: messages.filter(({ to }) => processes.has(to)),
    stuck,
  };
}

function byReceiver(messages: readonly MessageInFlight[]): Map<string, MessageInFlight[]> {
  const inboxes = new Map<string, MessageInFlight[]>();
  for (const message of messages) {
    const inbox = inboxes.get(message.to);
    if (inbox === undefined) inboxes.set(message.to, [message]);
    else inbox.push(message);
  }
  return inboxes;
}

/** The state is resolved when it is first asked for: most that ask for tags ask a few processes. */
function processState(processes: Processes, id: string, recorded: RecordedState<unknown>): ProcessState {
  const config = Object.hasOwn(processes, id) ? processes[id]! : undefined;
  if (config === undefined) {
    throw new PanoramaError(
      'invalid-argument',
      `Expected the logic of every process of the snapshot, got none for "${id}". Give \`deadlocked\` the network's \`config.processes\`.`,
    );
  }
  const logic = ('logic' in config ? config.logic : config) as AnyActorLogic;
  let state: unknown;
  return {
    id,
    recorded,
    get state() {
      return (state ??= stateOf(logic, recorded)) as never;
    },
  };
}

const declared = ({ id, state }: ProcessState) => declaredWait(id, state);

/** A deadlock as lines of text for people. */
export function formatDeadlock({ snapshotId, processes, waits, messages, stuck }: Deadlock): string {
  const line = (id: string) => {
    const { need, of } = waits[id]!;
    const whom =
      of.length === 1
        ? of[0]!
        : `${need === of.length ? 'all' : need === 1 ? 'any one' : `${need}`} of ${of.join(', ')}`;
    return `  ${id} waits for ${whom}`;
  };
  const inFlight = messages.map(({ channel, seq, event }) => `${channel} #${seq} ${event.type}`);
  const further = stuck.filter((id) => !processes.includes(id));
  return [
    `Deadlock of ${processes.length} process${processes.length === 1 ? '' : 'es'} in snapshot ${snapshotId}:`,
    ...processes.map(line),
    inFlight.length > 0
      ? `  in flight to them, none of it helps: ${inFlight.join('; ')}`
      : '  nothing is in flight to them',
    ...(further.length > 0 ? [`  stuck behind them: ${further.join(', ')}`] : []),
  ].join('\n');
}
