import { createNetwork, verifySnapshot, type SnapshotOf } from 'xstate-panorama';
import { defineDemo } from '../runner/define-demo.js';
import { createRehearsal } from '../runner/rehearsal.js';
import type { Stage } from '../runner/stage.js';
import config, { numbers, type StationId } from './network.js';

type RingSnapshot = SnapshotOf<typeof config.processes>;

const stations = Object.keys(config.processes) as StationId[];
const HIGHEST = Math.max(...numbers);
const highest = stations[numbers.indexOf(HIGHEST as (typeof numbers)[number])]!;

const stateOf = ({ processes }: RingSnapshot, id: StationId) => processes[id].snapshot.value;
const messagesOf = ({ channels }: RingSnapshot) =>
  Object.values(channels).flatMap(({ messages }) => messages.map(({ event }) => event));

const leadersIn = (snapshot: RingSnapshot) => stations.filter((id) => stateOf(snapshot, id) === 'leader');

/** Everybody knows the leader: a stable property. */
const isElected = ({ processes }: RingSnapshot) =>
  stations.every((id) => processes[id].snapshot.context.leader !== undefined);

/**
 * In how many places the winner's candidacy is: with its station, which has not stood yet; on its way; or won. It must be
 * one: a candidacy lost is an election without end, and one too many is a second leader.
 */
function candidaciesOfTheHighest(snapshot: RingSnapshot): number {
  const own = ['asleep', 'leader'].includes(stateOf(snapshot, highest)) ? 1 : 0;
  return own + messagesOf(snapshot).filter(({ type, number }) => type === 'CANDIDATE' && number === HIGHEST).length;
}

/** Elects a leader under a seed, and takes snapshots one after another until everybody knows. */
async function elect(seed: number): Promise<RingSnapshot[]> {
  const rehearsal = createRehearsal(seed);
  const network = createNetwork(config, rehearsal);
  network.start();
  const snapshots: RingSnapshot[] = [];
  const watching = network.snapshots$.subscribe((snapshot) => snapshots.push(snapshot));
  while (snapshots.length === 0 || !isElected(snapshots.at(-1)!)) {
    const initiators = stations.filter(() => rehearsal.random.chance(0.5)); // several: the snapshot is over sooner
    const taking = network.takeSnapshot({ initiators: initiators.length > 0 ? initiators : [highest] });
    const before = snapshots.length;
    while (snapshots.length === before) rehearsal.tick(2, 0.5);
    await taking;
  }
  watching.unsubscribe();
  network.stop();
  return snapshots;
}

const SIGNS: Record<string, string> = { asleep: 'z', candidate: '?', passive: '·', leader: '★', follower: '✓' };

/** The ring on one line: each station with the sign of its state, and what is on the way to the next one. */
function draw(snapshot: RingSnapshot, { color }: Stage): string {
  return stations
    .map((id, index) => {
      const next = stations[(index + 1) % stations.length]!;
      const carried = snapshot.channels[`${id}->${next}`]!.messages.map(({ event: { type, number } }) =>
        type === 'ELECTED' ? `${number}★` : `${number}?`,
      ).join(' ');
      const state = stateOf(snapshot, id);
      const station = `${numbers[index]}${SIGNS[state]}`;
      return `${state === 'leader' ? color.green(station) : station} ─${carried === '' ? '───' : color.yellow(carried.padEnd(3, '─'))}▶ `;
    })
    .join('');
}

async function tell(stage: Stage): Promise<void> {
  stage.say({
    en: 'Six stations in a ring elect the one with the highest number. z asleep, ? stands for election, · has given way,\n★ leads, ✓ knows the leader; on the arrows: candidacies (9?) and the news (9★). The last arrow leads back to the first.\n',
    zh: '环上六个站选出编号最大的一个。z 休眠，? 参选，· 已让步，★ 当选，✓ 已知道谁当选；\n箭头上：候选（9?）和消息（9★）。最后一个箭头回到第一个站。\n',
  });
  const snapshots = await elect(STORY_SEED);
  for (const [index, snapshot] of snapshots.entries()) stage.print(`${index + 1}  ${draw(snapshot, stage)}`);
  const single = snapshots.filter((snapshot) => candidaciesOfTheHighest(snapshot) === 1).length;
  const most = Math.max(...snapshots.map((snapshot) => leadersIn(snapshot).length));
  stage.say({
    en: `\nIn ${single} of ${snapshots.length} snapshots the candidacy of ${HIGHEST} is in exactly one place, and never are there two leaders: that is why it wins, and alone.`,
    zh: `\n${snapshots.length} 个快照中有 ${single} 个里 ${HIGHEST} 的候选恰好在一个地方，而且从没有两个领导者：所以它当选，也只有它当选。`,
  });
  if (single !== snapshots.length || most > 1) throw new Error('Expected one candidacy and at most one leader.');
}

const STORY_SEED = 1;

export default defineDemo({
  summary: {
    en: 'a ring elects a leader: never two, and the winning candidacy never lost on its way',
    zh: '环上选举领导者：从不会有两个，胜出的候选在路上也不会丢',
  },
  tell,
  claims: {
    seeds: 60,
    always: {
      leader: HIGHEST,
      'snapshots with two leaders': 0,
      'the winning candidacy is in exactly one place in every snapshot': true,
      'all snapshots are consistent': true,
    },
    sometimes: ['the winning candidacy is on its way', 'some know the leader and some do not yet'],
    async run(seed) {
      const snapshots = await elect(seed);
      const last = snapshots.at(-1)!;
      return {
        leader: last.processes[highest].snapshot.context.leader ?? 0,
        'snapshots with two leaders': snapshots.filter((snapshot) => leadersIn(snapshot).length > 1).length,
        'the winning candidacy is in exactly one place in every snapshot': snapshots.every(
          (snapshot) => candidaciesOfTheHighest(snapshot) === 1,
        ),
        'all snapshots are consistent': snapshots.every((snapshot) => verifySnapshot(snapshot).consistent),
        'the winning candidacy is on its way': snapshots.some((snapshot) =>
          messagesOf(snapshot).some(({ type, number }) => type === 'CANDIDATE' && number === HIGHEST),
        ),
        'some know the leader and some do not yet': snapshots.some(
          (snapshot) => leadersIn(snapshot).length === 1 && !isElected(snapshot),
        ),
      };
    },
  },
});
