import { createNetwork, verifySnapshot, type SnapshotOf } from 'xstate-panorama';
import { defineDemo } from '../runner/define-demo.js';
import { createRehearsal } from '../runner/rehearsal.js';
import type { Stage } from '../runner/stage.js';
import config, { LITRES } from './network.js';

type Snapshot = SnapshotOf<typeof config.processes>;

const SNAPSHOTS = 5;

/** One run under a seed: the same seed makes the same run. */
async function takeSnapshots(seed: number): Promise<Snapshot[]> {
  const rehearsal = createRehearsal(seed);
  const network = createNetwork(config, rehearsal);
  network.start();
  const snapshots: Snapshot[] = [];
  while (snapshots.length < SNAPSHOTS) {
    for (let n = 0; n < 8; n++) rehearsal.tick(5); // five milliseconds go by, and some messages arrive
    const taking = network.takeSnapshot({ initiators: ['upper'] });
    rehearsal.settle(); // all that is in flight arrives, the markers too
    snapshots.push(await taking);
  }
  network.stop();
  return snapshots;
}

const inTanks = ({ processes }: Snapshot) =>
  processes.upper.snapshot.context.litres + processes.lower.snapshot.context.litres;

const inPipes = ({ channels }: Snapshot) =>
  Object.values(channels)
    .flatMap(({ messages }) => messages.map(({ event }) => event.litres))
    .reduce((sum, litres) => sum + litres, 0);

const isExact = (snapshot: Snapshot) => inTanks(snapshot) + inPipes(snapshot) === LITRES;

async function tell(stage: Stage): Promise<void> {
  stage.say({
    en: `Two tanks pump ${LITRES} litres of water to and fro.`,
    zh: `两个水箱来回抽 ${LITRES} 升水。`,
  });
  const snapshots = await takeSnapshots(1);
  stage.table(
    [
      { en: 'snapshot', zh: '快照' },
      { en: 'in the tanks', zh: '水箱里' },
      { en: 'in the pipes', zh: '水管里' },
    ],
    snapshots.map((snapshot, index) => [index + 1, inTanks(snapshot), inPipes(snapshot)]),
  );
  const exact = snapshots.filter(isExact).length;
  stage.say({
    en: `No drop is lost, and none is counted twice: ${exact} of ${SNAPSHOTS} snapshots have all ${LITRES} litres.`,
    zh: `一滴不少，一滴不重：${SNAPSHOTS} 个快照中有 ${exact} 个恰好 ${LITRES} 升。`,
  });
  if (exact !== SNAPSHOTS) throw new Error(`Expected ${LITRES} litres in every snapshot.`);
}

export default defineDemo({
  summary: {
    en: 'copy this folder to write your own demo (demos/README.md)',
    zh: '复制这个文件夹，写你自己的演示（demos/README.zh.md）',
  },
  tell,
  claims: {
    seeds: 50,
    always: { 'snapshots with all the water': SNAPSHOTS, 'snapshots that are consistent': SNAPSHOTS },
    sometimes: ['water is in the pipes'],
    async run(seed) {
      const snapshots = await takeSnapshots(seed);
      return {
        'snapshots with all the water': snapshots.filter(isExact).length,
        'snapshots that are consistent': snapshots.filter((snapshot) => verifySnapshot(snapshot).consistent).length,
        'water is in the pipes': snapshots.some((snapshot) => inPipes(snapshot) > 0),
      };
    },
  },
});
