import { createManualSchedule, createNetwork, verifySnapshot, type SnapshotOf } from 'xstate-panorama';
import { captureState } from 'xstate-panorama/testing';
import { defineDemo } from '../runner/define-demo.js';
import { createRehearsal } from '../runner/rehearsal.js';
import type { Stage } from '../runner/stage.js';
import config, { BALANCE, tellers } from './network.js';

const { options, ...bank } = config;
type Bank = SnapshotOf<typeof config.processes>;

/** All the money there is. */
const MONEY = tellers.length * BALANCE;

/** What the tellers have found by their own markers, once each of them has had one from all others. */
function sumByMarkers(bank: Bank): number | undefined {
  const contexts = tellers.map((id) => bank.processes[id].snapshot.context);
  if (contexts.some(({ markers, peers }) => markers.length < peers.length)) return undefined;
  return contexts.reduce((sum, { recorded, inFlight }) => sum + recorded! + inFlight, 0);
}

/** What a snapshot has: in the accounts and on the way. */
function sumOf(bank: Bank): number {
  const held = tellers.reduce((sum, id) => sum + bank.processes[id].snapshot.context.balance, 0);
  const messages = Object.values(bank.channels).flatMap((channel) => channel.messages);
  return messages.reduce((sum, { event }) => sum + ('amount' in event ? event.amount : 0), held);
}

/** What two ways to take a snapshot of one run come to. */
interface Sums {
  readonly byMarkers: number;
  readonly byColours: number;
}

/**
 * Alice pays Bob and begins a snapshot, both ways at once, or the other way round; then what she sent last arrives first.
 */
async function overtake(isPaidFirst: boolean): Promise<Sums> {
  const schedule = createManualSchedule();
  const network = createNetwork(bank, { ...options, schedule });
  network.start();
  const pay = () => network.send('alice', { type: 'PAY', to: 'bob', amount: 10 });
  if (isPaidFirst) pay();
  const taking = network.takeSnapshot({ initiators: ['alice'] });
  network.send('alice', { type: 'RECORD' });
  if (!isPaidFirst) pay();
  schedule.deliver('alice->bob', schedule.pending().get('alice->bob')! - 1);
  for (let [next] = schedule.pending().keys(); next !== undefined; [next] = schedule.pending().keys()) {
    schedule.deliver(next);
  }
  const byMarkers = sumByMarkers(captureState(network))!;
  network.stop();
  return { byMarkers, byColours: sumOf(await taking) };
}

/** A random run under a seed, in which a snapshot is taken both ways. */
async function runAtRandom(seed: number) {
  const { schedule, clock, random, tick, settle } = createRehearsal(seed, { fifo: false });
  const network = createNetwork(bank, { ...options, schedule, clock });
  network.start();
  const payAtRandom = () => {
    const from = random.pick(tellers);
    const to = random.pick(tellers.filter((id) => id !== from));
    network.send(from, { type: 'PAY', to, amount: 1 + random.integer(9) });
    tick(1);
  };
  for (let n = 0; n < 10; n++) payAtRandom();
  const initiator = random.pick(tellers);
  const taking = network.takeSnapshot({ initiators: [initiator] });
  network.send(initiator, { type: 'RECORD' });
  for (let n = 0; n < 10; n++) payAtRandom();
  settle();
  const snapshot = await taking;
  const end = captureState(network);
  network.stop();
  return { snapshot, byMarkers: sumByMarkers(end)!, byColours: sumOf(snapshot), end: sumOf(end) };
}

