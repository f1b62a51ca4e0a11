import { Command, Option } from 'commander';
import { messageOf } from '../errors.js';
import { explore, type Exploration, type ExploreOptions, type ExploreProgress } from '../testing/index.js';
import { readSnapshot } from './files.js';
import { loadModule, type UserModule } from './load-module.js';
import { mark, printable, table, toJson } from './print.js';
import { createStatusLine } from './progress.js';
import { keepStdout, listenForInterrupt, parseCount, parseDuration } from './running.js';

interface CommandOptions {
  readonly maxStates?: number;
  readonly maxDepth?: number;
  readonly max?: number;
  readonly reduction?: 'none' | 'partial-order';
  readonly snapshot?: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

/** `explore MODULE`: every interleaving of a user's network, and what holds of its states. */
export function exploreCommand(): Command {
  return new Command('explore')
    .description('Explore every order of messages, timers and outside events of a small network.')
    .argument(
      '<module>',
      'exports default { processes, channels }, and `exploration = { traffic, properties, limits }`, or `traffic` (a list) and `properties`',
    )
    .option('--max-states <n>', 'stop after so many distinct states (default 1,000,000)', parseCount)
    .option('--max-depth <n>', 'look no further than so many steps', parseCount)
    .option('--max <duration>', 'stop after so long, as 500ms or 1m', parseDuration)
    .addOption(
      new Option('--reduction <kind>', 'leave out orders that nobody can tell apart').choices([
        'none',
        'partial-order',
      ]),
    )
    .option('--snapshot <file>', 'begin in this global state')
    .option('--all', 'count all states, also after a violation')
    .option('--json', 'one JSON object, for programs')
    .action(async (path: string, options: CommandOptions) => {
      keepStdout(options);
      const ending = new AbortController();
      listenForInterrupt(ending);
      const module = await loadModule(path);
      const line = createStatusLine(options.json === true);
      const onProgress = (progress: ExploreProgress) => line.show(progressText(progress));
      const exploring = { ...toExploreOptions(module, options), signal: ending.signal, onProgress };
      const result = await explore(module.config as never, exploring as never).finally(() => line.clear());
      report(result as unknown as Exploration, options);
      const isShown = result.properties.every(({ verdict }) => verdict === 'holds');
      process.exitCode = ending.signal.aborted ? 130 : isShown ? 0 : 1;
    });
}

/** What the module and the command line ask for; the command line has the last word. */
function toExploreOptions({ exploration, properties, traffic }: UserModule, options: CommandOptions): ExploreOptions {
  const asked = { ...(properties === undefined ? {} : { properties }), ...exploration } as ExploreOptions;
  if (asked.traffic === undefined && typeof traffic === 'function') {
    console.error(
      'xstate-panorama: the module’s `traffic` is a function, which `run` alone can call; nothing comes from outside here. Export a list, or `exploration = { traffic }`.',
    );
  }
  const isList = traffic !== undefined && typeof traffic !== 'function';
  return {
    ...(isList ? { traffic: Array.from(traffic) as never } : {}),
    ...asked,
    limits: {
      ...asked.limits,
      ...(options.maxStates === undefined ? {} : { maxStates: options.maxStates }),
      ...(options.maxDepth === undefined ? {} : { maxDepth: options.maxDepth }),
      ...(options.max === undefined ? {} : { maxMs: options.max }),
    },
    ...(options.reduction === undefined ? {} : { reduction: options.reduction }),
    ...(options.snapshot === undefined ? {} : { snapshot: readSnapshot(options.snapshot) }),
    ...(options.all ? { stopAtViolation: false } : {}),
  };
}

function progressText({ states, statesPerSecond, depth, queue }: ExploreProgress): string {
  return `${count(states)} states, ${count(Math.round(statesPerSecond))}/s, depth ${depth}, ${count(queue)} to look at … (Ctrl-C ends)`;
}

const count = (number: number) => number.toLocaleString('en-US');

function report(result: Exploration, { json }: CommandOptions): void {
  const { complete, stoppedBy, states, edges, depth, terminal, elapsedMs, properties, failures } = result;
  if (json) {
    const numbers = { complete, stoppedBy: stoppedBy ?? null, states, edges, depth, terminal, elapsedMs };
    const judged = properties.map(({ name, kind, verdict, path }) => ({
      name,
      kind,
      verdict,
      ...(path === undefined ? {} : { steps: path.steps, repeatsFrom: path.repeatsFrom ?? null }),
    }));
    const failed = failures.map(({ process, error, path }) => ({ process, error, steps: path.steps }));
    process.stdout.write(`${toJson({ ...numbers, properties: judged, failures: failed })}\n`);
    return;
  }
  const numbers = [count(states), count(edges), depth, count(terminal), `${(elapsedMs / 1000).toFixed(1)} s`];
  const extent = complete ? 'all there are' : `stopped: ${stoppedBy}`;
  console.log(table(['states', 'steps', 'depth', 'at rest', 'took', 'extent'], [[...numbers, extent]]));
  for (const { name, kind, verdict, path } of properties) {
    console.log(`${mark(verdict === 'holds')} ${printable(`${kind}: ${name}`)} – ${verdict}`);
    if (verdict === 'violated' && path !== undefined) console.log(`${path.story}\n`);
  }
  for (const { process: id, error, path } of failures) {
    const text = messageOf(error);
    console.log(`${mark(false)} ${printable(`process "${id}" can fail: ${text}`)}\n${path.story}\n`);
  }
}
