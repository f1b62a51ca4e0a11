/** Every option and name is checked here, where it comes in. */
import type { AnyActorLogic } from 'xstate';
import { channelId, type ChannelDescription, type ChannelOptions, type ChannelPair } from '../channel/topology.js';
import { expected, isNoObject, isObject, list, parseId } from '../checks.js';
import { parseActorOptions, type ActorOptionsOfNetwork } from '../clock.js';
import { PanoramaError } from '../errors.js';
import type { GlobalSnapshot } from '../global-snapshot.js';
import { isActor, parseLogic, type CheckedProcess, type Processes } from '../process/process-config.js';
import { parseSchedule, type Schedule } from '../schedule/schedule.js';
import type { Algorithm } from '../snapshot/algorithms/algorithm.js';

/** The processes of a network and the channels between them. */
export interface NetworkConfig<
  TProcesses extends Processes = Processes,
  TChannels extends ChannelsBetween<TProcesses> = ChannelsBetween<TProcesses>,
> {
  readonly processes: TProcesses;
  /** Each `[from, to]`, or `[from, to, { fifo: false }]` for one that does not keep order; see also `fullMesh` and `ring`. */
  readonly channels: TChannels;
}

/** Channels between such processes. */
export type ChannelsBetween<TProcesses extends Processes> = readonly ChannelPair<keyof TProcesses & string>[];

/** A config in which each process has the input that its logic needs. */
export type CheckedConfig<TProcesses extends Processes, TChannels extends ChannelsBetween<TProcesses>> = NetworkConfig<
  TProcesses,
  TChannels
> & {
  readonly processes: { readonly [K in keyof TProcesses]: CheckedProcess<TProcesses[K]> };
};

/** The options of a network, all optional. */
export interface NetworkOptions extends ActorOptionsOfNetwork {
  /**
   * Goes on from this global snapshot: nothing lost, nothing twice. A process that had failed takes part as failed: its
   * actor tells the recorded error to who asks (`toPromise`), and nothing is rethrown.
   */
  readonly snapshot?: GlobalSnapshot | undefined;
  /** Decides which channel delivers next; default: soon, fairly, giving way to the event loop. */
  readonly schedule?: Schedule | undefined;
  /** How snapshots are taken: one of `xstate-panorama/algorithms`. Default Chandy–Lamport, which needs channels that keep order. */
  readonly algorithm?: Algorithm | 'chandy-lamport' | undefined;
}

/** A config with every shorthand resolved. */
export interface ParsedConfig {
  readonly processes: ReadonlyMap<string, { readonly logic: AnyActorLogic; readonly input: unknown }>;
  readonly channels: readonly ChannelDescription[];
  readonly successors: ReadonlyMap<string, readonly string[]>;
}

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

function parseProcess(id: string, config: unknown) {
  parseId(id);
  const { logic, input } = isConfig(config) ? config : { logic: config, input: undefined };
  return { logic: parseLogic(logic, `process "${id}"`), input };
}

/** Whether it is `{ logic, input }`, and not logic alone. An actor has `logic`, too. */
function isConfig(config: unknown): config is { readonly logic: unknown; readonly input?: unknown } {
  return isObject(config) && 'logic' in config && !isActor(config);
}

/** Checks the options of a network. Throws `invalid-argument`. */
export function parseNetworkOptions(options: NetworkOptions): NetworkOptions {
  if (isNoObject(options)) return expected('network options to be an object', options);
  parseSchedule(options.schedule);
  parseActorOptions(options);
  parseAlgorithm(options.algorithm);
  return options;
}

/** Checks the `algorithm` option. Throws `invalid-argument`. Returns undefined for the default. */
export function parseAlgorithm(algorithm: NetworkOptions['algorithm']): Algorithm | undefined {
  if (algorithm === undefined || algorithm === 'chandy-lamport') return undefined;
  if (typeof (algorithm as Partial<Algorithm> | null)?.begin === 'function') return algorithm;
  return expected(
    '`algorithm` to be "chandy-lamport" or one of `xstate-panorama/algorithms`',
    algorithm,
    `Import it: \`import { ${WITHOUT_FIFO} } from 'xstate-panorama/algorithms'\`.`,
  );
}

/** The algorithms for channels that do not keep order, as they are imported. */
const WITHOUT_FIFO = 'laiYang, mattern, stopDrainRecord';

/** Refuses an algorithm that needs order where some channel does not keep it. Throws `invalid-argument`. */
export function refuseUnordered({ name, needsFifo }: Algorithm, { channels }: ParsedConfig): void {
  const unordered = channels.filter(({ fifo }) => !fifo).map(({ id }) => id);
  if (unordered.length === 0 || !needsFifo) return;
  throw new PanoramaError(
    'invalid-argument',
    `Expected channels that keep order, as \`algorithm\` "${name}" needs, got ${list(unordered)} without FIFO. These of \`xstate-panorama/algorithms\` would do: ${WITHOUT_FIFO}.`,
  );
}
