/** Pictures of a network that has a scene: of a moment, of a snapshot, and of a viewer who walked from panel to panel. */
import type { GlobalSnapshot } from '../../global-snapshot.js';
import type { Scene } from '../scene.js';
import type { SnapshotOfRun } from './model.js';
import type { Run } from './run.js';

/** A thing in a panel, with its position there. */
export interface Thing {
  readonly id: string;
  readonly x: number;
  readonly y: number;
}

/** A picture, pieced together. */
export interface Panorama {
  /** By process: the things in its panel; panels of which there is no picture yet are not there. */
  readonly panels: ReadonlyMap<string, readonly Thing[]>;
  /** Things between two panels. */
  readonly crossings: readonly { readonly from: string; readonly to: string; readonly thing: Thing }[];
}

/** What is wrong with a panorama. */
export interface Count {
  readonly missing: readonly string[];
  /** Those that are there more than once. */
  readonly doubled: readonly string[];
}

/** Things drawn of one panel. */
const MOST_THINGS = 2000;
const DEFAULT_WALK_MS = 100;

/** The picture of a moment of a run. */
export function panoramaAt(run: Run, scene: Scene, index: number): Panorama {
  const { processes } = run.stateAt(index);
  const crossings = run.inFlightAt(index).flatMap(({ from, to, event }) => crossingOf(scene, from, to, event));
  return { panels: panelsOf(scene, (id) => processes.get(id)?.context), crossings };
}

/** The panorama of a global snapshot: the recorded states are the panels, the channel states what is between them. */
export function panoramaOf(run: Run, scene: Scene, { processes, channels }: GlobalSnapshot): Panorama {
  const crossings = run.network.channels.flatMap(({ id, from, to }) =>
    (channels[id]?.messages ?? []).flatMap(({ event }) => crossingOf(scene, from, to, event)),
  );
  const contextOf = (id: string) => (processes[id]?.snapshot as { readonly context?: unknown } | undefined)?.context;
  return { panels: panelsOf(scene, contextOf), crossings };
}

/**
 * The panorama of a viewer who set out when the snapshot began, and looked at one panel after the other, while all went on:
 * as far as the run goes.
 */
export function walkedPanorama(run: Run, scene: Scene, { recorded }: SnapshotOfRun): Panorama {
  const panels = new Map<string, readonly Thing[]>();
  const first = Math.min(...Array.from(recorded.values(), ({ index }) => index));
  const begin = run.step(first)?.time ?? NaN;
  let index = first;
  for (const id of Object.keys(scene.places)) {
    const at = begin + panels.size * (scene.walkMs ?? DEFAULT_WALK_MS);
    while (index < run.lastIndex && !(run.step(index + 1)!.time > at)) index++;
    if (index >= run.lastIndex) break; // the run has not got there
    const { processes } = run.stateAt(index);
    panels.set(id, thingsIn((processes.get(id)?.context as Fields | undefined)?.[scene.things]));
  }
  return { panels, crossings: [] };
}

/** Counts a panorama's things, of all that there are. */
export function countThings(panorama: Panorama, all: Iterable<string>): Count {
  const times = new Map<string, number>();
  for (const id of idsIn(panorama)) times.set(id, (times.get(id) ?? 0) + 1);
  return {
    missing: [...all].filter((id) => !times.has(id)).sort(),
    doubled: [...times].flatMap(([id, count]) => (count > 1 ? [id] : [])).sort(),
  };
}

/** The ids of all things in a panorama, as often as they are there. */
export function idsIn({ panels, crossings }: Panorama): string[] {
  return [...[...panels.values()].flat(), ...crossings.map(({ thing }) => thing)].map(({ id }) => id);
}

type Fields = Readonly<Record<string, unknown>>;

function panelsOf({ places, things }: Scene, contextOf: (id: string) => unknown): Map<string, readonly Thing[]> {
  return new Map(Object.keys(places).map((id) => [id, thingsIn((Object(contextOf(id)) as Fields)[things])] as const));
}

function thingsIn(list: unknown): Thing[] {
  return Array.isArray(list) ? list.slice(0, MOST_THINGS).flatMap(thingOf) : [];
}

function crossingOf({ inMessage }: Scene, from: string, to: string, event: object | undefined): Panorama['crossings'] {
  return thingOf((Object(event) as Fields)[inMessage]).map((thing) => ({ from, to, thing }));
}

/** A thing, if it is one: contexts and messages hold anything. */
function thingOf(value: unknown): readonly Thing[] {
  const { id, x, y } = Object(value) as { id?: unknown; x?: unknown; y?: unknown };
  const isThing = (typeof id === 'string' || typeof id === 'number') && Number.isFinite(x) && Number.isFinite(y);
  return isThing ? [{ id: String(id), x: x as number, y: y as number }] : [];
}
