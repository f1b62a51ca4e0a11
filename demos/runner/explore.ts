/** `npm run demo NAME explore`: all that can happen in the demo's small system. */
import type { Caption, Explored, SmallSystem } from './demo-types.js';
import type { Stage } from './stage.js';

/** Examples longer than this are not told. */
const MOST_STEPS = 12;

const kinds: Readonly<Record<string, Caption>> = {
  always: { en: 'always', zh: '总是' },
  sometimes: { en: 'sometimes', zh: '有时' },
  eventually: { en: 'sooner or later', zh: '迟早' },
};

/** Whether an exploration came to what the demo says. */
export function isAsPinned({ states, terminal }: SmallSystem, explored: Explored): boolean {
  const { complete, properties } = explored;
  const hold = properties.every(({ verdict }) => verdict === 'holds');
  return complete && hold && explored.states === states && explored.terminal === terminal;
}

/** Prints what came of an exploration. */
export function printExplored(stage: Stage, system: SmallSystem, explored: Explored): void {
  const { color } = stage;
  const mark = (isGood: boolean, text: string) => (isGood ? color.green(`${text} ✓`) : color.red(`${text} ✗`));
  stage.say(system.of);
  stage.table(
    [
      { en: 'states', zh: '状态' },
      { en: 'steps between them', zh: '状态之间的步骤' },
      { en: 'steps to the furthest', zh: '到最远状态的步数' },
      { en: 'states that are an end', zh: '终止状态' },
    ],
    [
      [
        mark(explored.states === system.states, String(explored.states)),
        explored.edges,
        explored.depth,
        mark(explored.terminal === system.terminal, String(explored.terminal)),
      ],
    ],
  );
  if (explored.properties.length > 0) {
    stage.table(
      [
        { en: '', zh: '' },
        { en: 'what is claimed', zh: '结论' },
        { en: 'verdict', zh: '结果' },
      ],
      explored.properties.map(({ kind, name, verdict }) => [
        stage.text(kinds[kind]!),
        name,
        mark(verdict === 'holds', verdict),
      ]),
    );
  }
  for (const { name, path } of explored.properties) {
    const length = path?.steps.length ?? 0;
    if (path === undefined || length === 0 || length > MOST_STEPS) continue;
    stage.say({ en: `\nThe shortest way to “${name}”:\n`, zh: `\n到“${name}”的最短路径：\n` });
    stage.print(path.story);
  }
  const ending = explored.complete
    ? {
        en: `\nAll ${explored.states} states, in every order of deliveries, timers and outside events.`,
        zh: `\n全部 ${explored.states} 个状态，送达、定时器和外部事件的每一种次序。`,
      }
    : { en: '\nIt was stopped before all states were known.', zh: '\n在看完所有状态之前停止了。' };
  stage.say(ending);
}
