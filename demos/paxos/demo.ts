import { setImmediate as nextTask } from 'node:timers/promises';
import { createNetwork, verifySnapshot } from 'xstate-panorama';
import { detect, type Detection } from 'xstate-panorama/detect';
import { captureState, explore } from 'xstate-panorama/testing';
import { defineDemo } from '../runner/define-demo.js';
import { createRehearsal } from '../runner/rehearsal.js';
import type { Stage } from '../runner/stage.js';
import { acceptor } from './acceptor.js';
import { chosenIn, isAgreed, learnedIn, type PaxosSnapshot } from './agreement.js';
import type { Vote } from './messages.js';
import { acceptors, createPaxos, learners } from './network.js';
import { twoBallots } from './two-ballots.js';

const TICK_MS = 5;
/** Everybody knows the value long before. */
const MOST_SNAPSHOTS = 300;
const MOST_TICKS = 10_000;

/** Acceptors that vote in any ballot, whatever they have promised. */
const faithless = acceptor.provide({ guards: { isNotPromisedAway: () => true } });

/** Lets Paxos run under a seed, and takes snapshots one after another until all learners know a value. */
async function runPaxos(seed: number, acceptorLogic = acceptor): Promise<PaxosSnapshot[]> {
  const rehearsal = createRehearsal(seed);
  const network = createNetwork(createPaxos(seed, acceptorLogic), rehearsal);
  network.start();
  const snapshots: PaxosSnapshot[] = [];
  const watching = network.snapshots$.subscribe((snapshot) => snapshots.push(snapshot));
  const isOver = () => {
    const last = snapshots.at(-1);
    return last !== undefined && learnedIn(last).length === learners.length;
  };
  while (!isOver() && snapshots.length < MOST_SNAPSHOTS) {
    const taking = network.takeSnapshot({ initiators: [rehearsal.random.pick(['tea', 'coffee', 'cocoa'] as const)] });
    const before = snapshots.length;
    while (snapshots.length === before) rehearsal.tick(TICK_MS, 0.6);
    await taking;
  }
  watching.unsubscribe();
  network.stop();
  return snapshots;
}

/** The highest vote that is chosen in a snapshot: the stable property, and its witness. */
const chosen = (snapshot: PaxosSnapshot) => chosenIn(snapshot).sort((a, b) => b.ballot - a.ballot)[0] ?? false;

/** Lets Paxos run under a seed, detects meanwhile that a value is chosen, and waits until all learners know one. */
async function detectChosen(seed: number) {
  const rehearsal = createRehearsal(seed);
  const network = createNetwork(createPaxos(seed), rehearsal);
  network.start();
  const goOnUntil = async (isOver: () => boolean) => {
    for (let n = 0; n < MOST_TICKS && !isOver(); n++) {
      rehearsal.tick(TICK_MS, 0.6);
      await nextTask();
    }
  };
  let detected: Detection<PaxosSnapshot, Vote> | undefined;
  const detecting = detect(network, chosen, { everyMs: TICK_MS, snapshotOptions: { initiators: ['tea'] } });
  void detecting.then((detection) => (detected = detection));
  await goOnUntil(() => detected !== undefined);
  const learned = () => learnedIn(captureState(network));
  await goOnUntil(() => learned().length === learners.length);
  const values = new Set(learned());
  network.stop();
  return {
    chosen: (await detecting).witness,
    isLearned: values.size === 1 && values.has((await detecting).witness.value),
  };
}

const isChosen = (snapshot: PaxosSnapshot) => chosenIn(snapshot).length > 0;
const valuesChosen = (snapshots: readonly PaxosSnapshot[]) =>
  new Set(snapshots.flatMap(chosenIn).map(({ value }) => value)).size;

/** Whether a value that is chosen in one snapshot is in all later ones. */
const isStable = (snapshots: readonly PaxosSnapshot[]) =>
  snapshots.every((snapshot, index) => index === 0 || !isChosen(snapshots[index - 1]!) || isChosen(snapshot));

function showRun(stage: Stage, snapshots: readonly PaxosSnapshot[]): void {
  const { color } = stage;
  const acceptorCell = (snapshot: PaxosSnapshot, id: (typeof acceptors)[number]) => {
    const { promised, votes } = snapshot.processes[id].snapshot.context;
    const vote = votes.at(-1);
    return `≥${promised}${vote === undefined ? '' : ` ${vote.value}@${vote.ballot}`}`;
  };
  stage.table(
    [
      { en: '#', zh: '#' },
      ...acceptors.map((id) => ({ en: `acceptor ${id}`, zh: `接受者 ${id}` })),
      { en: 'in flight', zh: '在途' },
      { en: 'chosen', zh: '已选定' },
      ...learners.map((id) => ({ en: `${id} knows`, zh: `${id} 所知` })),
    ],
    snapshots.map((snapshot, index) => [
      index + 1,
      ...acceptors.map((id) => acceptorCell(snapshot, id)),
      snapshot.stats.messages,
      color.green([...new Set(chosenIn(snapshot).map(({ value }) => value))].join(' ')),
      ...learners.map((id) => snapshot.processes[id].snapshot.context.learned ?? ''),
    ]),
  );
}

/** A run in which the value is chosen well before anybody knows. */
const STORY_SEED = 13;

/** Among these seeds faithless acceptors are found out. */
const FAITHLESS_SEEDS = 200;

