import { createNetwork, verifySnapshot, type SnapshotOf } from 'xstate-panorama';
import type { Deadlock } from 'xstate-panorama/detect';
import { explore } from 'xstate-panorama/testing';
import { defineDemo } from '../runner/define-demo.js';
import { createRehearsal } from '../runner/rehearsal.js';
import type { Stage } from '../runner/stage.js';
import config, { neighboursOf, three, type Philosopher } from './table.js';
import {
  deadlock,
  deadlockInStatesAlone,
  deadlockOfThree,
  holdersIn,
  isForkInFlight,
  type TableSnapshot,
} from './waits.js';

const TICK_MS = 5;
/** Every dinner so far ended in a deadlock long before. */
const MOST_SNAPSHOTS = 500;

function openTable(seed: number) {
  const rehearsal = createRehearsal(seed);
  const network = createNetwork(config, rehearsal);
  network.start();
  const tick = () => rehearsal.tick(TICK_MS, 0.4);
  const ids = Object.keys(config.processes) as Philosopher[];
  return {
    network,
    tick,
    meals: () => ids.reduce((sum, id) => sum + network.processes[id].actor.getSnapshot().context.meals, 0),
    async takeSnapshot(): Promise<TableSnapshot> {
      let isComplete = false;
      const watching = network.snapshots$.subscribe(() => (isComplete = true));
      const taking = network.takeSnapshot({ initiators: [rehearsal.random.pick(ids)] });
      while (!isComplete) tick();
      watching.unsubscribe();
      return taking;
    },
  };
}

/** What two observers say of one snapshot. */
interface Verdict {
  readonly snapshot: TableSnapshot;
  /** When only the recorded states are looked at. */
  readonly statesAlone: Deadlock | undefined;
  /** With the messages in flight. */
  readonly deadlock: Deadlock | undefined;
}

function judge(snapshot: TableSnapshot): Verdict {
  return {
    snapshot,
    statesAlone: deadlockInStatesAlone(snapshot) || undefined,
    deadlock: deadlock(snapshot) || undefined,
  };
}

/** Watches the dinner by snapshots until they show a deadlock. */
async function watch(table: ReturnType<typeof openTable>): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  while (verdicts.length < MOST_SNAPSHOTS && verdicts.at(-1)?.deadlock === undefined) {
    verdicts.push(judge(await table.takeSnapshot()));
    table.tick();
  }
  return verdicts;
}

const isPhantom = ({ statesAlone, deadlock }: Verdict) => statesAlone !== undefined && deadlock === undefined;

function showTable(stage: Stage, { snapshot }: Verdict): void {
  const fork = (id: Philosopher, side: 'left' | 'right') => {
    if (snapshot.processes[id].snapshot.context.forks[side]) return stage.text({ en: 'has it', zh: '在手' });
    return isForkInFlight(snapshot, neighboursOf(id)[side], id)
      ? stage.color.yellow(stage.text({ en: 'in flight', zh: '在途' }))
      : '–';
  };
  const states: Record<string, string> =
    stage.language === 'zh' ? { thinking: '思考', hungry: '饥饿', eating: '进餐' } : {};
  stage.table(
    [
      { en: 'philosopher', zh: '哲学家' },
      { en: 'state', zh: '状态' },
      { en: 'left fork', zh: '左叉' },
      { en: 'right fork', zh: '右叉' },
      { en: 'waits for', zh: '等待' },
    ],
    (Object.keys(snapshot.processes) as Philosopher[]).map((id) => {
      const state = snapshot.processes[id].snapshot.value;
      const holders = holdersIn(snapshot, id);
      return [id, states[state] ?? state, fork(id, 'left'), fork(id, 'right'), holders.join(', ')];
    }),
  );
}

/** The circle of those who wait for each other. */
function round({ processes, edges }: Deadlock): string {
  const first = processes[0]!;
  const circle = [first];
  do circle.push(edges.find(({ from }) => from === circle.at(-1))!.to);
  while (circle.at(-1) !== first);
  return circle.join(' → ');
}

