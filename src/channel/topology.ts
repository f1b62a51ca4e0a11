import { describe, PanoramaError } from '../errors.js';

/** What a channel is like. */
export interface ChannelOptions {
  /** Whether it hands over what was sent first first; default true. Without, anything that is on it may come next. */
  readonly fifo?: boolean | undefined;
}

/** A directed channel, `[from, to]` or `[from, to, { fifo: false }]`. */
export type ChannelPair<TFrom extends string = string, TTo extends string = TFrom> = readonly [
  from: TFrom,
  to: TTo,
  options?: ChannelOptions,
];

/** A channel of a network. */
export interface ChannelDescription {
  /** The channel's id, `from->to`. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** Whether it keeps order. */
  readonly fifo: boolean;
}

/** The id of the channel between two processes. */
export function channelId(from: string, to: string): string {
  return `${from}->${to}`;
}

/** An id, if it is one literal; never for a union or for any string. */
export type LiteralId<TId extends string, TAll = TId> =
  IsOpen<TId> extends true ? never : TId extends unknown ? ([TAll] extends [TId] ? TId : never) : never;

/** The ids of the channels that are there: those declared by two literals. */
export type KnownChannelId<TPair> =
  TPair extends ChannelPair<infer TFrom, infer TTo> ? LiteralId<`${TFrom}->${TTo}`> : never;

/** The ids of the channels that there may be, for all that is known of their ends. */
export type PossibleChannelId<TPair> =
  TPair extends ChannelPair<infer TFrom, infer TTo>
    ? IsOpen<TFrom | TTo> extends true
      ? string
      : Exclude<`${TFrom}->${TTo}`, LiteralId<`${TFrom}->${TTo}`>>
    : never;

/** Whether there is no end of such ids: then an object without any id is a record of them all. No id is empty. */
type IsOpen<TId extends string> = Record<'', unknown> extends Record<TId, unknown> ? true : false;

/** The processes at the two ends of a channel, by its id. */
export function endsOf(id: string): [from: string, to: string] {
  const arrow = id.indexOf('->');
  return [id.slice(0, arrow), id.slice(arrow + 2)];
}

/** What is known of pairs when compiling: of a tuple of literals which ones there are, else which ones there may be. */
type PairsOf<TIds extends readonly string[], TPair> =
  IsOpen<number extends TIds['length'] ? string : TIds[number]> extends true ? ChannelPair<TIds[number]>[] : TPair[];

type MeshPair<TId extends string> = { [A in TId]: { [B in Exclude<TId, A>]: ChannelPair<A, B> }[Exclude<TId, A>] }[TId];

type RingPair<TIds extends readonly string[]> = TIds extends readonly [infer TFirst, ...infer TRest]
  ? { [I in keyof TIds]: ChannelPair<TIds[I], At<[...TRest, TFirst], I>> }[number]
  : never;

type At<TList, I> = I extends keyof TList ? Extract<TList[I], string> : never;

/**
 * Connects every process to every other one: n·(n−1) channels.
 *
 * @param ids The processes.
 * @param options What each channel is like.
 * @throws `invalid-argument` when an id is named twice.
 */
export function fullMesh<const TIds extends readonly string[]>(
  ids: TIds,
  options?: ChannelOptions,
): PairsOf<TIds, MeshPair<TIds[number]>> {
  refuseRepeats(ids);
  const pairs = ids.flatMap((from) => ids.filter((to) => to !== from).map((to) => pairOf(from, to, options)));
  return pairs as PairsOf<TIds, MeshPair<TIds[number]>>;
}

/**
 * Connects every process to the next one, and the last to the first: n channels; one process gets a channel to itself.
 *
 * @param ids The processes, in the order of the ring.
 * @param options What each channel is like.
 * @throws `invalid-argument` when an id is named twice.
 */
export function ring<const TIds extends readonly string[]>(
  ids: TIds,
  options?: ChannelOptions,
): PairsOf<TIds, RingPair<TIds>> {
  refuseRepeats(ids);
  const pairs = ids.map((from, index) => pairOf(from, ids[(index + 1) % ids.length]!, options));
  return pairs as PairsOf<TIds, RingPair<TIds>>;
}

function pairOf(from: string, to: string, options: ChannelOptions | undefined): ChannelPair {
  return options === undefined ? [from, to] : [from, to, options];
}

function refuseRepeats(ids: readonly string[]): void {
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  if (repeated !== undefined) {
    throw new PanoramaError('invalid-argument', `Expected each process once, got ${describe(repeated)} twice.`);
  }
}

/** Which processes each process has a channel to. */
export type Successors = ReadonlyMap<string, readonly string[]>;

/** The processes that markers reach when these initiators record: themselves and all whom channels lead to from them. */
export function reachableFrom(initiators: Iterable<string>, successors: Successors): Set<string> {
  const reached = new Set(initiators);
  for (const id of reached) for (const next of successors.get(id) ?? []) reached.add(next);
  return reached;
}

/**
 * Chooses the fewest initiators from which the markers reach every process: one in each strongly connected component
 * that no channel leads into. Linear in processes and channels.
 */
export function chooseInitiators(successors: Successors): string[] {
  // Those not reached from an earlier one: enough, though some of these are reached from a later one.
  const enough = unreached(successors.keys(), successors);
  return unreached(enough.reverse(), successors).reverse();
}

/** Those of some processes that no channels lead to from an earlier one of them. */
function unreached(ids: Iterable<string>, successors: Successors): string[] {
  const chosen: string[] = [];
  const reached = new Set<string>();
  for (const id of ids) {
    if (reached.has(id)) continue;
    chosen.push(id);
    const frontier = [id];
    for (let at = frontier.pop(); at !== undefined; at = frontier.pop()) {
      if (reached.has(at)) continue;
      reached.add(at);
      for (const next of successors.get(at)!) frontier.push(next);
    }
  }
  return chosen;
}
