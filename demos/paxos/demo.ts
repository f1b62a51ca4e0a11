import { createNetwork, verifySnapshot } from 'xstate-panorama';
import { defineDemo } from '../runner/define-demo.js';
import { createRehearsal } from '../runner/rehearsal.js';
import type { Stage } from '../runner/stage.js';
import { acceptor } from './acceptor.js';
import { chosenIn, isAgreed, learnedIn, type PaxosSnapshot } from './agreement.js';
import { acceptors, createPaxos, learners } from './network.js';

const TICK_MS = 5;
/** Everybody knows the value long before. */
const MOST_SNAPSHOTS = 300;

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
  claims: {
    seeds: 40,
    always: {
      'values chosen': 1,
      'agreement holds in every snapshot': true,
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