async function tell(stage: Stage): Promise<void> {
  stage.say({
    en: 'Five philosophers, five forks. Who is hungry asks the neighbours for forks and keeps what he has; snapshots watch.\n',
    zh: '五位哲学家，五把叉子。饿了的人向邻座要叉子，手里的不放；用快照来观察。\n',
  });
  const table = openTable(STORY_SEED);
  const verdicts = await watch(table);
  const last = verdicts.at(-1)!;
  const phantom = verdicts.find(isPhantom);
  if (phantom?.statesAlone === undefined || last.deadlock === undefined) throw new Error('Expected both deadlocks.');
  stage.say({
    en: `Snapshot ${verdicts.indexOf(phantom) + 1}. The states alone look deadlocked: ${round(phantom.statesAlone)}.`,
    zh: `第 ${verdicts.indexOf(phantom) + 1} 个快照。只看状态，像是死锁：${round(phantom.statesAlone)}。`,
  });
  showTable(stage, phantom);
  stage.say({
    en: 'But a fork is in flight, recorded in the channel state: nobody waits for one who has sent it. No deadlock.\n',
    zh: '但有一把叉子在途，记录在通道状态里：没有人再等已经送出叉子的人。不是死锁。\n',
  });
  stage.say({
    en: `Snapshot ${verdicts.length}. Deadlock: ${round(last.deadlock)}.`,
    zh: `第 ${verdicts.length} 个快照。死锁：${round(last.deadlock)}。`,
  });
  showTable(stage, last);
  const meals = table.meals();
  for (let n = 0; n < 200; n++) table.tick();
  const later = table.meals();
  table.network.stop();
  const cries = verdicts.filter(isPhantom).length;
  stage.say({
    en: `${verdicts.length} snapshots: the states alone cried deadlock ${cries} times for nothing; the global state named it once, and no meal was eaten after ${meals}.`,
    zh: `${verdicts.length} 个快照：只看状态误报了 ${cries} 次；全局状态只报了一次，此后再没有人进餐（共 ${meals} 餐）。`,
  });
  if (later !== meals) throw new Error(`Expected no meal after the deadlock, got ${later - meals}.`);
}

/** A dinner in which both can be seen. */
const STORY_SEED = 13;

/** Forks on the table of three, and on their way. */
const forksOf = ({ processes, channels }: SnapshotOf<typeof three.processes>) => {
  const held = Object.values(processes).flatMap(({ snapshot }) => Object.values(snapshot.context.forks));
  const messages = Object.values(channels).flatMap((channel) => channel.messages);
  return held.filter(Boolean).length + messages.filter(({ event }) => event.type === 'FORK').length;
};

export default defineDemo({
  summary: {
    en: 'a deadlock found and named; and one that only looks like it, as a fork is in flight',
    zh: '发现并指出死锁；以及一个只是看起来像死锁的局面，因为有一把叉子在途',
  },
  tell,
  small: {
    of: { en: 'Three philosophers who do not count their meals:', zh: '三个不数自己吃了几顿饭的哲学家：' },
    states: 437,
    terminal: 2,
    explore: (options) =>
      explore(three, {
        ...options,
        properties: {
          always: { 'there are three forks': (state) => forksOf(state) === 3 },
          sometimes: { 'a deadlock': (state) => Boolean(deadlockOfThree(state)) },
        },
      }),
  },
  claims: {
    seeds: 50,
    always: {
      'a deadlock is found': true,
      'nobody eats after it was found': true,
      'all snapshots are consistent': true,
    },
    sometimes: ['the states alone cry deadlock for nothing'],
    async run(seed) {
      const table = openTable(seed);
      const verdicts = await watch(table);
      const meals = table.meals();
      for (let n = 0; n < 100; n++) table.tick();
      const later = table.meals();
      table.network.stop();
      return {
        'a deadlock is found': verdicts.at(-1)?.deadlock !== undefined,
        'nobody eats after it was found': later === meals,
        'all snapshots are consistent': verdicts.every(({ snapshot }) => verifySnapshot(snapshot).consistent),
        'the states alone cry deadlock for nothing': verdicts.some(isPhantom),
      };
    },
  },
});