async function tell(stage: Stage): Promise<void> {
  stage.say({
    en: 'Tea, coffee or cocoa? Three proposers, three acceptors, two learners; three messages in ten get lost.\nIn the table: ≥5 is a promise to take part in no ballot below 5, tea@4 a vote for tea in ballot 4.\n',
    zh: '茶、咖啡还是可可？三个提议者，三个接受者，两个学习者；十条消息里丢三条。\n表中 ≥5 表示承诺不参加 5 以下的投票，tea@4 表示在第 4 轮投给 tea。\n',
  });
  const snapshots = await runPaxos(STORY_SEED);
  showRun(stage, snapshots);
  const chosenAt = snapshots.findIndex(isChosen) + 1;
  const knownAt = snapshots.findIndex((snapshot) => learnedIn(snapshot).length > 0) + 1;
  const value = chosenIn(snapshots.at(-1)!)[0]?.value ?? '–';
  const agreed = snapshots.filter(isAgreed).length;
  stage.say({
    en: `Snapshot ${chosenAt} shows that ${value} is chosen; the first learner knows it in snapshot ${knownAt}. Agreement holds in ${agreed} of ${snapshots.length}.`,
    zh: `第 ${chosenAt} 个快照显示 ${value} 已选定；第 ${knownAt} 个快照里才有学习者知道。${snapshots.length} 个快照中有 ${agreed} 个保持一致意见。`,
  });
  if (agreed !== snapshots.length || !isStable(snapshots)) throw new Error('Expected agreement in every snapshot.');
  const { chosen, isLearned } = await detectChosen(STORY_SEED);
  stage.say({
    en: `detect(network, chosen) finds it while Paxos runs: ${chosen.value}, in ballot ${chosen.ballot}. Stable: so ${chosen.value} is what all learn.`,
    zh: `detect(network, chosen) 在 Paxos 运行时发现：第 ${chosen.ballot} 轮选定 ${chosen.value}。这是稳定性质，所以大家学到的都是 ${chosen.value}。`,
  });
  if (!isLearned) throw new Error('Expected all learners to learn the value that was detected as chosen.');

  for (let seed = 1; seed <= FAITHLESS_SEEDS; seed++) {
    stage.signal.throwIfAborted();
    const broken = await runPaxos(seed, faithless);
    const at = broken.findIndex((snapshot) => !isAgreed(snapshot));
    if (at < 0) continue;
    stage.say({
      en: `\nThe same with acceptors that break their promises (seed ${seed}):`,
      zh: `\n换成不守承诺的接受者（种子 ${seed}）：`,
    });
    showRun(stage, broken.slice(Math.max(0, at - 1), at + 1));
    stage.say({
      en: 'Agreement is broken, and the snapshot shows it; with honest acceptors no snapshot ever did.',
      zh: '一致意见被破坏，快照看得出来；接受者守信时，没有一个快照出现过。',
    });
    return;
  }
  throw new Error(`Expected faithless acceptors to be found out under ${FAITHLESS_SEEDS} seeds.`);
}

export default defineDemo({
  summary: {
    en: 'consensus despite lost messages: “a value is chosen” seen in snapshots, agreement in each of them',
    zh: '消息会丢失的共识：从快照看出“已选定一个值”，并且每个快照都保持一致意见',
  },
  tell,
  small: {
    of: {
      en: 'Two proposers with one ballot each, three acceptors, nothing lost:',
      zh: '两个提议者各一轮，三个接受者，不丢消息：',
    },
    states: 64_306,
    terminal: 264,
    explore: (options) =>
      explore(twoBallots(), {
        ...options,
        properties: {
          always: {
            'one value at most is chosen': (state) => new Set(chosenIn(state).map(({ value }) => value)).size < 2,
          },
          sometimes: {
            'tea is chosen': (state) => chosenIn(state).some(({ value }) => value === 'tea'),
            'tea is chosen in both ballots': (state) => chosenIn(state).length === 2,
            'coffee is chosen': (state) => chosenIn(state).some(({ value }) => value === 'coffee'),
          },
          eventually: { 'a value is chosen': (state) => chosenIn(state).length > 0 },
        },
      }),
  },
  claims: {
    seeds: 40,
    always: {
      'values chosen': 1,
      'agreement holds in every snapshot': true,
      'what detect finds chosen is what all learn': true,
      '“a value is chosen” is stable': true,
      'all snapshots are consistent': true,
    },
    sometimes: [
      'a value is chosen before anybody knows',
      'several ballots were needed',
      'faithless acceptors are found out',
    ],
    async run(seed) {
      const snapshots = await runPaxos(seed);
      const broken = await runPaxos(seed, faithless);
      return {
        'values chosen': valuesChosen(snapshots),
        'agreement holds in every snapshot': snapshots.every(isAgreed),
        'what detect finds chosen is what all learn': (await detectChosen(seed)).isLearned,
        '“a value is chosen” is stable': isStable(snapshots),
        'all snapshots are consistent': [...snapshots, ...broken].every(
          (snapshot) => verifySnapshot(snapshot).consistent,
        ),
        'a value is chosen before anybody knows': snapshots.some(
          (snapshot) => isChosen(snapshot) && learnedIn(snapshot).length === 0,
        ),
        'several ballots were needed': acceptors.some(
          (id) => snapshots.at(-1)!.processes[id].snapshot.context.promised > 3,
        ),
        'faithless acceptors are found out': !broken.every(isAgreed),
      };
    },
  },
});
