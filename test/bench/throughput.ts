import { Subject } from 'rxjs';
import { createActor, fromTransition } from 'xstate';
import { createNetwork, ring } from 'xstate-panorama';
import { hop } from './hop.js';
import { median, print } from './measure.js';

const IDS = ['a', 'b', 'c', 'd', 'e'];
const TOKENS = 20;
const MESSAGES = 40_000;
const next = (index: number) => IDS[(index + 1) % IDS.length]!;

/** What one would write without this library: a `fromTransition` proxy per peer over a bare subject, delivered in tasks. */
function bareSubjects() {
  let count = 0;
  let done: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => (done = resolve));
  const queue: (() => void)[] = [];
  let head = 0;
  let isAwake = false;
  const flush = () => {
    const end = performance.now() + 4;
    while (head < queue.length && performance.now() < end) queue[head++]!();
    if (head === queue.length) queue.length = head = 0;
    isAwake = head < queue.length;
    if (isAwake && count < MESSAGES) setImmediate(flush);
  };
  const subjects = IDS.map(() => new Subject<{ type: string }>());
  const actors = IDS.map((_, index) => {
    const actor = createActor(hop, { input: { next: next(index) } });
    const proxy = createActor(
      fromTransition((state: undefined, event: { type: string }) => {
        queue.push(() => subjects[index]!.next(event));
        if (!isAwake) {
          isAwake = true;
          setImmediate(flush);
        }
        return state;
      }, undefined),
      { systemId: next(index), parent: actor } as never,
    );
    proxy.start();
    return actor;
  });
  subjects.forEach((subject, index) =>
    subject.subscribe((event) => {
      if (++count === MESSAGES) done();
      actors[(index + 1) % IDS.length]!.send(event as never);
    }),
  );
  for (const actor of actors) actor.start();
  return { kick: () => actors[0]!.send({ type: 'TOKEN' }), finished, stop: () => actors.map((actor) => actor.stop()) };
}

function panorama(snapshotEvery: number) {
  const processes = Object.fromEntries(IDS.map((id, index) => [id, { logic: hop, input: { next: next(index) } }]));
  const network = createNetwork({ processes, channels: ring(IDS) });
  let count = 0;
  let done: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => (done = resolve));
  network.start();
  const timed = Object.values(network.processes).map(
    ({ actor }) => actor as { getSnapshot(): { context: { n: number } } },
  );
  const total = () => timed.reduce((sum, actor) => sum + actor.getSnapshot().context.n, 0);
  let taken = 0;
  const watch = () => {
    count = total();
    if (count >= MESSAGES) return done();
    if (count / snapshotEvery > taken + 1) {
      taken++;
      void network.takeSnapshot();
    }
    setImmediate(watch);
  };
  setImmediate(watch);
  return { kick: () => network.send('a', { type: 'TOKEN' } as never), finished, stop: () => network.stop() };
}

async function messagesPerSecond(create: () => ReturnType<typeof panorama>): Promise<number> {
  const run = create();
  const start = performance.now();
  for (let token = 0; token < TOKENS; token++) run.kick();
  await run.finished;
  const seconds = (performance.now() - start) / 1000;
  run.stop();
  return MESSAGES / seconds;
}

/** Throughput with the plugin idle, and with snapshots, against bare subjects; pairs in turn, medians of the ratios. */
export async function throughput(): Promise<void> {
  const rows: number[][] = [];
  for (let round = 0; round < 9; round++) {
    const bare = await messagesPerSecond(bareSubjects as never);
    const idle = await messagesPerSecond(() => panorama(Infinity));
    const taking = await messagesPerSecond(() => panorama(10_000));
    if (round > 1) rows.push([bare, idle, taking]);
  }
  const column = (index: number) => median(rows.map((row) => row[index]!));
  const ratio = (index: number) => median(rows.map((row) => row[index]! / row[0]!));
  print(
    ['', 'messages/s', 'ratio to bare'],
    [
      ['bare subjects, one proxy per peer', column(0).toFixed(0), '1'],
      ['panorama, idle (goal ≥ 1.0)', column(1).toFixed(0), ratio(1).toFixed(3)],
      ['panorama, a snapshot per 10,000 messages (goal ≥ 1.0)', column(2).toFixed(0), ratio(2).toFixed(3)],
    ],
  );
}
