/** How a network likes to be pictured: its processes as panels of one picture, with things in them that go from panel to panel. */
import { expected } from '../checks.js';

/** A picture of a network, said in data: any module may export one as `scene`, and `createInspector` takes it. */
export interface Scene {
  /** By process: where its panel is. Processes that are not named are not in the picture. */
  readonly places: Readonly<Record<string, { readonly column: number; readonly row: number }>>;
  /** The size of every panel, in the units of the things' `x` and `y`. */
  readonly panel: { readonly width: number; readonly height: number };
  /**
   * What the things are called, as `birds`: the field of a process's context that lists those in its panel, each with an
   * `id`, and with `x` and `y` from the panel's top left.
   */
  readonly things: string;
  /** The field of a message that is a thing on its way to another panel, as `bird`; its `x` and `y` are in that one. */
  readonly inMessage: string;
  /** How a thing is drawn; default `dot`. */
  readonly look?: 'dot' | 'bird' | undefined;
  /**
   * How long a viewer who walks from panel to panel, in place of a snapshot, needs for each, in milliseconds of the network's
   * clock; default 100. The page shows that picture, too.
   */
  readonly walkMs?: number | undefined;
}

/** Panels drawn at most. */
const MOST_PLACES = 1000;
const MOST_CELLS = 10_000;

/** Checks a scene from a module or a file. Throws `invalid-argument`, naming what is wrong. */
export function parseScene(value: unknown): Scene {
  const wrong = wrongWith(value);
  if (wrong === undefined) return value as Scene;
  return expected(`a scene with ${wrong}`, value, 'A scene is { places, panel, things, inMessage }.');
}

/** Whether it is a scene. */
export function isScene(value: unknown): value is Scene {
  return wrongWith(value) === undefined;
}

function wrongWith(value: unknown): string | undefined {
  const { places, panel, things, inMessage, look, walkMs } = Object(value) as Partial<Record<keyof Scene, unknown>>;
  const all = Object.values(Object(places) as object) as unknown[];
  if (all.length === 0 || all.length > MOST_PLACES || !all.every(isPlace))
    return '`places` by process: { column, row }';
  const { width, height } = Object(panel) as { width?: unknown; height?: unknown };
  if (!isSize(width) || !isSize(height)) return '`panel`: { width, height } > 0';
  if (typeof things !== 'string' || typeof inMessage !== 'string') return 'field names `things` and `inMessage`';
  if (look !== undefined && look !== 'dot' && look !== 'bird') return '`look` dot or bird';
  return walkMs === undefined || isSize(walkMs) ? undefined : '`walkMs` > 0';
}

function isPlace(value: unknown): boolean {
  const { column, row } = Object(value) as { column?: unknown; row?: unknown };
  return [column, row].every((cell) => Number.isInteger(cell) && Math.abs(cell as number) < MOST_CELLS);
}

function isSize(value: unknown): boolean {
  return typeof value === 'number' && value > 0 && value < Infinity;
}
