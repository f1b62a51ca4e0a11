/** Every option and name is checked here, where it comes in. */
import type { ActorOptions, AnyActorLogic, EventObject, InputFrom } from 'xstate';
import { ALGORITHMS, NEED_FIFO, type AlgorithmName } from './algorithms/algorithm.js';
import { describe, PanoramaError } from './errors.js';
import type { GlobalSnapshot } from './global-snapshot.js';
import type { Schedule } from './schedule.js';
import { channelId, type ChannelOptions, type ChannelPair } from './topology.js';

/** What a process runs: any XState actor logic, unchanged, and its input. */
export type ProcessConfig<TLogic extends AnyActorLogic = AnyActorLogic> =
  TLogic | { readonly logic: TLogic; readonly input?: InputFrom<TLogic> };

/** The logic of a process's config. */
export type LogicOf<TConfig> = TConfig extends { readonly logic: infer L extends AnyActorLogic }
  ? L
  : TConfig extends AnyActorLogic
    ? TConfig
    : never;

/** Refuses, at compile time, an input that the logic does not take. */
export type CheckedProcess<TConfig> = TConfig extends { readonly logic: infer L extends AnyActorLogic }
  ? unknown extends InputFrom<L>
    ? TConfig
    : { readonly logic: L; readonly input: InputFrom<L> }
  : TConfig;

/** The processes of a network and the channels between them. */
export interface NetworkConfig<
  TProcesses extends Record<string, ProcessConfig> = Record<string, ProcessConfig>,
  TId extends string = keyof TProcesses & string,
> {
  readonly processes: TProcesses;
  /** Each `[from, to]`, or `[from, to, { fifo: false }]` for one that does not keep order; see also `fullMesh` and `ring`. */
  readonly channels: readonly ChannelPair<TId>[];
}

/** What of XState's actor options a network hands to each of its actors. */
export interface ActorOptionsOfNetwork {
  /** The clock of all delays and timeouts; default: the real one. */
  readonly clock?: (ActorOptions<AnyActorLogic>['clock'] & { now?(): number }) | undefined;
  /** As `createActor`'s: sees the application's actors and sends, never this library's own machines. */
  readonly inspect?: ActorOptions<AnyActorLogic>['inspect'] | undefined;
  readonly logger?: ActorOptions<AnyActorLogic>['logger'] | undefined;
}

/** The time of a network's clock in milliseconds; undefined when the clock does not tell. */
export function timeOf(clock: ActorOptionsOfNetwork['clock']): number | undefined {
  return clock === undefined ? Date.now() : clock.now?.();
}

/** The options of a network, all optional. */
export interface NetworkOptions extends ActorOptionsOfNetwork {
  /** Goes on from this global snapshot: nothing lost, nothing twice. */
  readonly snapshot?: GlobalSnapshot | undefined;
  /** Decides which channel delivers next; default: soon, fairly, giving way to the event loop. */
  readonly schedule?: Schedule | undefined;
  /** How snapshots are taken; default `chandy-lamport`, which needs channels that keep order. */
  readonly algorithm?: AlgorithmName | undefined;
}