/** What Chandy–Lamport itself says to these channels. */
function refusal(): string {
  try {
    createNetwork(bank, { algorithm: 'chandy-lamport' });
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

/** Runs of the story. */
const RUNS = 200;

async function tell(stage: Stage): Promise<void> {
  stage.say({
    en: `Three tellers with ${MONEY} between them, and channels on which what was sent later may arrive earlier. Each teller does the\ntwo rules of Chandy and Lamport by itself, with markers that are messages like any other. In the same runs the network\ntakes a snapshot by Lai and Yang: no markers, every message has the colour of its sender.\n`,
    zh: `三个柜员共有 ${MONEY} 元，通道上后发的消息可能先到。每个柜员自己执行 Chandy–Lamport 的两条规则，标记就是普通消息。\n在同样的运行里，网络用 Lai–Yang 拍快照：没有标记，每条消息带着发送者的颜色。\n`,
  });
  const lost = await overtake(true);
  const doubled = await overtake(false);
  const head = [
    { en: 'what happens', zh: '发生了什么' },
    { en: 'by markers', zh: '用标记' },
    { en: 'by Lai–Yang', zh: '用 Lai–Yang' },
  ];
  stage.table(head, [
    [
      stage.text({
        en: 'alice pays 10 and records; the marker overtakes the money',
        zh: 'alice 付 10 元再记录；标记超过了钱',
      }),
      lost.byMarkers,
      lost.byColours,
    ],
    [
      stage.text({
        en: 'alice records and pays 10; the money overtakes the marker',
        zh: 'alice 记录后再付 10 元；钱超过了标记',
      }),
      doubled.byMarkers,
      doubled.byColours,
    ],
  ]);
  const wrong = { markers: 0, colours: 0 };
  for (let seed = 1; seed <= RUNS; seed++) {
    stage.signal.throwIfAborted();
    const { byMarkers, byColours } = await runAtRandom(seed);
    if (byMarkers !== MONEY) wrong.markers++;
    if (byColours !== MONEY) wrong.colours++;
  }
  stage.say({
    en: `\nOf ${RUNS} random runs, a wrong sum in: ${wrong.markers} by markers, ${wrong.colours} by Lai–Yang. Asked for Chandy–Lamport here, the library says:\n`,
    zh: `\n${RUNS} 次随机运行中总额出错的：用标记 ${wrong.markers} 次，用 Lai–Yang ${wrong.colours} 次。在这里要求 Chandy–Lamport，库会说：\n`,
  });
  stage.print(`  ${refusal()}\n`);
  stage.say({
    en: 'A marker parts before from after by its place in the channel, a colour by itself: it needs no place.',
    zh: '标记靠它在通道中的位置分开“之前”和“之后”；颜色靠自己，不需要位置。',
  });
  const isAsTold = lost.byMarkers < MONEY && doubled.byMarkers > MONEY && wrong.markers > 0 && wrong.colours === 0;
  const areRight = [lost, doubled].every(({ byColours }) => byColours === MONEY);
  if (!isAsTold || !areRight) throw new Error('Expected markers to fail here, and Lai–Yang not to.');
}

export default defineDemo({
  summary: {
    en: 'channels that do not keep order: markers fail, Lai–Yang’s colours do not',
    zh: '不保序的通道：标记会失败，Lai–Yang 的颜色不会',
  },
  tell,
  claims: {
    seeds: 200,
    always: {
      'money in Lai–Yang’s snapshot': MONEY,
      'money at the end': MONEY,
      'Lai–Yang’s snapshot is consistent': true,
      'markers the library sent': 0,
    },
    sometimes: ['markers lose money', 'markers double money', 'markers are right by luck', 'money is in flight'],
    async run(seed) {
      const { snapshot, byMarkers, byColours, end } = await runAtRandom(seed);
      return {
        'money in Lai–Yang’s snapshot': byColours,
        'money at the end': end,
        'Lai–Yang’s snapshot is consistent': verifySnapshot(snapshot).consistent,
        'markers the library sent': snapshot.stats.markers,
        'markers lose money': byMarkers < MONEY,
        'markers double money': byMarkers > MONEY,
        'markers are right by luck': byMarkers === MONEY,
        'money is in flight': snapshot.stats.messages > 0,
      };
    },
  },
});
