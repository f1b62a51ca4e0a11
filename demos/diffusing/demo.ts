import { createNetwork, verifySnapshot, type SnapshotOf } from 'xstate-panorama';
import { terminated } from 'xstate-panorama/detect';
import { defineDemo } from '../runner/define-demo.js';
import { createRehearsal } from '../runner/rehearsal.js';
import type { Stage } from '../runner/stage.js';
import config, { JOBS, type WorkerId } from './network.js';

type CrewSnapshot = SnapshotOf<typeof config.processes>;

const crew = Object.keys(config.processes) as WorkerId[];

const TICK_MS = 5;

/** One look at the crew: a global snapshot, and what somebody concluded who asked one after the other meanwhile. */
interface Look {
  readonly snapshot: CrewSnapshot;
  /** How often he asked everybody. */
  readonly rounds: number;
  /** How often everybody said “idle” though the work was not done. */
  readonly fooled: number;
}

function openCrew(seed: number) {
  const rehearsal = createRehearsal(seed);
  const network = createNetwork(config, rehearsal);
  network.start();
  const tick = () => rehearsal.tick(TICK_MS, 0.2);
  const isIdle = (id: WorkerId) => network.processes[id].actor.getSnapshot().value === 'idle';
  const done = () => crew.reduce((sum, id) => sum + network.processes[id].actor.getSnapshot().context.done, 0);
  return {
    network,
    tick,
    done,
    async look(): Promise<Look> {
      let isComplete = false;
      const watching = network.snapshots$.subscribe(() => (isComplete = true));
      const taking = network.takeSnapshot({ initiators: [rehearsal.random.pick(crew)] });
      let rounds = 0;
      let fooled = 0;
      while (!isComplete || rounds === 0) {
        let saidIdle = 0;
        for (const id of crew) {
          if (isIdle(id)) saidIdle++;
          tick();
        }
        rounds++;
        if (saidIdle === crew.length && done() < JOBS) fooled++;
      }
      watching.unsubscribe();
      return { snapshot: await taking, rounds, fooled };
    },
  };
}

const idleIn = ({ processes }: CrewSnapshot) => crew.filter((id) => processes[id].snapshot.value === 'idle').length;

/** Everybody is idle, no timer is pending, and nothing is in flight that could wake anybody. Once so, it stays so. */
const witnessOf = terminated();
const isTerminated = (snapshot: CrewSnapshot) => witnessOf(snapshot) !== undefined;

/** Looks again and again, until a snapshot shows that the work is done. */
async function watch(work: ReturnType<typeof openCrew>): Promise<Look[]> {
  const looks = [await work.look()];
  while (!isTerminated(looks.at(-1)!.snapshot)) looks.push(await work.look());
  return looks;
}

const bar = (full: number, of: number) => '■'.repeat(full) + '·'.repeat(of - full);

async function tell(stage: Stage): Promise<void> {
  const { color } = stage;
  stage.say({
    en: `One job, given to ann, makes two smaller ones for others, and those two more: ${JOBS} in all. When is the work done?\n`,
    zh: `交给 ann 的一项工作会给别人带来两项小一点的，它们又各带来两项：共 ${JOBS} 项。什么时候才算做完？\n`,
  });
  const work = openCrew(STORY_SEED);
  const looks = await watch(work);
  const done = work.done();
  for (let n = 0; n < 200; n++) work.tick();
  work.network.stop();
  stage.table(
    [
      { en: 'snapshot', zh: '快照' },
      { en: 'working', zh: '在工作' },
      { en: 'jobs in flight', zh: '在途工作' },
      { en: 'snapshot says', zh: '快照的结论' },
      { en: 'asking around said “done” too early', zh: '挨个询问过早说“完成”' },
    ],
    looks.map(({ snapshot, rounds, fooled }, index) => [
      index + 1,
      bar(crew.length - idleIn(snapshot), crew.length),
      snapshot.stats.messages,
      isTerminated(snapshot) ? color.green(stage.text({ en: 'done ✓', zh: '完成 ✓' })) : '–',
      fooled > 0 ? color.red(`${fooled} / ${rounds} ✗`) : `0 / ${rounds}`,
    ]),
  );
  const fooled = looks.reduce((sum, look) => sum + look.fooled, 0);
  stage.say({
    en: `Idle is not done: asking around was wrong ${fooled} times, as jobs were in flight. The snapshot said “done” once, after ${done} of ${JOBS} jobs.`,
    zh: `空闲不等于完成：挨个询问错了 ${fooled} 次，因为有工作在途。快照只说了一次“完成”：${JOBS} 项中的 ${done} 项做完之后。`,
  });
  if (done !== JOBS || work.done() !== done) throw new Error(`Expected ${JOBS} jobs done, got ${done}.`);
}

/** A run in which asking around is wrong. */
const STORY_SEED = 5;

export default defineDemo({
  summary: {
    en: 'when is work done that makes more work? termination, detected from snapshots',
    zh: '会产生更多工作的工作何时做完？用快照检测终止',
  },
  tell,
  claims: {
    seeds: 50,
    always: {
      'jobs done when termination is detected': JOBS,
      'jobs done long after': JOBS,
      'all snapshots are consistent': true,
    },
    sometimes: ['asking around says “done” too early'],
    async run(seed) {
      const work = openCrew(seed);
      const looks = await watch(work);
      const done = work.done();
      for (let n = 0; n < 100; n++) work.tick();
      const later = work.done();
      work.network.stop();
      return {
        'jobs done when termination is detected': done,
        'jobs done long after': later,
        'all snapshots are consistent': looks.every(({ snapshot }) => verifySnapshot(snapshot).consistent),
        'asking around says “done” too early': looks.some(({ fooled }) => fooled > 0),
      };
    },
  },
});
