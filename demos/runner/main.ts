/** `npm run demo`: lists the demos, tells the story of one, checks what it claims, or explores all that can happen. */
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { check, isUpheld } from './check.js';
import { isAsPinned, printExplored } from './explore.js';
import { findDemos, loadDemo } from './find-demos.js';
import { createProgress, printReport } from './print-report.js';
import { createStage, systemLanguage, type Language, type Stage } from './stage.js';

interface Options {
  readonly lang: Language;
  readonly seeds?: number;
  readonly seed?: number;
}

const interruption = new AbortController();
const { signal } = interruption;
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interruption.abort());
// Whoever reads our output may leave early, as `head` does.
process.stdout.on('error', () => process.exit());

const program = new Command('npm run demo')
  .description(
    'Lists the demos, tells the story of one, checks what it claims, or explores all that can happen in a small one. Options go behind `--`.',
  )
  .argument('[name]', 'which one')
  .addArgument(new Argument('[verb]', 'what to do with it').choices(['run', 'check', 'explore']).default('run'))
  .addOption(new Option('--lang <language>', 'of the captions').choices(['en', 'zh']).default(systemLanguage()))
  .addOption(new Option('--seeds <n>', 'check this many').argParser(parseWhole))
  .addOption(new Option('--seed <n>', 'check this one alone').argParser(parseWhole).conflicts('seeds'))
  .showHelpAfterError()
  .action((name: string | undefined, verb: string, options: Options) => {
    const stage = createStage({ language: options.lang, signal });
    if (name === undefined) return listDemos(stage);
    if (verb === 'explore') return exploreDemo(stage, name);
    return verb === 'check' ? checkDemo(stage, name, options) : tellDemo(stage, name);
  });

async function listDemos(stage: Stage): Promise<void> {
  const demos = await Promise.all(findDemos().map(async (name) => ({ name, demo: await loadDemo(name) })));
  const widest = Math.max(...demos.map(({ name }) => name.length));
  for (const { name, demo } of demos) {
    stage.print(`  ${stage.color.bold(name.padEnd(widest))}  ${stage.text(demo.summary)}`);
  }
  stage.say({
    en: '\nnpm run demo NAME            tells its story\nnpm run demo NAME check      checks what it claims, under many seeds\nnpm run demo NAME explore    looks at all that can happen, where that is little enough',
    zh: '\nnpm run demo 名称            讲述它的故事\nnpm run demo 名称 check      用许多种子检验它的结论\nnpm run demo 名称 explore    看遍所有可能发生的事（系统足够小时）',
  });
}

async function tellDemo(stage: Stage, name: string): Promise<void> {
  const demo = await loadDemo(name);
  await demo.tell(stage);
}

async function checkDemo(stage: Stage, name: string, { seed, seeds }: Options): Promise<void> {
  const { claims } = await loadDemo(name);
  const which = seed !== undefined ? { firstSeed: seed, seeds: 1 } : seeds !== undefined ? { seeds } : {};
  const progress = createProgress();
  const report = await check(claims, { ...which, signal, onRun: progress.show }).finally(progress.clear);
  printReport(stage, name, claims, report);
  if (!isUpheld(report)) process.exitCode = 1;
}

async function exploreDemo(stage: Stage, name: string): Promise<void> {
  const { small } = await loadDemo(name);
  if (small === undefined) {
    const all = await Promise.all(findDemos().map(async (other) => ({ other, demo: await loadDemo(other) })));
    const able = all.filter(({ demo }) => demo.small !== undefined).map(({ other }) => other);
    throw new Error(`Expected a demo with something small enough to explore (${able.join(', ')}), got "${name}".`);
  }
  const progress = createProgress();
  const onProgress = ({ states, queue }: { states: number; queue: number }) => progress.show(states - queue, states);
  const explored = await small.explore({ signal, onProgress }).finally(progress.clear);
  signal.throwIfAborted();
  printExplored(stage, small, explored);
  if (!isAsPinned(small, explored)) process.exitCode = 1;
}

function parseWhole(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('Expected a whole number from 1.');
}

try {
  await program.parseAsync();
} catch (error) {
  if (signal.aborted) process.exit(130);
  console.error(error instanceof Error && process.env.DEBUG === undefined ? `demo: ${error.message}` : error);
  process.exitCode = 1;
}
