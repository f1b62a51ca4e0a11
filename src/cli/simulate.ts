import { Command } from 'commander';
import {
  simulate,
  SimulationError,
  type FaultName,
  type Properties,
  type SimulationOptions,
  type SimulationReport,
} from '../testing/index.js';
import { loadModule, type UserModule } from './load-module.js';
import { printable, table, toJson } from './print.js';
import { createStatusLine } from './progress.js';
import { listenForInterrupt } from './running.js';
import { UsageError } from './usage-error.js';

interface SimulateOptions {
  readonly runs?: number;
  readonly seed?: number;
  readonly steps?: number;
  readonly snapshots?: number;
  readonly fault?: Readonly<Record<string, number>> | undefined;
  readonly json?: boolean;
}

/** `simulate MODULE`: exits with 1 when a run fails, and prints its story and the command that repeats it. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .description('Simulate the network of a module in many random runs, and check every one (exit 1 if one fails).')
    .argument(
      '<module>',
      'exports default { processes, channels }, and `simulation = { traffic, properties, … }`, or `traffic` (a list) and `properties`',
    )
    .option('--runs <n>', 'how many (default 1000)', parseWhole)
    .option('--seed <n>', 'of the first run (default: drawn anew)', parseWhole)
    .option('--steps <n>', 'steps of a run (default 100)', parseWhole)
    .option('--snapshots <n>', 'snapshots begun in a run (default 3)', parseWhole)
    .option(
      '--fault <name=probability>',
      'stop, rollback, cut, delay, slow or abort, per step; repeat for several',
      parseFault,
    )
    .option('--json', 'the report as one JSON object')
    .action(async (path: string, options: SimulateOptions) => {
      const module = await loadModule(path);
      await simulateModule(path, module, options);
    });
}

async function simulateModule(path: string, module: UserModule, { json, fault, ...options }: SimulateOptions) {
  const status = createStatusLine(json === true);
  const ending = new AbortController();
  listenForInterrupt(ending);
  let finished = 0;
  try {
    const report = await simulate(module.config, {
      ...(fromModule(module) as SimulationOptions),
      ...options,
      ...(fault && { faults: fault }),
      signal: ending.signal,
      onProgress: ({ runs, of, runsPerSecond, failures }) => {
        finished = runs - failures;
        const shrinking = failures > 0 ? '; one failed: shrinking' : '';
        status.show(`run ${runs} of ${of}, ${runsPerSecond.toFixed(0)}/s${shrinking} … (Ctrl-C ends)`);
      },
    });
    status.clear();
    console.log(json ? toJson(report) : describeReport(report));
  } catch (error) {
    status.clear();
    if (ending.signal.aborted && error === ending.signal.reason) {
      process.exitCode = 130;
      console.error(`xstate-panorama: stopped; ${finished} run(s) were as they should be.`);
      return;
    }
    if (!(error instanceof SimulationError)) throw error;
    process.exitCode = 1;
    const { failure, message } = error;
    const replay = replayCommand(path, failure.seed, { fault, ...options });
    if (json)
      console.log(toJson({ ...failure, replay, counterexample: { ...failure.counterexample, trace: undefined } }));
    else console.log(printable(message.replace(failure.replay, () => replay)));
  }
}

/** What a module says of simulations; what it says for `explore` serves too, as far as a sample of states can decide it. */
function fromModule({ options, simulation, traffic, properties }: UserModule): object {
  const { always, sometimes } = (properties ?? {}) as Properties;
  return {
    ...(Array.isArray(traffic) ? { traffic: traffic as unknown } : {}),
    ...(properties === undefined ? {} : { properties: { always, sometimes } }),
    ...(options.algorithm === undefined ? {} : { algorithm: options.algorithm }),
    ...simulation,
  };
}

/** The command that repeats a run, or all of them. */
function replayCommand(path: string, seed: number | undefined, options: Omit<SimulateOptions, 'json'>): string {
  const { steps, snapshots, fault = {}, runs } = options;
  const all = { seed: seed ?? options.seed, runs: seed === undefined ? runs : 1, steps, snapshots };
  const flags = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${value}`]));
  const faults = Object.entries(fault).map(([name, probability]) => `--fault ${name}=${probability}`);
  return ['xstate-panorama simulate', path, ...flags, ...faults].join(' ');
}

function describeReport(report: SimulationReport): string {
  const { seed, runs, deliveries, events, snapshots, faults, sometimes, durationMs } = report;
  const happened = Object.entries(faults).filter(([, count]) => count > 0);
  const rows: (readonly [string, string | number])[] = [
    ['runs, all as they should be', runs],
    ['seed of the first', seed],
    ['runs a second', Math.round((runs * 1000) / durationMs)],
    ['deliveries', deliveries],
    ['events from outside', events],
    ['snapshots completed', snapshots.completed],
    ['snapshots given up', snapshots.aborted],
    ['most snapshots at once', snapshots.overlap],
    ...happened.map(([name, count]) => [`fault: ${name}`, count] as const),
    ...Object.entries(sometimes).map(([name, count]) => [`runs in which sometimes ${name}`, count] as const),
  ];
  return table(['simulated', ''], rows);
}

function parseWhole(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number)) return number;
  throw new UsageError(`Expected a whole number, got "${text}".`);
}

function parseFault(text: string, known: Readonly<Record<string, number>> = {}): Record<FaultName, number> {
  const [name, probability, ...rest] = text.split('=');
  const number = Number(probability);
  if (name === undefined || name === '' || probability === undefined || Number.isNaN(number) || rest.length > 0) {
    throw new UsageError(`Expected --fault as cut=0.01, got "${text}".`);
  }
  return { ...known, [name]: number } as Record<FaultName, number>;
}
