import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { deadlocked } from '../detect/index.js';
import { createNetwork, type GlobalSnapshot, type Network } from '../index.js';
import {
  createInspector,
  type InspectedNetwork,
  type InspectorOptions,
  type InspectorEvent,
} from '../inspect/index.js';
import { openFile, serializeRun } from '../inspect/files.js';
import { createPlayback } from '../inspect/playback.js';
import { pageWith, serveInspector, type ServedInspector } from '../inspect/server/index.js';
import { loadModule, type UserModule } from './load-module.js';
import { printable } from './print.js';
import { listenForInterrupt, parseDuration, reportFailures, startTraffic } from './running.js';
import { UsageError } from './usage-error.js';

interface InspectOptions {
  readonly port: number;
  readonly host?: string;
  readonly token?: string;
  readonly open?: boolean;
  readonly html?: string;
  readonly for: number;
  readonly speed: number;
  readonly latency: number;
  readonly seed: number;
  readonly paused?: boolean;
}

/** Events that a viewer who comes later still sees. */
const HISTORY = 50_000;

/** `inspect MODULE|FILE`: the inspector page, live or of a file. */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description('Show a running network, a recorded run or a snapshot on a web page on this machine.')
    .argument(
      '<module or file>',
      'a module as for `run`, a file of `run --record`, lines of XState inspection events, or a snapshot file',
    )
    .option('--port <n>', 'port (default: one that is free)', parsePort, 0)
    .option('--host <host>', 'another address than 127.0.0.1; needs --token')
    .option('--token <secret>', 'whoever looks must have this; at least 16 characters')
    .option('--open', 'open the page in a browser')
    .option('--html <file>', 'write the page with the run inside, as one file, and end')
    .option('--for <duration>', 'with --html and a module: how long it runs, by its own clock', parseDuration, 1000)
    .option('--speed <factor>', 'milliseconds of the network in a real one: 0.02 is slow motion', parsePositive, 1)
    .option('--latency <duration>', 'how long a message is under way at most', parseDuration, 10)
    .option('--seed <n>', 'picks how long each message takes', parseSeed, 1)
    .option('--paused', 'begin paused, to go on step by step')
    .action(async (target: string, options: InspectOptions) => {
      const ending = new AbortController();
      if (/\.[cm]?[jt]sx?$/.test(target)) await inspectModule(await loadModule(target), options, ending);
      else await inspectFile(readText(target), options, ending);
    });
}

async function inspectFile(text: string, options: InspectOptions, ending: AbortController): Promise<void> {
  const opened = openFile(text); // a file of no inspector is refused here, not on the page
  const html = pageWith('events' in opened ? serializeRun(opened.events) : text);
  if (options.html !== undefined) return writePage(options.html, html);
  listenForInterrupt(ending);
  await untilEnd(await serveInspector(html, options), options, ending.signal);
}

async function inspectModule(module: UserModule, options: InspectOptions, ending: AbortController): Promise<void> {
  listenForInterrupt(ending);
  const host = new Host(module, options, ending.signal);
  reportFailures(() => host.network);
  const inspector = createInspector({
    history: HISTORY,
    ...shownOf(module),
    restart: (seed) => host.begin(seed),
    restore: (snapshot) => host.begin(undefined, snapshot),
  });
  try {
    if (options.html !== undefined)
      writePage(options.html, pageWith(serializeRun(await record(host, module, options, ending.signal))));
    else {
      const served = await serveInspector(inspector, options);
      const { network, playback, start } = host.begin();
      inspector.watch(network, playback);
      start();
      await untilEnd(served, options, ending.signal);
    }
  } finally {
    inspector.stop();
    host.end();
  }
}

/** How a module likes to be pictured, and what is looked for in its snapshots. */
export function shownOf({
  config,
  scene,
  stableProperties,
}: UserModule): Pick<InspectorOptions, 'scene' | 'stableProperties'> {
  return { scene, stableProperties: { deadlocked: deadlocked(config.processes) as never, ...stableProperties } };
}