/** The options of one snapshot. */
export interface SnapshotOptions<TId extends string = string> {
  /** Who records spontaneously; default: the supervisor chooses the fewest from which every process is reached. */
  readonly initiators?: readonly TId[] | undefined;
  /** Gives up after this many milliseconds of the network's clock; `Infinity` for never. Default 30,000. */
  readonly timeoutMs?: number | undefined;
  /** Gives up when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Gives up when more messages than this are recorded as in flight; default 1,000,000. */
  readonly maxMessages?: number | undefined;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_MESSAGES = 1_000_000;

/** A channel of a network. */
export interface ParsedChannel {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** Whether it keeps order. */
  readonly fifo: boolean;
}

/** A config with every shorthand resolved. */
export interface ParsedConfig {
  readonly processes: ReadonlyMap<string, { readonly logic: AnyActorLogic; readonly input: unknown }>;
  readonly channels: readonly ParsedChannel[];
  readonly successors: ReadonlyMap<string, readonly string[]>;
}

const expected = (what: string, got: unknown, advice = ''): never => {
  throw new PanoramaError('invalid-argument', `Expected ${what}, got ${describe(got)}.${advice && ` ${advice}`}`);
};

/** Checks a network's config. Throws `invalid-argument`. */
export function parseConfig(config: NetworkConfig): ParsedConfig {
  if (!isObject(config)) return expected('a network config `{ processes, channels }`', config);
  const { processes, channels } = config as Partial<NetworkConfig>;
  if (!isObject(processes)) return expected('`processes` to be an object of actor logic by process id', processes);
  if (!Array.isArray(channels)) return expected('`channels` to be an array of [from, to]', channels);
  const ids = Object.keys(processes);
  if (ids.length === 0) return expected('`processes` to have at least one process', processes);
  const parsed = new Map(ids.map((id) => [id, parseProcess(id, processes[id])]));
  const successors = new Map<string, string[]>(ids.map((id) => [id, []]));
  const seen = new Set<string>();
  const parseChannel = (pair: unknown) => {
    if (!Array.isArray(pair) || (pair.length !== 2 && pair.length !== 3)) {
      return expected('each channel to be a pair [from, to], or [from, to, options]', pair);
    }
    const [from, to, options] = pair as unknown as ChannelPair;
    for (const end of [from, to]) {
      if (!parsed.has(end)) expected(`each end of a channel to be a process (${list(ids)})`, end);
    }
    const id = channelId(from, to);
    if (seen.has(id)) expected('each channel once', id, 'Remove the repeated pair.');
    seen.add(id);
    successors.get(from)!.push(to);
    return { id, from, to, fifo: parseFifo(options) };
  };
  return { processes: parsed, channels: channels.map(parseChannel), successors };
}

function parseFifo(options: ChannelOptions = {}): boolean {
  if (isNoObject(options))
    return expected('the options of a channel to be an object, such as { fifo: false }', options);
  const unknown = Object.keys(options).find((key) => key !== 'fifo');
  if (unknown !== undefined) expected('an option of a channel (fifo)', unknown);
  const { fifo = true } = options;
  return typeof fifo === 'boolean' ? fifo : expected('`fifo` to be true or false', fifo);
}

/** Checks a process id. Throws `invalid-argument`. */
export function parseId(id: unknown): string {
  return typeof id === 'string' && id !== '' && !id.includes('->') && id !== '__proto__'
    ? id
    : expected('a process id to be a non-empty string without "->" that is not "__proto__"', id);
}

function parseProcess(id: string, config: unknown) {
  parseId(id);
  const { logic, input } =
    isObject(config) && 'logic' in config
      ? (config as { logic: unknown; input?: unknown })
      : { logic: config, input: undefined };
  if (!isObject(logic) || typeof logic.transition !== 'function' || typeof logic.getInitialSnapshot !== 'function') {
    return expected(`process "${id}" to be XState actor logic or { logic, input }`, logic);
  }
  return { logic: logic as unknown as AnyActorLogic, input };
}

/** A snapshot's options with the defaults in place. */
export interface ParsedSnapshotOptions {
  readonly initiators: readonly string[] | undefined;
  readonly timeoutMs: number;
  readonly maxMessages: number;
  readonly signal: AbortSignal | undefined;
}

/** Checks the options of a snapshot. Throws `invalid-argument`. */
export function parseSnapshotOptions(
  options: SnapshotOptions,
  ids: ReadonlyMap<string, unknown>,
): ParsedSnapshotOptions {
  if (isNoObject(options)) return expected('snapshot options to be an object', options);
  const { initiators, timeoutMs = DEFAULT_TIMEOUT_MS, maxMessages = DEFAULT_MAX_MESSAGES, signal } = options;
  if (initiators !== undefined) {
    if (!Array.isArray(initiators) || initiators.length === 0) {
      expected('`initiators` to be a non-empty array of process ids', initiators, 'Leave it out to have them chosen.');
    }
    const seen = new Set<string>();
    for (const id of initiators as readonly string[]) {
      if (!ids.has(id)) expected(`each initiator to be a process (${list([...ids.keys()])})`, id);
      if (seen.has(id)) expected('each initiator once', id);
      seen.add(id);
    }
  }
  if (typeof timeoutMs !== 'number' || !(timeoutMs > 0)) {
    expected('`timeoutMs` to be a number > 0 (milliseconds, or Infinity)', timeoutMs);
  }
  if (typeof maxMessages !== 'number' || !(maxMessages >= 0))
    expected('`maxMessages` to be a number >= 0', maxMessages);
  if (signal !== undefined && (isNoObject(signal) || typeof signal.addEventListener !== 'function')) {
    expected('`signal` to be an AbortSignal', signal);
  }
  return { initiators, timeoutMs, maxMessages, signal };
}

/** Checks the options of a network. Throws `invalid-argument`. */
export function parseNetworkOptions(options: NetworkOptions): NetworkOptions {
  if (isNoObject(options)) return expected('network options to be an object', options);
  const { schedule, clock, logger, algorithm } = options;
  if (schedule !== undefined && typeof (schedule as Partial<Schedule>)?.ready !== 'function') {
    expected('`schedule` to be a schedule (createManualSchedule, createSeededSchedule)', schedule);
  }
  if (clock !== undefined && (typeof clock?.setTimeout !== 'function' || typeof clock.clearTimeout !== 'function')) {
    expected('`clock` to have `setTimeout` and `clearTimeout`', clock);
  }
  if (logger !== undefined && typeof logger !== 'function') expected('`logger` to be a function', logger);
  if (algorithm !== undefined && !ALGORITHMS.includes(algorithm)) {
    expected(`\`algorithm\` to be one of ${ALGORITHMS.join(', ')}`, algorithm);
  }
  return options;
}

/** Refuses an algorithm that needs order where some channel does not keep it. Throws `invalid-argument`. */
export function refuseUnordered(algorithm: AlgorithmName, { channels }: ParsedConfig): void {
  const unordered = channels.filter(({ fifo }) => !fifo).map(({ id }) => id);
  if (unordered.length === 0 || !NEED_FIFO.includes(algorithm)) return;
  const others = ALGORITHMS.filter((name) => !NEED_FIFO.includes(name));
  throw new PanoramaError(
    'invalid-argument',
    `Expected channels that keep order, as \`algorithm\` "${algorithm}" needs, got ${list(unordered)} without FIFO. These would do: ${others.join(', ')}.`,
  );
}

/** Checks an event that is sent from outside. Throws `invalid-argument`. */
export function parseEvent(event: EventObject): EventObject {
  if (!isObject(event) || typeof event.type !== 'string') expected('an event object with a string `type`', event);
  return event;
}

/** The first of some ids, for a message. */
export function list(ids: readonly string[], most = 10): string {
  return ids.length <= most ? ids.join(', ') : `${ids.slice(0, most).join(', ')} and ${ids.length - most} more`;
}

/** The same for what is typed already: leaves the type alone. */
const isNoObject = (value: unknown): boolean => !isObject(value);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
