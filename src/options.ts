/** Every option and name is checked here, where it comes in. */
import type { ActorOptions, AnyActorLogic, EventObject, InputFrom } from 'xstate';
import { describe, PanoramaError } from './errors.js';
import { SNAPSHOT_VERSION, type GlobalSnapshot } from './global-snapshot.js';
import type { Schedule } from './schedule.js';
import { channelId, type ChannelPair } from './topology.js';

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
  /** Each `[from, to]`; see also `fullMesh` and `ring`. */
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

/** A config with every shorthand resolved. */
export interface ParsedConfig {
  readonly processes: ReadonlyMap<string, { readonly logic: AnyActorLogic; readonly input: unknown }>;
  readonly channels: readonly { readonly id: string; readonly from: string; readonly to: string }[];
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
    if (!Array.isArray(pair) || pair.length !== 2) return expected('each channel to be a pair [from, to]', pair);
    const [from, to] = pair as [string, string];
    for (const end of [from, to]) {
      if (!parsed.has(end)) expected(`each end of a channel to be a process (${list(ids)})`, end);
    }
    const id = channelId(from, to);
    if (seen.has(id)) expected('each channel once', id, 'Remove the repeated pair.');
    seen.add(id);
    successors.get(from)!.push(to);
    return { id, from, to };
  };
  return { processes: parsed, channels: channels.map(parseChannel), successors };
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
  const { schedule, clock, logger } = options;
  if (schedule !== undefined && typeof (schedule as Partial<Schedule>)?.ready !== 'function') {
    expected('`schedule` to be a schedule (createManualSchedule, createSeededSchedule)', schedule);
  }
  if (clock !== undefined && (typeof clock?.setTimeout !== 'function' || typeof clock.clearTimeout !== 'function')) {
    expected('`clock` to have `setTimeout` and `clearTimeout`', clock);
  }
  if (logger !== undefined && typeof logger !== 'function') expected('`logger` to be a function', logger);
  return options;
}

/** Checks an event that is sent from outside. Throws `invalid-argument`. */
export function parseEvent(event: EventObject): EventObject {
  if (!isObject(event) || typeof event.type !== 'string') expected('an event object with a string `type`', event);
  return event;
}

/** Refuses to restore a snapshot into a config that it does not fit, naming the difference. Throws `does-not-fit`. */
export function refuseMisfit(snapshot: GlobalSnapshot, { processes, channels }: ParsedConfig): void {
  const misfit = (message: string): never => {
    throw new PanoramaError('does-not-fit', message);
  };
  if (!isObject(snapshot)) return expected('`snapshot` to be a global snapshot', snapshot);
  const version: unknown = snapshot.version;
  if (version !== SNAPSHOT_VERSION) {
    misfit(
      `Expected a snapshot of version ${SNAPSHOT_VERSION}, got ${describe(version)}. Take it anew, or use the library version that wrote it.`,
    );
  }
  if (!isObject(snapshot.processes) || !isObject(snapshot.channels)) {
    misfit('Expected a snapshot with `processes` and `channels`, got one without.');
  }
  const compare = (kind: string, inConfig: readonly string[], inSnapshot: readonly string[]) => {
    const missing = difference(inSnapshot, inConfig);
    const added = difference(inConfig, inSnapshot);
    if (missing.length + added.length === 0) return;
    const parts = [
      ...(missing.length > 0 ? [`${list(missing)} in the snapshot alone`] : []),
      ...(added.length > 0 ? [`${list(added)} in the config alone`] : []),
    ];
    misfit(
      `Expected the config to have the snapshot's ${kind}, got ${parts.join(' and ')}. Restore with the config that the snapshot was taken of.`,
    );
  };
  compare('processes', [...processes.keys()], Object.keys(snapshot.processes));
  compare(
    'channels',
    channels.map(({ id }) => id),
    Object.keys(snapshot.channels),
  );
  for (const { id, from, to } of channels) {
    const sent = snapshot.processes[from]!.sent[id]?.count ?? -1;
    const received = snapshot.processes[to]!.received[id]?.count ?? -1;
    const seqs = snapshot.channels[id]!.messages.map(({ seq }) => seq);
    if (received < 0 || sent - received !== seqs.length || seqs.some((seq, index) => seq !== received + 1 + index)) {
      misfit(
        `Expected a consistent snapshot, got channel "${id}" with ${sent} sent, ${received} received and messages [${list(seqs.map(String))}] in flight. \`verifySnapshot\` lists all that is wrong.`,
      );
    }
  }
}

function difference(all: readonly string[], known: readonly string[]): string[] {
  const set = new Set(known);
  return all.filter((id) => !set.has(id));
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
