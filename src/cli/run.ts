import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import {
  createNetwork,
  verifySnapshot,
  type GlobalSnapshot,
  type Network,
  type NetworkConfig,
  type NetworkOptions,
} from '../index.js';
import { readSnapshot, writeSnapshot } from './files.js';
import { loadModule, type UserModule } from './load-module.js';
import { printable, table, toJson, verdictText } from './print.js';
import { createProgress } from './progress.js';
import { shownOf } from './inspect.js';
import { recordTo } from './record.js';
import { keepStdout, listenForInterrupt, parseCount, parseDuration, reportFailures, startTraffic } from './running.js';
import { describeSnapshot } from './show.js';
import { UsageError } from './usage-error.js';

interface RunOptions {
  readonly every?: number;
  readonly snapshots?: number;
  readonly initiator?: readonly string[];
  readonly out?: string;
  readonly record?: string;
  readonly timeout: number;
  readonly traffic?: boolean;
  readonly json?: boolean;
}

const DEFAULT_EVERY_MS = 1000;

/** `run MODULE`: runs a user's network and takes snapshots while it runs. */
export function runCommand(): Command {
  return withRunOptions(new Command('run'))
    .description('Run the network of a module (JavaScript or TypeScript) and take snapshots while it runs.')
    .argument('<module>', 'exports default { processes, channels, options? } and, if you like, traffic(network)')
    .action(async (path: string, options: RunOptions) => {
      keepStdout(options);
      const module = await loadModule(path);
      await run(module, module.options, { ...options, traffic: true });
    });
}

/** `restore FILE MODULE`: the same, going on from a snapshot. */
export function restoreCommand(): Command {
  return withRunOptions(new Command('restore'))
    .description('Restore a snapshot in the network of a module, run on, and take snapshots.')
    .argument('<file>', 'a snapshot file')
    .argument('<module>', 'the module that it was taken of')
    .option('--traffic', 'start the module’s traffic again (it is told `restored: true`)')
    .action(async (file: string, path: string, options: RunOptions) => {
      const snapshot = readSnapshot(file);
      keepStdout(options);
      const module = await loadModule(path);
      await run(module, { ...module.options, snapshot }, options);
    });
}

function withRunOptions(command: Command): Command {
  return command
    .option('--every <duration>', 'time between snapshots, as 500ms or 1s (default 1s)', parseDuration)
    .option('--snapshots <n>', 'how many (default: 1; with --every alone, until Ctrl-C)', parseCount)
    .option('--initiator <id>', 'who begins each snapshot; repeat for several (default: chosen)', collect)
    .option('--out <dir>', 'save each snapshot as a file there')
    .option('--record <file>', 'record all that happens there, for `inspect` and `export`')
    .option('--timeout <duration>', 'give a snapshot up after this long', parseDuration, 10_000)
    .option('--json', 'one JSON object a snapshot, for programs');
}

async function run(module: UserModule, networkOptions: NetworkOptions, options: RunOptions): Promise<void> {
  const logger = options.json ? { logger: console.error } : {};
  const network = createNetwork(module.config as never, { ...logger, ...networkOptions }) as unknown as Network;
  const refused = refusedInitiator(options.initiator, module.config);
  if (refused !== undefined) throw new UsageError(refused);
  const ending = new AbortController();
  listenForInterrupt(ending);
  reportFailures(() => network);
  const recording = options.record === undefined ? undefined : recordTo(options.record, network, shownOf(module));
  network.start();
  const stopTraffic = options.traffic
    ? startTraffic(network, module.traffic, ending.signal, networkOptions.snapshot !== undefined)
    : () => undefined;
  try {
    await takeSnapshots(network, options, ending.signal);
  } finally {
    const isInterrupted = ending.signal.aborted;
    ending.abort();
    stopTraffic();
    network.stop();
    await recording?.stop();
    if (isInterrupted) process.exitCode = 130;
  }
}

async function takeSnapshots(network: Network, options: RunOptions, signal: AbortSignal): Promise<void> {
  const { every, initiator, out, json, timeout } = options;
  const most = options.snapshots ?? (every === undefined ? 1 : Infinity);
  const progress = createProgress(most, json === true);
  const taken: (readonly (string | number)[])[] = [];
  let last: GlobalSnapshot | undefined;
  for (let number = 1; number <= most && !signal.aborted; number++) {
    if (!(await pause(every ?? DEFAULT_EVERY_MS, signal, () => progress.waiting(number)))) break;
    progress.taking(number);
    const startedAt = performance.now();
    const asked = initiator === undefined ? {} : { initiators: initiator };
    const snapshot = await network.takeSnapshot({ ...asked, timeoutMs: timeout, signal }).catch((error: unknown) => {
      progress.clear();
      if (signal.aborted) return undefined;
      throw error;
    });
    if (snapshot === undefined) break;
    const tookMs = performance.now() - startedAt;
    const verdict = verifySnapshot(snapshot);
    if (!verdict.consistent) process.exitCode = 1;
    const file = out === undefined ? undefined : await writeSnapshot(out, number, snapshot);
    progress.clear();
    last = snapshot;
    const { id, initiators, stats } = snapshot;
    if (json)
      process.stdout.write(`${toJson({ number, id, initiators, ...stats, ...verdict, tookMs, file: file ?? null })}\n`);
    taken.push([
      number,
      id,
      initiators.join(', '),
      stats.markers,
      stats.messages,
      verdict.consistent ? 'consistent' : 'INCONSISTENT',
      `${tookMs.toFixed(1)} ms`,
      file ?? '–',
    ]);
    if (!json) console.log(printable(`${number}  ${id}  ${stats.messages} in flight  `) + verdictText(verdict));
  }
  progress.clear();
  if (json) return;
  if (last === undefined) console.log('No snapshot was taken.');
  else {
    const head = ['#', 'snapshot', 'initiators', 'markers', 'in flight', 'verdict', 'took', 'file'];
    console.log(`${table(head, taken)}\nThe last one:\n${describeSnapshot(last)}`);
  }
}

/** Waits; false when the run ended meanwhile. */
async function pause(durationMs: number, signal: AbortSignal, onBegin: () => void): Promise<boolean> {
  onBegin();
  return sleep(durationMs, true, { signal }).catch(() => false);
}

function refusedInitiator(initiators: readonly string[] | undefined, config: NetworkConfig): string | undefined {
  const unknown = initiators?.find((id) => !Object.hasOwn(config.processes, id));
  if (unknown === undefined) return undefined;
  return `Expected --initiator to be a process (${Object.keys(config.processes).join(', ')}), got "${unknown}".`;
}

function collect(id: string, all: readonly string[] = []): readonly string[] {
  return [...all, id];
}