/** Runs for a while, and takes a snapshot after each third of it. */
async function record(
  host: Host,
  module: UserModule,
  { for: durationMs, speed }: InspectOptions,
  signal: AbortSignal,
): Promise<InspectorEvent[]> {
  const events: InspectorEvent[] = [];
  const inspector = createInspector({ maxBuffered: Infinity, ...shownOf(module) });
  const { network, playback, start } = host.begin();
  inspector.watch(network, playback);
  const connection = inspector.connect({ receive: (more) => void events.push(...more) });
  start();
  playback?.play();
  const clock = playback?.clock ?? Date;
  const begun = clock.now();
  for (let third = 1; third <= 3; third++) {
    // On a busy machine the network's clock goes slower than it should.
    for (let left = durationMs / 3; left > 0 && !signal.aborted; left = begun + (durationMs * third) / 3 - clock.now())
      await sleep(left / speed);
    if (third < 3) await network.takeSnapshot({}).catch(() => undefined); // given up: the run shows it
  }
  playback?.pause();
  await connection.flush();
  return events;
}

/** Runs a module's network, and another when it is begun again. */
class Host {
  /** The one that runs. */
  network: Network | undefined;
  private stopLast = () => {};
  private speed: number;
  private isPaused: boolean;
  private seed: number;

  constructor(
    private readonly module: UserModule,
    private readonly options: InspectOptions,
    private readonly signal: AbortSignal,
  ) {
    this.speed = options.speed;
    this.isPaused = options.paused === true;
    this.seed = options.seed;
  }

  /** Makes the next network; the one before it ends. */
  begin(seed = this.seed, snapshot?: GlobalSnapshot): InspectedNetwork & { readonly network: Network } {
    const { options, config, traffic } = this.module;
    // A module that has a schedule or a clock of its own is run by these alone.
    const isOwn = options.schedule !== undefined || options.clock !== undefined;
    const { speed, isPaused } = this;
    const playback = isOwn ? undefined : createPlayback({ seed, speed, isPaused, latencyMs: this.options.latency });
    const network = createNetwork(config as never, {
      ...options,
      ...(playback === undefined ? {} : { schedule: playback.schedule, clock: playback.clock }),
      ...(snapshot === undefined ? {} : { snapshot }),
    }) as unknown as Network;
    this.end(); // the new one could be made: the old one has had its time
    this.seed = seed;
    this.network = network;
    let stopTraffic = () => {};
    const ending = new AbortController();
    const signal = AbortSignal.any([this.signal, ending.signal]);
    const stopListening = playback?.onChange(() => {
      this.speed = playback.state.speed;
      this.isPaused = !playback.state.isPlaying;
    });
    this.stopLast = () => {
      ending.abort();
      stopTraffic();
      stopListening?.();
      playback?.pause();
      network.stop();
    };
    const start = () => {
      network.start();
      stopTraffic = startTraffic(network, traffic, signal, snapshot !== undefined);
    };
    return { network, playback, start };
  }

  end(): void {
    this.stopLast();
    this.stopLast = () => {};
  }
}

async function untilEnd(served: ServedInspector, { open }: InspectOptions, signal: AbortSignal): Promise<void> {
  console.log(`The inspector page: ${served.url}\nCtrl-C ends it.`);
  if (open) openBrowser(served.url);
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await served.stop();
  process.exitCode = 130;
}

function openBrowser(url: string): void {
  const [command, ...args] =
    process.platform === 'darwin' ? ['open'] : process.platform === 'win32' ? ['cmd', '/c', 'start', ''] : ['xdg-open'];
  const child = spawn(command!, [...args, url], { stdio: 'ignore', detached: true });
  child.on('error', () =>
    console.error('xstate-panorama: no browser could be opened; open the address above yourself.'),
  );
  child.unref();
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`Expected a module or a readable file, got "${file}": ${(error as Error).message}`);
  }
}

function writePage(file: string, html: string): void {
  writeFileSync(file, html);
  console.log(printable(`${file}: ${Math.ceil(html.length / 1024)} kB, open it in any browser.`));
}

function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isSafeInteger(port) && port >= 0 && port < 65_536) return port;
  throw new UsageError(`Expected --port to be a port, got "${text}".`);
}

function parsePositive(text: string): number {
  const number = Number(text);
  if (number > 0 && number < Infinity) return number;
  throw new UsageError(`Expected --speed to be a number > 0, got "${text}".`);
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (Number.isSafeInteger(seed)) return seed;
  throw new UsageError(`Expected --seed to be a whole number, got "${text}".`);
}
