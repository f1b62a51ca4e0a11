import { verifySnapshot } from 'xstate-panorama';
import { explore } from 'xstate-panorama/testing';
import { defineDemo } from '../runner/define-demo.js';
import { createRandom } from '../runner/rehearsal.js';
import type { Stage } from '../runner/stage.js';
import config from './network.js';
import { isSame, openRun, rearrange, type Move, type RecordedGlobalState, type Step } from './rearrange.js';

const inFlight = ({ channels }: RecordedGlobalState, id: string) =>
  channels[id]!.messages.map(({ event }) => event.type).join(' ');

/** A global state as a row: the states of p and q, and what is on the channels. */
const row = (state: RecordedGlobalState) => [
  state.processes.p.snapshot.value,
  state.processes.q.snapshot.value,
  inFlight(state, 'p->q'),
  inFlight(state, 'q->p'),
];

const columns = ['p', 'q', 'p->q', 'q->p'].map((name) => ({ en: name, zh: name }));

const describeMove = ({ move }: Step) =>
  'go' in move
    ? { en: `${move.go} goes`, zh: `${move.go} 行动` }
    : { en: `${move.deliver} delivers`, zh: `${move.deliver} 送达` };

function showRun(stage: Stage, steps: readonly Step[], states: readonly RecordedGlobalState[], markAt?: number): void {
  stage.table(
    [{ en: 'step', zh: '步骤' }, ...columns],
    states.map((state, index) => [
      index === 0 ? '' : stage.text(describeMove(steps[index - 1]!)),
      ...row(state),
      ...(markAt === undefined ? [] : [index === markAt ? '◀ S*' : '']),
    ]),
  );
}

async function tell(stage: Stage): Promise<void> {
  stage.say({
    en: 'p goes between A and B, q between C and D; p sends M as it goes to B, q sends M’ as it goes to D, and each goes back\nwhen it hears of the other (the paper, example 2.2). p records A and sends its marker; then the run goes on:\n',
    zh: 'p 在 A、B 之间，q 在 C、D 之间；p 去 B 时发 M，q 去 D 时发 M’，各自收到对方的消息就回来（论文例 2.2）。\np 记录了 A 并送出标记，然后运行继续：\n',
  });
  const run = openRun();
  const taking = run.network.takeSnapshot({ initiators: ['p'] });
  const moves: Move[] = [{ go: 'p' }, { go: 'q' }, { deliver: 'q->p' }, { deliver: 'p->q' }, { deliver: 'q->p' }];
  for (const move of moves) run.make(move);
  const recorded = await taking;
  run.network.stop();
  showRun(stage, run.steps, run.states);
  stage.say({ en: '\nThe recorded global state S*:', zh: '\n记录下的全局状态 S*：' });
  stage.table(columns, [row(recorded)]);
  const happened = run.states.some((state) => isSame(state, recorded));
  stage.say({
    en: `It is ${happened ? '' : 'none of the states above: it never happened'}. Yet it means something. Take the same steps, those before\neach process recorded first:\n`,
    zh: `上面${happened ? '有' : '没有一个状态是它：它从未发生过'}。但它有意义。同样的步骤，把各进程记录之前的放到前面：\n`,
  });
  const { steps, states, recordedAt } = rearrange(run.steps);
  showRun(stage, steps, states, recordedAt);
  const isReached = isSame(states[recordedAt]!, recorded) && isSame(states.at(-1)!, run.states.at(-1)!);
  if (happened || !isReached) throw new Error('Expected S* in the rearranged run alone, and the same end.');
  stage.say({
    en: 'S* never happened, but it could have: it lies on a way from where the snapshot began to where it ended.',
    zh: 'S* 从未发生，但它可能发生：它在从快照开始到快照结束的一条路上。',
  });
}

export default defineDemo({
  summary: {
    en: 'the paper’s second example: the recorded state never occurred, and is right all the same',
    zh: '论文的第二个例子：记录的状态从未出现过，却仍然是对的',
  },
  tell,
  small: {
    of: { en: 'p and q, each of which may go whenever it is at home:', zh: 'p 和 q，各自在“家”时随时可以行动：' },
    states: 12,
    terminal: 0,
    explore: (options) =>
      explore(config, {
        ...options,
        traffic: ({ processes }) => [
          ...(processes.p.snapshot.value === 'A' ? [{ to: 'p' as const, event: { type: 'GO' as const } }] : []),
          ...(processes.q.snapshot.value === 'C' ? [{ to: 'q' as const, event: { type: 'GO' as const } }] : []),
        ],
        properties: { sometimes: { 'p in A, q in D, M’ in flight': (state) => row(state).join() === "A,D,,M'" } },
      }),
  },
  claims: {
    seeds: 100,
    always: {
      'S* is consistent': true,
      'S* comes up when the steps before recording go first': true,
      'the run ends in the same state then': true,
    },
    sometimes: ['S* occurred in the run', 'S* never occurred in the run'],
    async run(seed) {
      const random = createRandom(seed);
      const run = openRun();
      for (let n = random.integer(8); n > 0; n--) run.make(random.pick(run.moves()));
      const begin = run.states.length - 1;
      let isComplete = false;
      run.network.snapshots$.subscribe(() => (isComplete = true));
      const taking = run.network.takeSnapshot({ initiators: [random.pick(['p', 'q'] as const)] });
      while (!isComplete) run.make(random.pick(run.moves()));
      const recorded = await taking;
      run.network.stop();
      const { states, recordedAt } = rearrange(run.steps);
      const occurred = run.states.slice(begin).some((state) => isSame(state, recorded));
      return {
        'S* is consistent': verifySnapshot(recorded).consistent,
        'S* comes up when the steps before recording go first': isSame(states[recordedAt]!, recorded),
        'the run ends in the same state then': isSame(states.at(-1)!, run.states.at(-1)!),
        'S* occurred in the run': occurred,
        'S* never occurred in the run': !occurred,
      };
    },
  },
});
