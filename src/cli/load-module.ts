import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createJiti } from 'jiti';
import { isObject } from '../checks.js';
import { messageOf } from '../errors.js';
import type { GlobalSnapshot, Network, NetworkConfig, NetworkOptions } from '../index.js';
import { parseScene, type Scene } from '../inspect/index.js';
import type { SimulationOptions } from '../testing/index.js';
import { UsageError } from './usage-error.js';

/** What a module's `traffic` is called with. */
export interface TrafficContext {
  /** Aborts when the run ends. */
  readonly signal: AbortSignal;
  /** Whether the network goes on from a snapshot. */
  readonly restored: boolean;
}

/** Events from outside, for the network to work on. */
export type Traffic =
  | ((network: Network, context: TrafficContext) => unknown)
  | Iterable<{ readonly to: string; readonly event: { readonly type: string } }>;

/** What a user's module gives. */
export interface UserModule {
  readonly config: NetworkConfig;
  readonly options: NetworkOptions;
  readonly traffic: Traffic | undefined;
  /** What is claimed of its states; for `explore`. */
  readonly properties: unknown;
  /** Options of `explore`. */
  readonly exploration: Readonly<Record<string, unknown>>;
  /** The options of a simulation. */
  readonly simulation: SimulationOptions | undefined;
  /** What is looked for in its snapshots. */
  readonly stableProperties: Readonly<Record<string, (snapshot: GlobalSnapshot) => unknown>>;
  /** How the inspector page pictures it. */
  readonly scene: Scene | undefined;
}

/**
 * Loads a user's module, JavaScript or TypeScript: `export default { processes, channels, options? }`, and optionally
 * `export const traffic` and `export const simulation`. The config may also be exported as `config`, or as `processes` and `channels`.
 */
export async function loadModule(path: string): Promise<UserModule> {
  const file = resolve(path);
  if (!existsSync(file)) throw new UsageError(`Expected a module, got "${path}", which does not exist.`);
  const exports = await importModule(file);
  const byDefault = isObject(exports.default) ? exports.default : {};
  const config = [byDefault, exports.config, byDefault.config, exports].find(isConfig);
  if (config === undefined) {
    const got = Object.entries(exports).map(([name, value]) => `${name} (${typeof value})`);
    throw new UsageError(
      `Expected "${path}" to have \`export default { processes, channels }\`, got exports: ${got.join(', ') || 'none'}.`,
    );
  }
  if ('takeSnapshot' in config) {
    throw new UsageError(
      `Expected "${path}" to export the config of a network, got a network. Export what you give to \`createNetwork\`.`,
    );
  }
  const options = config.options ?? exports.options ?? {};
  if (!isObject(options)) throw new UsageError(`Expected \`options\` of "${path}" to be an object.`);
  const traffic = exports.traffic ?? byDefault.traffic;
  if (traffic !== undefined && !isTraffic(traffic)) {
    throw new UsageError(`Expected \`traffic\` of "${path}" to be a function or a list of { to, event }.`);
  }
  const exploration = exports.exploration ?? byDefault.exploration ?? {};
  if (!isObject(exploration)) throw new UsageError(`Expected \`exploration\` of "${path}" to be an object.`);
  const properties = exports.properties ?? byDefault.properties;
  const simulation = exports.simulation ?? byDefault.simulation;
  if (simulation !== undefined && !isObject(simulation)) {
    throw new UsageError(`Expected \`simulation\` of "${path}" to be an object of simulation options.`);
  }
  const stableProperties = exports.stableProperties ?? byDefault.stableProperties ?? {};
  if (!isObject(stableProperties) || Object.values(stableProperties).some((one) => typeof one !== 'function')) {
    throw new UsageError(`Expected \`stableProperties\` of "${path}" to be functions of a snapshot, by name.`);
  }
  return {
    config: config as unknown as NetworkConfig,
    options,
    traffic,
    properties,
    exploration,
    simulation,
    stableProperties: stableProperties as UserModule['stableProperties'],
    scene: sceneOf(exports.scene ?? byDefault.scene, path),
  };
}

function sceneOf(value: unknown, path: string): Scene | undefined {
  try {
    return value === undefined ? undefined : parseScene(value);
  } catch (error) {
    throw new UsageError(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** Plain JavaScript is Node's own business, unless it imports TypeScript, which is transformed; packages are Node's again. */
async function importModule(file: string): Promise<Record<string, unknown>> {
  try {
    if (/\.[cm]?js$/.test(file)) {
      try {
        return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
      } catch (error) {
        // Node refuses the file extension while it links: nothing of the module has run yet.
        if ((error as NodeJS.ErrnoException).code !== 'ERR_UNKNOWN_FILE_EXTENSION') throw error;
      }
    }
    const jiti = createJiti(import.meta.url, { interopDefault: false, moduleCache: false, fsCache: false });
    return await jiti.import<Record<string, unknown>>(file);
  } catch (error) {
    throw new UsageError(`Expected "${file}" to load, got: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function isConfig(value: unknown): value is Record<string, unknown> {
  return isObject(value) && 'processes' in value && 'channels' in value;
}

function isTraffic(value: unknown): value is Traffic {
  return typeof value === 'function' || (isObject(value) && Symbol.iterator in value);
}
